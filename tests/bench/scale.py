#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scale.py SYSTEMS[,SYSTEMS...] BUILD [BUILD...] - how time and memory grow with the number of systems

Run it below `tests/kit/servers/servers.sh run`. For each number of systems (x 4 jobs, half of which move at
each ask; PER_REQUEST (50) systems a question) and each BUILD in turn, it starts chatterboxd on empty servers,
lets it discover the fleet and do ROUNDS (5) rounds, stops it, and starts it again over the state that it left.
It prints the discovery, the rounds, peak and resident memory of both starts, CPU of chatterboxd and the servers
for a round, and at the end the exponent with which the median of the rounds grows from the least to the most.
READS=1: meanwhile another program reads lists of all jobs and /metrics, one after the other, without a pause; its
slowest reads are printed, too. PAIRS (1) repeats all. OUT: a file for all figures as JSON.
"""
import json
import math
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import round as rounds

ROUNDS = int(os.environ.get("ROUNDS", "5"))
READS = ("/metrics", "/api/v1/jobs?limit=1000&sort=-progress", "/api/v1/jobs?limit=1000&sort=speed&kind=running",
         "/api/v1/jobs?limit=100&detail=1&stalled=1", "/api/v1/jobs?limit=100&q=12&sort=left",
         "/api/v1/summary", "/api/v1/systems?limit=1000")


def memory_mb(pid, name):
    with open("/proc/%d/status" % pid) as status:
        for line in status:
            if line.startswith(name):
                return int(line.split()[1]) / 1024
    return 0.0


class Reader(threading.Thread):
    """Reads without a pause and keeps how long each read took"""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.over = port, False
        self.took = {path: [] for path in READS}

    def run(self):
        while not self.over:
            for path in READS:
                began = time.monotonic()
                try:
                    with urllib.request.urlopen("http://127.0.0.1:%d%s" % (self.port, path), timeout=60) as answer:
                        answer.read()
                except OSError as error:
                    print(path, error, file=sys.stderr)
                self.took[path].append(time.monotonic() - began)

    def end(self):
        self.over = True
        self.join(60)
        return {path: (statistics.median(all_), max(all_), len(all_)) for path, all_ in self.took.items() if all_}


def run(build, path, port, systems, reads):
    """One start, until ROUNDS rounds have passed after the first"""
    box = subprocess.Popen([build + "/chatterboxd/chatterboxd", "--config=" + path], stdout=subprocess.DEVNULL)
    try:
        first = rounds.rounds(port, systems * 0.99, 1, 300)
        early = memory_mb(box.pid, "VmHWM")
        reader = Reader(port) if reads else None
        if reader:
            reader.start()
        pids = dict(rounds.servers(), chatterboxd=[box.pid])
        before = {name: sum(map(rounds.cpu, all_)) for name, all_ in pids.items()}
        seen = rounds.rounds(port, systems * 0.99, ROUNDS + 1, 60 + ROUNDS * 60)[1:]
        if not first or len(seen) < ROUNDS:
            sys.exit("no %d rounds of %d systems in time" % (ROUNDS, systems))
        cpu = {name: (sum(map(rounds.cpu, all_)) - before[name]) / ROUNDS for name, all_ in pids.items()}
        figures = {"discovery": first[0][1]["seconds"], "jobs": seen[-1][1].get("jobs", 0),
                   "rounds": [one["seconds"] for _, one in seen], "early_peak_mb": early,
                   "peak_mb": memory_mb(box.pid, "VmHWM"), "resident_mb": memory_mb(box.pid, "VmRSS"), "cpu": cpu}
        if reader:
            figures["reads"] = reader.end()
        return figures
    finally:
        box.send_signal(signal.SIGTERM)
        box.wait(60)


def tell(systems, build, start, figures):
    median = statistics.median(figures["rounds"])
    print("%7d %-12s %-7s discovery %6.2f s; round %.3f s (%.3f-%.3f); peak %.0f MB (%.0f after the first round), "
          "resident %.0f; CPU s: %s" %
          (systems, os.path.basename(build), start, figures["discovery"], median, min(figures["rounds"]),
           max(figures["rounds"]), figures["peak_mb"], figures["early_peak_mb"], figures["resident_mb"],
           ", ".join("%s %.2f" % item for item in sorted(figures["cpu"].items()))), flush=True)
    for path, (middle, most, count) in figures.get("reads", {}).items():
        print("    %-48s %7.1f ms, at most %7.1f (%d)" % (path, middle * 1e3, most * 1e3, count))


def measure(systems, builds, results):
    port = 20000 + os.getpid() % 9000
    reads = os.environ.get("READS") == "1"
    sim = subprocess.Popen(
        [builds[-1] + "/examples/hdms-sim/hdms-sim", "--port=" + os.environ["CBX_TEST_RMQ_PORT"],
         "--systems=%d" % systems, "--jobs=4", "--step", "--quiet", "--duration=3000"], stdout=subprocess.PIPE)
    try:
        sim.stdout.readline()
        for build in builds:
            settings = rounds.configuration(port)
            settings["rmq_rpc"] = {"systems_per_request": int(os.environ.get("PER_REQUEST", "50"))}
            settings["chatterbox"]["app_name"] = "scale-%s-%d" % (os.path.basename(build), len(results))
            with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
                json.dump(settings, file)
                file.flush()
                rounds.fill_connections(systems)
                subprocess.run(["redis-cli", "-p", os.environ["CBX_TEST_REDIS_PORT"], "flushall"], check=True,
                               stdout=subprocess.DEVNULL)
                for start in ("first", "restart"):
                    figures = run(build, file.name, port, systems, reads)
                    results.append(dict(figures, systems=systems, build=build, start=start))
                    write(results)
                    tell(systems, build, start, figures)
    finally:
        sim.send_signal(signal.SIGTERM)
        sim.wait(30)


def write(results):
    """After each run, so that a later one that fails takes none of them along"""
    if "OUT" in os.environ:
        with open(os.environ["OUT"], "w") as file:
            json.dump(results, file, indent=1)


def growth(results, build, numbers):
    def median(systems):
        return statistics.median(seconds for one in results if one["build"] == build and one["systems"] == systems
                                 for seconds in one["rounds"])

    least, most = min(numbers), max(numbers)
    print("%s: a round grows with the power %.3f of the systems from %d to %d" %
          (os.path.basename(build), math.log(median(most) / median(least)) / math.log(most / least), least, most))


def main():
    if len(sys.argv) < 3 or "CBX_TEST_DIR" not in os.environ:
        sys.exit("usage: tests/kit/servers/servers.sh run tests/bench/scale.py SYSTEMS[,SYSTEMS...] BUILD [BUILD...]")
    numbers = [int(number) for number in sys.argv[1].split(",")]
    builds = [os.path.abspath(build) for build in sys.argv[2:]]
    results = []
    for _ in range(int(os.environ.get("PAIRS", "1"))):
        for systems in numbers:
            measure(systems, builds, results)
    for build in builds:
        if len(numbers) > 1:
            growth(results, build, numbers)


if __name__ == "__main__":
    main()
