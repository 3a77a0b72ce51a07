#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""sse.py BUILD [CLIENTS] - what many followers of the event stream cost, and how late they are

500 systems with 4 jobs each, asked every 3 s, of which some 200 a minute change, on the servers of
tests/kit/servers/servers.sh (run it below `tests/kit/servers/servers.sh run`). It measures rounds without
and with CLIENTS (5000 by default) in turn, PAIRS (3) times of SECONDS (60), and prints memory and CPU for each, how old an event is when it
arrives (by its id, which is the time of its append), and what becomes of the round.
"""
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile

import round as bench

SYSTEMS = 500
SECONDS = int(os.environ.get("SECONDS", "60"))
PAIRS = int(os.environ.get("PAIRS", "3"))


def started(command, **more):
    return subprocess.Popen(command, **more)


def seconds_of(port, count):
    seen = bench.rounds(port, SYSTEMS, count + 1, 20 + 5 * count)[1:]
    return [figures["seconds"] for _, figures in seen]


def followed(build, port, box, clients):
    """Rounds with followers, and what the followers say"""
    memory = bench.resident_mb(box.pid)
    followers = started([build + "/tests/bench/sse_clients", str(port), str(clients), str(SECONDS)],
                        stdout=subprocess.PIPE, text=True)
    followers.stdout.readline()
    used = bench.cpu(box.pid)
    seconds = seconds_of(port, SECONDS // 3 - 3)
    out = json.loads(followers.communicate(timeout=SECONDS + 30)[0])
    used = bench.cpu(box.pid) - used
    grown = bench.resident_mb(box.pid) - memory
    print("%d clients, %d lost; %.1f KiB of memory each; an event arrives after p50 %s ms, p99 %s ms, "
          "max %s ms (%d arrivals); CPU %.0f %% of one core"
          % (out["clients"], out["lost"], grown * 1024 / clients, out.get("p50"), out.get("p99"),
             out.get("max"), out["events"], 100 * used / SECONDS))
    return seconds


def compare(build, port, box, clients):
    alone, with_them = [], []
    for _ in range(PAIRS):
        alone += seconds_of(port, SECONDS // 3 - 3)
        with_them += followed(build, port, box, clients)
    print("round: median %.4f s alone (%d rounds, %.4f-%.4f), %.4f s with them (%d rounds, %.4f-%.4f): %+.1f %%"
          % (statistics.median(alone), len(alone), min(alone), max(alone), statistics.median(with_them),
             len(with_them), min(with_them), max(with_them),
             100 * (statistics.median(with_them) / statistics.median(alone) - 1)), flush=True)


def measure(build, clients):
    port = 20000 + os.getpid() % 20000
    processes = []
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "chatterbox.json")
        with open(path, "w") as file:
            json.dump(bench.configuration(port), file)
        try:
            processes.append(started(
                [build + "/examples/hdms-sim/hdms-sim", "--port=" + os.environ["CBX_TEST_RMQ_PORT"],
                 "--systems=%d" % SYSTEMS, "--jobs=4", "--chance=pause=0.0008", "--chance=resume=0.1",
                 "--chance=progress=0", "--chance=fail=0", "--chance=kill=0", "--chance=vanish=0",
                 "--chance=offline=0", "--chance=start=0", "--quiet",
                 "--duration=600"], stdout=subprocess.PIPE))
            processes[0].stdout.readline()
            bench.fill_connections(SYSTEMS)
            processes.append(started([build + "/chatterboxd/chatterboxd", "--config=" + path],
                                     stdout=subprocess.DEVNULL))
            if not bench.rounds(port, SYSTEMS, 1, 120):
                sys.exit("no discovery was finished in time")
            compare(build, port, processes[1], clients)
        finally:
            for process in reversed(processes):
                process.send_signal(signal.SIGTERM)
                process.wait(30)


if __name__ == "__main__":
    if len(sys.argv) < 2 or "CBX_TEST_DIR" not in os.environ:
        sys.exit("usage: tests/kit/servers/servers.sh run tests/bench/sse.py BUILD [CLIENTS]")
    measure(os.path.abspath(sys.argv[1]), int((sys.argv[2:] or ["5000"])[0]))
