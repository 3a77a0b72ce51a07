#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""round.py BUILD [SYSTEMS...] - how long a round takes on real servers, and who does the work

For each number of systems (500 and 5000 by default; 4 jobs each, half of them moving at each ask)
it starts hdms-sim and chatterboxd on the servers of tests/kit/servers/servers.sh (run it below
`tests/kit/servers/servers.sh run`), lets ROUNDS Job Status rounds pass, and prints one line: the discovery
round, the median and range of the others, questions a second, resident memory, and the CPU of each
process per question. HISTORY=0: without history. OUTLOOK=1: each system has a list that is activated
in four hours; SETTLE=200: rounds count after that many seconds, since a new leader judges little in its first 180.
RECORD=0,1,0,1: again and again, without and with the flight recorder. CALLGRIND=FILE: chatterboxd
runs under callgrind, which counts the rounds after that (callgrind_annotate --inclusive=yes FILE says
who of it did the work). Its loops are bounded in count and time; it ends what it started.
"""
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROUNDS = int(os.environ.get("ROUNDS", "7"))
SETTLE = int(os.environ.get("SETTLE", "0"))
CALLGRIND = os.environ.get("CALLGRIND")
TICK = os.sysconf("SC_CLK_TCK")


def configuration(port, recording=None):
    env = os.environ
    record = {"record": {"path": recording}} if recording else {}
    return {
        "redis": {"port": int(env["CBX_TEST_REDIS_PORT"])},
        "rmq": {"port": int(env["CBX_TEST_RMQ_PORT"])},
        "sequelize": {
            "port": int(env["CBX_TEST_PG_PORT"]),
            "database": env["CBX_TEST_PG_DATABASE"],
            "username": env["CBX_TEST_PG_USER"],
            "password": env["CBX_TEST_PG_PASSWORD"],
        },
        "http_server": {"port": port},
        "check_job_status_time": 3,
        "time_till_next_check": 3600,
        "history_retention": int(env.get("HISTORY", "2592000")),
        "log": {"level": "warn"},
        "chatterbox": {"app_name": "bench-%d" % os.getpid(), **record},
    }


def cpu(pid):
    """CPU seconds of a process and its children that ended"""
    try:
        with open("/proc/%d/stat" % pid) as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return sum(int(fields[i]) for i in (11, 12, 13, 14)) / TICK
    except (OSError, IndexError):
        return 0.0


def process(pid):
    """(name, command line, parent) of a process, None when it has ended"""
    try:
        with open("/proc/%s/cmdline" % pid, "rb") as file:
            line = file.read().replace(b"\0", b" ").decode(errors="replace")
        with open("/proc/%s/stat" % pid) as file:
            head, rest = file.read().rsplit(")", 1)
        return head.split("(", 1)[1], line, int(rest.split()[1])
    except (OSError, IndexError):
        return None


def servers():
    """pids of the private servers, by name; of PostgreSQL those of its backends, too"""
    found = {}
    here = os.environ["CBX_TEST_DIR"]
    all_ = {int(entry): process(entry) for entry in os.listdir("/proc") if entry.isdigit()}
    for pid, known in all_.items():
        if not known:
            continue
        name, line, parent = known
        if name == "beam.smp" and here in line:
            found.setdefault("rabbitmq", []).append(pid)
        elif name == "redis-server" and os.environ["CBX_TEST_REDIS_PORT"] in line:
            found.setdefault("redis", []).append(pid)
        elif name == "postgres" and (here in line or here in (all_.get(parent) or ("", "", 0))[1]):
            found.setdefault("postgres", []).append(pid)
    return found


def resident_mb(pid):
    with open("/proc/%d/status" % pid) as status:
        for line in status:
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
    return 0.0


def cycle(port):
    url = "http://127.0.0.1:%d/api/v1/summary" % port
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return json.load(answer)
    except OSError:
        return {}


def rounds(port, systems, count, seconds):
    """(time, figures) of each finished round that asked all systems, the first is the discovery"""
    seen = []
    last = None
    end = time.monotonic() + seconds
    while len(seen) < count and time.monotonic() < end:
        now = cycle(port).get("last_cycle")
        if now and now["finished_at"] != last:
            last = now["finished_at"]
            if now["systems"] >= systems:
                seen.append((time.monotonic(), now))
        time.sleep(0.1)  # each look costs the daemon an answer
    return seen


def measure(build, systems, record):
    port = 20000 + os.getpid() % 20000
    processes = []
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "chatterbox.json")
        with open(path, "w") as file:
            json.dump(configuration(port, os.path.join(directory, "flight") if record else None), file)
        try:
            sim = subprocess.Popen(
                [build + "/examples/hdms-sim/hdms-sim", "--port=" + os.environ["CBX_TEST_RMQ_PORT"],
                 "--systems=%d" % systems, "--jobs=4", "--step", "--quiet", "--duration=%d" % (600 + 2 * SETTLE)],
                stdout=subprocess.PIPE)
            processes.append(sim)
            sim.stdout.readline()
            fill_connections(systems)
            fill_schedule(systems)
            box = subprocess.Popen(tool() + [build + "/chatterboxd/chatterboxd", "--config=" + path],
                                   stdout=subprocess.DEVNULL)
            processes.append(box)
            report(port, systems, sim.pid, box.pid, record)
        finally:
            for process in reversed(processes):
                process.send_signal(signal.SIGTERM)
                process.wait(30)


def tool():
    if not CALLGRIND:
        return []
    return ["valgrind", "-q", "--tool=callgrind", "--instr-atstart=no", "--fair-sched=yes",
            "--callgrind-out-file=" + os.path.abspath(CALLGRIND)]


def begin_count(box):
    if SETTLE:
        time.sleep(SETTLE)
    if CALLGRIND:
        subprocess.run(["callgrind_control", "--instr=on", str(box)], check=True,
                       stdout=subprocess.DEVNULL)


def sql(text):
    env = dict(os.environ, PGPASSWORD=os.environ["CBX_TEST_PG_PASSWORD"])
    subprocess.run(["psql", "-h", "127.0.0.1", "-p", env["CBX_TEST_PG_PORT"], "-U",
                    env["CBX_TEST_PG_USER"], "-q", "-c", text, env["CBX_TEST_PG_DATABASE"]],
                   env=env, check=True, stderr=subprocess.DEVNULL)


def fill_connections(systems):
    sql("create table if not exists connections(actor_id text); truncate connections; "
        "drop table if exists status_monitor, completed_jobs, errors, outbox, lease, "
        "recently_checked, job_history, chatterbox_migrations cascade; "
        "insert into connections select 'NL-HDMS-' || lpad(g::text, 6, '0') "
        "from generate_series(1, %d) g" % systems)


def fill_schedule(systems):
    """What each system's outlook is about; nothing is judged without"""
    sql("create table if not exists list_activation_schedule(system text, list_id text, "
        "activate_at timestamptz, primary key(system, list_id)); "
        "truncate list_activation_schedule; insert into list_activation_schedule "
        "select 'NL-HDMS-' || lpad(g::text, 6, '0'), 'tonight', now() + interval '4 hours' "
        "from generate_series(1, %d) g" % (systems if os.environ.get("OUTLOOK") == "1" else 0))


