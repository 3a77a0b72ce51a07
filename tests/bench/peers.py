#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""peers.py BUILD [SYSTEMS [PAIRS]] - whole rounds of chatterboxd beside those of its peers

Run it below `tests/kit/servers/servers.sh run`. Each of PAIRS (3) runs lets chatterboxd and each peer do the
same rounds, in turn, on the same servers and the same fleet of SYSTEMS (10000) x 4 jobs, half of which move
at each ask. It prints a table of medians and ranges and their ratios to the tuned peer, and writes all
figures to the file that OUT names, as JSON, and a table and a chart beside it (.md, .svg). A run
during which other processes used more than QUIET cores (0.1) is marked as disturbed: its CPU and memory may be
read, its wall time not. What fails or takes too long is told and left out.

WHO (a list by comma) chooses the variants: those of VARIANTS, and the peers of PEERS. ROUNDS (6) are
measured after one that warms up. No pair is begun that would not end within BUDGET (720) seconds; what was
measured is written after each pair. check.py shows that all do the same work.
"""
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import report
import round as rounds

HERE = os.path.dirname(os.path.abspath(__file__))
ROUNDS = int(os.environ.get("ROUNDS", "6"))
QUIET = float(os.environ.get("QUIET", "0.1"))
BUDGET = float(os.environ.get("BUDGET", "720"))
BASE = report.BASE
VARIANTS = {
    "chatterboxd": {},
    "checkpoint-1": {"progress_checkpoint": 1},
    "batched-50": {"rmq_rpc": {"systems_per_request": 50}},
}
PEERS = {
    "tuned": ["--variant=tuned"],
    "faithful": ["--variant=faithful"],
    "tuned-batched-50": ["--variant=tuned", "--batch=50"],
    "floor": [],
    "raw": ["--raw"],
}
ALL = "chatterboxd,checkpoint-1,batched-50,tuned,tuned-batched-50,floor,raw,faithful"
SERVERS = ("rabbitmq", "redis", "postgres")


def busy():
    """CPU seconds of the whole machine"""
    with open("/proc/stat") as stat:
        fields = [int(field) for field in stat.readline().split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / rounds.TICK


def used_by_servers():
    return {name: sum(map(rounds.cpu, pids)) for name, pids in rounds.servers().items()}


class Failed(Exception):
    """A run that gives no figures"""


class Meter:
    """What the servers, the fleet and others use while it runs"""

    def __init__(self, fleet):
        self.fleet = fleet
        self.servers = used_by_servers()
        self.fleet_cpu = rounds.cpu(fleet)
        self.busy = busy()
        self.began = time.monotonic()
        self.own = time.process_time()

    def end(self, count, client):
        """@client: the CPU that the measured program used; returns figures for each of @count rounds"""
        after = used_by_servers()
        used = {name: after.get(name, 0) - self.servers.get(name, 0) for name in SERVERS}
        fleet = rounds.cpu(self.fleet) - self.fleet_cpu
        others = busy() - self.busy - sum(used.values()) - fleet - client
        others -= time.process_time() - self.own
        foreign = others / (time.monotonic() - self.began)
        figures = {name: used[name] / count for name in SERVERS}
        return dict(figures, fleet=fleet / count, foreign=round(foreign, 2), load=os.getloadavg()[0])


def memory_mb(pid, name):
    with open("/proc/%d/status" % pid) as status:
        for line in status:
            if line.startswith(name):
                return int(line.split()[1]) / 1024
    return 0.0


def ours(build, systems, fleet, extra):
    port = 20000 + os.getpid() % 9000
    settings = dict(rounds.configuration(port), **extra)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(settings, file)
        file.flush()
        box = subprocess.Popen([build + "/chatterboxd/chatterboxd", "--config=" + file.name],
                               stdout=subprocess.DEVNULL)
        try:
            discovery = rounds.rounds(port, systems * 0.99, 2, 240)
            if not discovery:
                raise Failed("no discovery of %d systems in time" % systems)
            began = rounds.cpu(box.pid)
            meter = Meter(fleet)
            seen = rounds.rounds(port, systems * 0.99, ROUNDS + 1, 60 + ROUNDS * 30)[1:]
            if len(seen) < ROUNDS:
                raise Failed("no %d rounds of %d systems in time" % (ROUNDS, systems))
            client = rounds.cpu(box.pid) - began
            figures = meter.end(ROUNDS, client)
            peak, resident = memory_mb(box.pid, "VmHWM"), memory_mb(box.pid, "VmRSS")
        finally:
            box.send_signal(signal.SIGTERM)
            box.wait(60)
    walls = [figures_["seconds"] for _, figures_ in seen]
    return dict(figures, wall=statistics.median(walls), cpu=client / ROUNDS, peak_mb=peak,
                resident_mb=resident, changed=seen[-1][1]["changed"],
                discovery=discovery[0][1]["seconds"])


def peer(build, name, fleet):
    arguments = PEERS[name]
    bare = name in ("floor", "raw")
    program = [build + "/tests/bench/floor"] if bare else ["node", HERE + "/peers/round.mjs"]
    rounds.sql("drop table if exists peer_monitor; create table peer_monitor as select * from "
               "status_monitor; alter table peer_monitor add primary key(system, job_id); "
               "analyze peer_monitor")
    count = 2 if "--variant=faithful" in arguments else ROUNDS
    env = dict(os.environ, PGHOST="127.0.0.1", PGPORT=os.environ["CBX_TEST_PG_PORT"],
               PGDATABASE=os.environ["CBX_TEST_PG_DATABASE"], PGUSER=os.environ["CBX_TEST_PG_USER"],
               PGPASSWORD=os.environ["CBX_TEST_PG_PASSWORD"])
    process = subprocess.Popen(program + ["--rounds=%d" % (count + 2)] + arguments,
                               stdout=subprocess.PIPE, text=True, env=env)
    ending = threading.Timer(240, process.kill)
    ending.start()
    try:
        for _ in range(2):
            process.stdout.readline()
        meter = Meter(fleet)
        lines = [process.stdout.readline() for _ in range(count)]
        if not all(lines):
            raise Failed("%s ended early" % name)
        seen = [json.loads(line) for line in lines]
        figures = meter.end(count, sum(line["cpu"] for line in seen))
        process.wait(60)
    finally:
        ending.cancel()
        process.kill()
    return dict(figures, wall=statistics.median(line["wall"] for line in seen),
                cpu=statistics.mean(line["cpu"] for line in seen),
                peak_mb=max(line["peak_mb"] for line in seen), changed=seen[-1]["changed"])


def run_one(build, systems, name, fleet):
    if name in VARIANTS:
        figures = ours(build, systems, fleet, VARIANTS[name])
    else:
        figures = peer(build, name, fleet)
    figures["disturbed"] = figures["foreign"] > QUIET
    print(name, json.dumps({key: round(value, 3) for key, value in figures.items()}), file=sys.stderr, flush=True)
    return figures


def write(systems, results):
    measured = {"systems": systems, "runs": {who: runs for who, runs in results.items() if runs}}
    if "OUT" not in os.environ or BASE not in measured["runs"]:
        return
    with open(os.environ["OUT"], "w") as file:
        json.dump(measured, file, indent=1)
    report.write(measured, os.path.splitext(os.environ["OUT"])[0])


def run(build, systems, who, pairs):
    results = {name: [] for name in who}
    fleet = subprocess.Popen(
        [build + "/examples/hdms-sim/hdms-sim", "--port=" + os.environ["CBX_TEST_RMQ_PORT"],
         "--systems=%d" % systems, "--jobs=4", "--step=0.1", "--quiet", "--duration=7200"],
        stdout=subprocess.PIPE)
    began = time.monotonic()
    try:
        fleet.stdout.readline()
        rounds.fill_connections(systems)
        for pair in range(pairs):
            for name in who:
                try:
                    results[name].append(run_one(build, systems, name, fleet.pid))
                except (Failed, OSError, subprocess.SubprocessError, ValueError) as error:
                    print("%s: %s" % (name, error), file=sys.stderr, flush=True)
            write(systems, results)
            took = time.monotonic() - began
            if took + took / (pair + 1) > BUDGET:
                break
    finally:
        fleet.send_signal(signal.SIGTERM)
        fleet.wait(30)
    return {name: runs for name, runs in results.items() if runs}


COLUMNS = ("wall", "cpu", "peak_mb") + SERVERS


def median(runs, column):
    return statistics.median(figures[column] for figures in runs)


def show(results):
    base = results.get(BASE)
    print("%-18s" % "" + "".join("%22s" % column for column in COLUMNS))
    for name, runs in results.items():
        line = "%-18s" % name
        for column in COLUMNS:
            values = [figures[column] for figures in runs]
            text = "%.3g (%.3g-%.3g)" % (median(runs, column), min(values), max(values))
            if base and name != BASE:
                text += " %4.2f" % (median(runs, column) / max(median(base, column), 1e-3))
            line += "%22s" % text
        print(line + "  disturbed" * any(figures["disturbed"] for figures in runs))


def main():
    if len(sys.argv) < 2 or "CBX_TEST_DIR" not in os.environ:
        sys.exit("usage: tests/kit/servers/servers.sh run tests/bench/peers.py BUILD [SYSTEMS [PAIRS]]")
    systems = int(sys.argv[2]) if len(sys.argv) > 2 else 10000
    pairs = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    who = os.environ.get("WHO", ALL).split(",")
    results = run(os.path.abspath(sys.argv[1]), systems, who, pairs)
    print("%d systems x 4 jobs, %d rounds a run, at most %d runs: median (range) and ratio to %s" %
          (systems, ROUNDS, pairs, BASE))
    show(results)


if __name__ == "__main__":
    main()
