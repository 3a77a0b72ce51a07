#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""metrics.py BUILD [SYSTEMS] - what /metrics costs beside prom-client, and what a daemon costs that has nothing to do

Run it below `tests/kit/servers/servers.sh run`. With SYSTEMS (2500) x 4 jobs:

- CPU of an answer to /metrics, of SCRAPES (1000), from chatterboxd and from prom-client in Node, which holds the same
  series (prom.mjs), each in turn, three times;
- CPU of chatterboxd in SECONDS (30) without a round, and in as many with rounds every 10 s in which nothing changes.

OUT: a file for the figures as JSON. It takes about two minutes.
"""
import http.client
import os
import statistics
import subprocess
import sys
import time

import round as rounds
from daemon import Daemon, keep

HERE = os.path.dirname(os.path.abspath(__file__))
SCRAPES = int(os.environ.get("SCRAPES", "1000"))
SECONDS = int(os.environ.get("SECONDS_EACH", "30"))


def scrape(port, count):
    """The last of @count answers; one connection, as a Prometheus keeps it"""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for _ in range(count):
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status != 200:
            sys.exit("/metrics answers %d" % answer.status)
    connection.close()
    return text


def series(text):
    return sum(1 for line in text.splitlines() if line and not line.startswith("#"))


def cost(pid, port):
    """Microseconds of CPU for an answer"""
    scrape(port, 50)
    before = rounds.cpu(pid)
    scrape(port, SCRAPES)
    return (rounds.cpu(pid) - before) * 1e6 / SCRAPES


def compare(box):
    text = scrape(box.port, 1)
    peer = subprocess.Popen(["node", HERE + "/peers/prom.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            text=True)
    try:
        peer.stdin.write(text)
        peer.stdin.close()
        port = int(peer.stdout.readline())
        theirs = scrape(port, 1)
        pairs = [(cost(box.pid, box.port), cost(peer.pid, port)) for _ in range(3)]
    finally:
        peer.kill()
        peer.wait()
    own, other = (statistics.median(one[i] for one in pairs) for i in (0, 1))
    print("/metrics: chatterboxd %.0f us of CPU an answer (%d series), prom-client %.0f us (%d series): %.2f" %
          (own, series(text), other, series(theirs), own / other), flush=True)
    return {"chatterboxd_us": [one[0] for one in pairs], "prom_client_us": [one[1] for one in pairs],
            "series": series(text), "series_prom_client": series(theirs)}


def idle(box, what):
    before, began = rounds.cpu(box.pid), time.monotonic()
    time.sleep(SECONDS)
    share = (rounds.cpu(box.pid) - before) / (time.monotonic() - began)
    print("%s: %.2f %% of a core, %.0f MB" % (what, 100 * share, rounds.resident_mb(box.pid)), flush=True)
    return share


def main():
    if len(sys.argv) < 2 or "CBX_TEST_DIR" not in os.environ:
        sys.exit("usage: tests/kit/servers/servers.sh run tests/bench/metrics.py BUILD [SYSTEMS]")
    build = os.path.abspath(sys.argv[1])
    systems = int(sys.argv[2]) if len(sys.argv) > 2 else 2500
    figures = {"systems": systems}
    with Daemon(build, systems, {"check_job_status_time": 3600}, ["--frozen"]) as box:
        time.sleep(2)
        figures["idle"] = idle(box, "%d jobs, no round" % (4 * systems))
        figures["metrics"] = compare(box)
    with Daemon(build, systems, {"check_job_status_time": 10}, ["--frozen"]) as box:
        time.sleep(12)
        figures["steady"] = idle(box, "%d jobs, a round every 10 s, nothing changes" % (4 * systems))
    keep("metrics", figures)


if __name__ == "__main__":
    main()
