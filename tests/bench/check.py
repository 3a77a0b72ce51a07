#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check.py BUILD [SYSTEMS] - do chatterboxd and its peers do the same work?

Run it below `tests/kit/servers/servers.sh run`. For each of two fleets (jobs that progress and complete; jobs that
change between Running and Paused), of the same seed for everybody, chatterboxd asks SYSTEMS (300) x 4
jobs ROUNDS (5) times at least, and each peer as often. Then what they left is compared, and what they told:

- Redis: the hashes of live jobs, each status by its members;
- SQL: status and figures of each row, of live and ended jobs;
- events: the sequence of statuses of each job.

Numbers of writes, times, revisions and what only chatterboxd keeps (figures, history, outbox) are left aside. It
ends with 1 and the first differences when something differs.
"""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

import round as rounds

HERE = os.path.dirname(os.path.abspath(__file__))
ROUNDS = int(os.environ.get("ROUNDS", "5"))
EVERY = 4     # seconds between chatterboxd's rounds
SECONDS = 90  # for each of them
FLEETS = {"progress": ["--step=7"], "statuses": ["--flip"]}
PEERS = {"tuned": ["node", HERE + "/peers/round.mjs", "--variant=tuned"],
         "faithful": ["node", HERE + "/peers/round.mjs", "--variant=faithful"],
         "tuned, 50 a question": ["node", HERE + "/peers/round.mjs", "--variant=tuned", "--batch=50"],
         "floor": ["floor"]}
MEMBERS = ("status", "percent_completed", "downloaded", "total_files", "download_speed")
ENDS = ("Completed", "Killed", "Errored")


def environment():
    env = os.environ
    return dict(env, PGHOST="127.0.0.1", PGPORT=env["CBX_TEST_PG_PORT"], PGDATABASE=env["CBX_TEST_PG_DATABASE"],
                PGUSER=env["CBX_TEST_PG_USER"], PGPASSWORD=env["CBX_TEST_PG_PASSWORD"])


def out(command):
    return subprocess.run(command, env=environment(), check=True, stdout=subprocess.PIPE, text=True).stdout


def redis(*words):
    return out(["redis-cli", "-p", os.environ["CBX_TEST_REDIS_PORT"], *words])


def rows(query):
    return json.loads(out(["psql", "-qAt", "-c", "select coalesce(json_agg(t), '[]') from (%s) t" % query]))


def hashes(prefix):
    """{(system, job): status} of all hashes below @prefix"""
    script = ("local all = {} for _, key in ipairs(redis.call('KEYS', ARGV[1])) do "
              "for _, text in ipairs(redis.call('HVALS', key)) do all[#all + 1] = text end end "
              "return '[' .. table.concat(all, ',') .. ']'")
    found = json.loads(redis("--raw", "eval", script, "0", prefix + ":jobs:*"))
    return {"%s/%s" % (job["system"], job["job_id"]): job for job in found}


def table(query):
    return {"%s/%s" % (row["system"], row["job_id"]): [row[member] for member in MEMBERS] for row in rows(query)}


def statuses(name):
    return {"%s/%s" % (row["system"], row["job_id"]): row["status"]
            for row in rows("select system, job_id, status from " + name)}


class Told:
    """Statuses of each job in the order in which they were told"""

    def __init__(self, key):
        self.process = subprocess.Popen(["node", HERE + "/peers/told.mjs", key], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def end(self, start):
        """@start: the status of each job from which all of them began"""
        told = {job: [status] for job, status in start.items()}
        for line in self.process.communicate(timeout=30)[0].splitlines():
            job, status = json.loads(line)
            known = told.setdefault(job, [])
            if not known or known[-1] != status:
                known.append(status)
        return told


def ask(port, path, body):
    request = urllib.request.Request("http://127.0.0.1:%d%s" % (port, path), data=json.dumps(body).encode(), headers={
        "Authorization": "Bearer bench", "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def until(what, condition):
    end = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > end:
            sys.exit("not in time: " + what)
        time.sleep(0.05)


def asked(port, event):
    """How many questions were answered"""
    with urllib.request.urlopen("http://127.0.0.1:%d/metrics" % port, timeout=10) as answer:
        text = answer.read().decode()
    found = re.search(r'^chatterbox_rpc_requests_total\{event="%s",outcome="ok"\} (\d+)' % event, text, re.M)
    return int(found.group(1)) if found else 0


def finished(port):
    cycle = rounds.cycle(port).get("last_cycle") or {}
    return cycle.get("finished_at") if cycle.get("systems") else None


def ours(build, systems, app, kept):
    """Discovery, which all others start from, then ROUNDS rounds; how often it asked for lists, and for statuses.
    @kept() is called between the two."""
    port = 20000 + os.getpid() % 9000
    settings = dict(rounds.configuration(port), check_job_status_time=EVERY, progress_checkpoint=1)
    settings["http_server"]["token"] = "bench"
    settings["chatterbox"]["app_name"] = app
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(settings, file)
        file.flush()
        box = subprocess.Popen([build + "/chatterboxd/chatterboxd", "--config=" + file.name],
                               stdout=subprocess.DEVNULL)
        try:
            until("the discovery", lambda: finished(port))
            kept()
            until("the rounds", lambda: asked(port, "job_status") >= ROUNDS * systems)
            ask(port, "/api/v1/pause", {"seconds": 300})
            until("the outbox", lambda: not rows("select 1 as n from outbox limit 1"))
            counts = [asked(port, event) / systems for event in ("job_list", "job_status")]
            if any(count != int(count) for count in counts):
                sys.exit("not every system was asked as often as the others: %s times" % counts)
        finally:
            box.send_signal(signal.SIGTERM)
            box.wait(60)
    return hashes(app), [int(count) for count in counts]


def keep_start():
    rounds.sql("drop table if exists peer_start; create table peer_start as select * from status_monitor")


def peer(command, build, counts):
    rounds.sql("drop table if exists peer_monitor; create table peer_monitor as select * from peer_start; "
               "alter table peer_monitor add primary key(system, job_id); analyze peer_monitor")
    redis("eval", "for _, key in ipairs(redis.call('KEYS', 'peer:*')) do redis.call('DEL', key) end", "0")
    program = [build + "/tests/bench/floor"] if command == ["floor"] else command
    for _ in range(counts[0]):  # each list that was asked for moved the fleet, too
        subprocess.run(["node", HERE + "/peers/told.mjs", "--ask"], env=environment(), check=True, timeout=SECONDS)
    subprocess.run(program + ["--rounds=%d" % counts[1]], env=environment(), check=True, timeout=SECONDS,
                   stdout=subprocess.DEVNULL)
    return hashes("peer")


class Fleet:
    def __init__(self, build, systems, rules):
        self.process = subprocess.Popen(
            [build + "/examples/hdms-sim/hdms-sim", "--port=" + os.environ["CBX_TEST_RMQ_PORT"], "--jobs=4",
             "--systems=%d" % systems, "--quiet", "--seed=7", "--linger=600", "--duration=600"] + rules,
            stdout=subprocess.PIPE)
        self.process.stdout.readline()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def differences(name, want, got):
    """Lines about the jobs of which two dictionaries say something else"""
    off = [job for job in sorted(want.keys() | got.keys()) if want.get(job) != got.get(job)]
    for job in off[:3]:
        print("%s differs at %s:\n  chatterboxd %s\n  the peer    %s" %
              (name, job, json.dumps(want.get(job)), json.dumps(got.get(job))))
    return len(off)


def measure(build, systems, fleet, rules):
    rounds.fill_connections(systems)
    rounds.sql("drop table if exists server_conf")  # the pause at the end of the last fleet's rounds
    redis("flushall")
    # a name of its own: in the queue of the last one wait the events of all fleets since, and each system that
    # came online is asked for its list
    app = "bench-%d-%s" % (os.getpid(), fleet)
    told = Told(app + ".event.update_job_status")
    with Fleet(build, systems, rules):
        state, counts = ours(build, systems, app, keep_start)
    # what the discovery told is where the peers begin; of jobs that it did not find they know nothing
    known = statuses("peer_start")
    told = {job: list_ for job, list_ in told.end({}).items() if job in known}
    start = {job: list_[0] for job, list_ in told.items()}
    sql = table("select * from status_monitor")
    ended = {job: status for job, status in statuses("completed_jobs").items() if job in start}
    bad = 0
    for name, command in PEERS.items():
        heard = Told("peer.event.job_status")
        with Fleet(build, systems, rules):
            theirs = peer(command, build, counts)
        heard = heard.end(start)
        where = "%s, %s: " % (fleet, name)
        all_ = table("select * from peer_monitor")
        live = {job: row for job, row in all_.items() if row[0] not in ENDS}
        bad += differences(where + "Redis", state, theirs)
        bad += differences(where + "SQL", sql, live)
        bad += differences(where + "SQL, ends", ended,
                           {job: row[0] for job, row in all_.items() if row[0] in ENDS})
        bad += differences(where + "events", told, heard)
        print("%s%d live jobs, %d ended, %d changes of status" %
              (where, len(theirs), len(all_) - len(live), sum(map(len, heard.values())) - len(heard)), flush=True)
    return bad


def main():
    if len(sys.argv) < 2 or "CBX_TEST_DIR" not in os.environ:
        sys.exit("usage: tests/kit/servers/servers.sh run tests/bench/check.py BUILD [SYSTEMS]")
    systems = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    bad = sum(measure(os.path.abspath(sys.argv[1]), systems, fleet, rules) for fleet, rules in FLEETS.items())
    print("the same state, and the same told" if not bad else "%d differences" % bad)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