def report(port, systems, sim, box, record):
    first = rounds(port, systems, 1, 120)
    begin_count(box)
    pids = servers()
    pids["chatterboxd"] = [box]
    pids["hdms-sim"] = [sim]
    before = {name: sum(map(cpu, all_)) for name, all_ in pids.items()}
    after_first = rounds(port, systems, ROUNDS + 1, 60 + ROUNDS * 10)[1:]
    if not first or not after_first:
        sys.exit("no round of %d systems was finished in time" % systems)
    times = [figures["seconds"] for _, figures in after_first]
    asked = sum(figures["systems"] for _, figures in after_first)
    median = statistics.median(times)
    used = {name: (sum(map(cpu, pids[name])) - before[name]) * 1e6 / asked for name in pids}
    print("%5d systems x 4 jobs%s: discovery %.2f s; round median %.3f s (%.3f-%.3f, %d rounds), "
          "%.0f questions/s; chatterboxd %.0f MB; CPU us/question: %s"
          % (systems, ", recorded" if record else "", first[0][1]["seconds"], median, min(times), max(times), len(times),
             systems / median, resident_mb(box),
             ", ".join("%s %.0f" % item for item in sorted(used.items()))), flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 2 or "CBX_TEST_DIR" not in os.environ:
        sys.exit("usage: tests/kit/servers/servers.sh run tests/bench/round.py BUILD [SYSTEMS...]")
    for number in map(int, sys.argv[2:] or ["500", "5000"]):
        for with_recorder in os.environ.get("RECORD", "0").split(","):
            measure(os.path.abspath(sys.argv[1]), number, with_recorder == "1")
