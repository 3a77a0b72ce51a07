#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""delay.py BUILD [SYSTEMS [PAIRS]] - rounds with servers that are far away

Run it below `tests/kit/servers/servers.sh run`. SYSTEMS (10000) x 4 jobs, half of which move at each ask: PAIRS (3)
times ROUNDS (4) rounds with the servers on loopback, and with DELAY (20) ms more from a question to its answer at each
server, by the proxy of tests/faults. Prints both, and their ratio. The simulator asks the broker itself. OUT: a file
for the figures as JSON. At most four minutes.
"""
import os
import statistics
import subprocess
import sys

import round as rounds
from daemon import Daemon, keep

HERE = os.path.dirname(os.path.abspath(__file__))
ROUNDS = int(os.environ.get("ROUNDS", "4"))
DELAY = int(os.environ.get("DELAY", "20"))
PORTS = ("CBX_TEST_REDIS_PORT", "CBX_TEST_RMQ_PORT", "CBX_TEST_PG_PORT")


def seconds(build, systems, ports, in_flight):
    settings = rounds.configuration(0)
    settings = {"redis": {"port": ports[0]}, "rmq": {"port": ports[1]},
                "sequelize": dict(settings["sequelize"], port=ports[2])}
    if in_flight:
        settings["rmq_rpc"] = {"in_flight": in_flight}
    with Daemon(build, systems, settings) as box:
        seen = rounds.rounds(box.port, systems * 0.99, ROUNDS + 1, 60 + 15 * ROUNDS)[1:]
    if not seen:
        sys.exit("no round of %d systems in time" % systems)
    return statistics.median(figures["seconds"] for _, figures in seen)


def show(what, values, base):
    middle = statistics.median(values)
    print("%-32s %.3f s (%.3f-%.3f), x %.2f" % (what, middle, min(values), max(values), middle / base), flush=True)


def main():
    if len(sys.argv) < 2 or "CBX_TEST_DIR" not in os.environ:
        sys.exit("usage: tests/kit/servers/servers.sh run tests/bench/delay.py BUILD [SYSTEMS [PAIRS]]")
    build = os.path.abspath(sys.argv[1])
    systems = int(sys.argv[2]) if len(sys.argv) > 2 else 10000
    pairs = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    near = [int(os.environ[name]) for name in PORTS]
    proxies = subprocess.Popen(["node", HERE + "/delay.mjs", str(DELAY), *map(str, near)], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    results = {"near": [], "far": [], "far, 1024 in flight": []}
    try:
        far = [int(port) for port in proxies.stdout.readline().split()]
        for what, ports, in_flight in pairs * (("near", near, 0), ("far", far, 0), ("far, 1024 in flight", far, 1024)):
            results[what].append(seconds(build, systems, ports, in_flight))
            print("%s: %.3f s" % (what, results[what][-1]), file=sys.stderr, flush=True)
    finally:
        proxies.kill()
        proxies.wait()
    base = statistics.median(results["near"])
    for what, values in results.items():
        show(what if what == "near" else "%s (%d ms)" % (what, DELAY), values, base)
    keep("delay", dict(results, systems=systems, delay_ms=DELAY))


if __name__ == "__main__":
    main()
