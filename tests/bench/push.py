#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""push.py BUILD [RATE...] - how late a pushed change is at a listener and at a client of the event stream

Run it below `tests/kit/servers/servers.sh run`. push.c sends reports of nl-hdms for SECONDS (20) at each RATE a
second (100, 1000, 5000), each a change of status of one of 2000 jobs; hear.mjs listens with amqplib to
update_job_status, and follows /api/v1/events, which shows what has gone into the stream in Redis. Prints p50, p99 and
the most for both, and the CPU of all meanwhile, in cores. OUT: a file for the figures as JSON. The fleet itself stands
still. It takes less than three minutes.
"""
import json
import os
import subprocess
import sys
import time

import round as rounds
from daemon import Daemon, keep

HERE = os.path.dirname(os.path.abspath(__file__))
SECONDS = int(os.environ.get("SECONDS_EACH", "20"))
SYSTEMS = 500
JOBS = 2000


def line_of(process, seconds):
    """A line that may not come: then the process is ended"""
    end = time.monotonic() + seconds
    os.set_blocking(process.stdout.fileno(), False)
    text = b""
    while not text.endswith(b"\n"):
        if time.monotonic() > end or process.poll() is not None:
            sys.exit("no figures in time")
        text += process.stdout.read() or b""
        time.sleep(0.01)
    return text


def heard(process):
    process.stdin.write(b"\n")
    process.stdin.flush()
    return json.loads(line_of(process, 20))


def measure(build, box, hearer, rate, first):
    pids = dict(rounds.servers(), chatterboxd=[box.pid])
    before = {name: sum(map(rounds.cpu, all_)) for name, all_ in pids.items()}
    heard(hearer)
    sent = subprocess.run([build + "/tests/bench/push", os.environ["CBX_TEST_RMQ_PORT"], str(rate), str(SECONDS),
                           str(JOBS), str(first)], check=True, stdout=subprocess.PIPE, timeout=SECONDS + 30)
    cpu = {name: round((sum(map(rounds.cpu, all_)) - before[name]) / SECONDS, 3) for name, all_ in pids.items()}
    sent = json.loads(sent.stdout)
    time.sleep(2)  # what is later than that is missing, and shows as such
    figures = dict(heard(hearer), rate=rate, sent=sent["sent"], publisher_late_ms=sent["late_ms"], cores=cpu)
    print("%5d/s: " % rate + "; ".join(
        "%s p50 %.1f ms, p99 %.1f, most %.1f (%d of %d)" %
        (who, figures[who]["p50"] or -1, figures[who]["p99"] or -1, figures[who]["max"] or -1, figures[who]["count"],
         sent["sent"]) for who in ("listener", "sse")) +
        "; cores: " + ", ".join("%s %.2f" % item for item in sorted(cpu.items())), flush=True)
    return figures


def main():
    if len(sys.argv) < 2 or "CBX_TEST_DIR" not in os.environ:
        sys.exit("usage: tests/kit/servers/servers.sh run tests/bench/push.py BUILD [RATE...]")
    build = os.path.abspath(sys.argv[1])
    rates = [int(rate) for rate in sys.argv[2:]] or [100, 1000, 5000]
    with Daemon(build, SYSTEMS, {"check_job_status_time": 3600}, ["--frozen"]) as box:
        hearer = subprocess.Popen(["node", HERE + "/peers/hear.mjs", box.app, str(box.port)], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)
        try:
            line_of(hearer, 20)
            # other jobs for each rate: what is told again changes nothing
            keep("push", [measure(build, box, hearer, rate, 900000 + i * JOBS) for i, rate in enumerate(rates)])
        finally:
            hearer.kill()
            hearer.wait()


if __name__ == "__main__":
    main()
