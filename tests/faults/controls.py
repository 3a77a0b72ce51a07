#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Is each mechanism needed? The negative controls.

A test of a promise proves nothing unless it fails without the mechanism that keeps the promise.
WITHOUT says of each mechanism what has to stand in the sources instead, so that it is missing. Those
files alone are compiled anew and linked before the core, into the unit tests named by CONTROLS and
into the daemon (controls.test.mjs plays it on real servers). The product knows nothing of this.

    controls.py list                         a line each: mechanism, its programs (rooms of unit
                                             tests, chatterboxd) by comma, files
    controls.py check ROOT                   every text is found, exactly once
    controls.py write MECHANISM ROOT FILE... the files of a mechanism, in their order, without it
    controls.py run DIRECTORY                each test fails without its mechanism, by an assertion
"""
import os
import re
import subprocess
import sys

# mechanism -> file below libchatterbox -> [(what stands there, what stands there without it)]. White
# space of any length is equal.
WITHOUT = {
    # an event is taken for told when it has been sent
    "no-confirms": {"tell/relay_broker.c": [
        ("note_sent(delivery->items, item);", "item->confirmed = true;")]},
    # what has a smaller id than the last one told is taken for told
    "relay-cursor": {"tell/relay.c": [
        ("written = write_told(",
         "for (int64_t id = done ? items->all[done - 1].row.id - 1 : 0; id > 0; id--)"
         " remember(&teller->told[side], id); written = write_told(")]},
    # the events of a batch are written after its commit
    "events-after-commit": {"adapter/postgres/ledger.c": [
        ("r = cbx_pg_write_events(self, batch);", "r = 0;"),
        ("r = cbx_pg_commit(self);",
         "r = cbx_pg_commit(self); if (!r) r = cbx_pg_write_events(self, batch);")]},
    # a commit without an answer is taken for an aborted one
    "blind-redo": {"adapter/postgres/ledger.c": [
        ("cbx_pg_arg_text(&args, self->xid);", "return ABORTED;")]},
    "no-deadline": {"adapter/postgres/query.c": [
        ('if (!left) return cbx_pg_lost(self, "no answer',
         'if (false) return cbx_pg_lost(self, "no answer')]},
    # SQL takes the writes of a holder whose lease another has taken
    "no-epoch-guard": {
        "adapter/postgres/query.c": [("if (!PQntuples(result)) {", "if (false) {")],
        "adapter/sqlite/connection.c": [
            ('if (!r) return cbx_sqlite_fenced(self, "the lease', 'if (false) return r; ("')]},
    # each process has a guard of its own in Redis
    "no-state-guard": {
        "adapter/redis_state/redis_state.c": [
            ('cbx_redis_key(me, &me->key, "rev")',
             '({ char own[32]; sprintf(own, "rev.%d", (int)getpid()); cbx_redis_key(me, &me->key, own); })'),
            ("#include <string.h>", "#include <string.h>\n#include <unistd.h>")],
        "adapter/memory_state/store.c": [("if (store->newest_epoch > epoch)", "if (false)")]},
    # every write of a system's statuses has the same number
    "no-rev-guard": {"road/share.c": [
        ("return ((uint64_t)road->epoch << 32)", "return 1ULL << 52; return ((uint64_t)road->epoch << 32)")]},
    # nobody looks whether the shared state is still there
    "no-rebuild": {"road/share_whole.c": [
        ("if (epoch == road->epoch && cbx_road_mark_is_ours(road) && !road->share_whole)", "road->share_whole = false; return 0; if (true)")]},
    # nobody looks whose mark it is
    "no-twin-check": {"runtime/leadership.c": [
        ("twin = *database && *leadership->database &&", "twin = false && *leadership->database &&")]},
    "no-late-check": {"merge/merge.c": [
        ("if (known && is_late(m, known, status))", "if (false && is_late(m, known, status))")]},
    # a reply is for the question of its number, whoever asked it
    "no-correlation": {"road/ask.c": [("*out = poll;", "poll->prefix[0] = 0; *out = poll;")]},
    "ack-before-commit": {
        "listen/hand_over.c": [
            ("listener->outstanding++;", "listener->outstanding++;"
             " listener->bus->ops->acknowledge(listener->bus, event->tag, false, true);")],
        "listen/listen.c": [("listener->outstanding--;", "listener->outstanding--; return;")]},
}
# mechanism, unit test, the tests in it that need the mechanism
CONTROLS = [
    ("relay-cursor", "tell-relay", ["of_each_key_the_oldest_alone_is_in_flight"]),
    ("no-confirms", "tell-relay", ["a_lost_confirm_is_told_again_and_an_old_one_is_no_confirm"]),
    ("no-epoch-guard", "road-record", ["a_lease_that_another_has_taken_fences_the_write"]),
    ("no-rev-guard", "road-share", ["the_guard_rejects_a_zombie"]),
    ("no-state-guard", "lead-newer_epoch", ["a_zombie_says_of_nobody_that_he_is_online",
                                            "a_zombie_touches_no_internal_system",
                                            "a_zombie_appends_no_event",
                                            "a_zombie_leaves_the_figures_alone"]),
    ("no-rebuild", "road-share", ["after_a_flush_it_is_whole_within_one_round"]),
    ("no-twin-check", "lead-twin", ["who_finds_the_mark_of_another_database_does_not_lead",
                                    "who_leads_and_finds_it_gives_the_lease_back"]),
    ("no-late-check", "merge-merge", ["reported_status"]),
    ("no-correlation", "road-answers", ["late_and_unknown_replies_are_dropped"]),
    ("ack-before-commit", "listen-listen", ["acknowledged_only_after_the_commit"]),
]
# what controls.test.mjs plays
ON_SERVERS = ["no-confirms", "events-after-commit", "ack-before-commit", "blind-redo", "no-epoch-guard",
              "no-state-guard", "no-rebuild", "no-deadline"]
# path:line:F:case:test:iteration: what was found
FAILED = re.compile(r"^[^:]+:\d+:F:[^:]*:(\w+):\d+: (.*)$", re.M)


def without(path, edits, root):
    """The text of a source file without a mechanism; ValueError when it is not as WITHOUT says"""
    with open(os.path.join(root, "libchatterbox", path), encoding="utf-8") as file:
        text = file.read()
    for old, new in edits:
        found = re.findall(r"\s+".join(re.escape(part) for part in old.split()), text)
        if len(found) != 1:
            raise ValueError("%s: found %d times instead of once: %s" % (path, len(found), old))
        text = text.replace(found[0], new)
    return text


def show_list():
    for mechanism, files in WITHOUT.items():
        programs = [file.partition("-")[0] for name, file, _ in CONTROLS if name == mechanism]
        programs += ["chatterboxd"] if mechanism in ON_SERVERS else []
        print(mechanism, ",".join(programs), *files)
    return 0


def check(root):
    bad = 0
    for mechanism, files in WITHOUT.items():
        for path, edits in files.items():
            try:
                without(path, edits, root)
            except (OSError, ValueError) as error:
                print("%s: %s; tests/faults/controls.py has to know what stands there now"
                      % (mechanism, error))
                bad += 1
    return 1 if bad else 0


def write(mechanism, root, *outputs):
    files = WITHOUT[mechanism]
    assert len(files) == len(outputs), "%s changes %s" % (mechanism, ", ".join(files))
    for (path, edits), output in zip(files.items(), outputs):
        with open(output, "w", encoding="utf-8") as file:
            file.write(without(path, edits, root))
    return 0


def failures(program, file):
    """test -> what it found, of a file's tests that failed by an assertion"""
    env = dict(os.environ, CK_FORK="yes", CK_VERBOSITY="normal")
    run = subprocess.run([program, file], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True, errors="replace", timeout=120, check=False)
    return dict(FAILED.findall(run.stdout))


def run(directory):
    bad = 0
    for mechanism, name, tests in CONTROLS:
        room, _, file = name.partition("-")
        found = failures(os.path.join(directory, "%s-%s" % (room, mechanism)), file)
        for test in tests:
            if test in found:
                print("%-18s %s: %s" % (mechanism, test, found[test][:120]))
            else:
                print("%-18s %s does not find it; failed: %s" % (mechanism, test, sorted(found)))
                bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit({"list": show_list, "check": check, "write": write, "run": run}[sys.argv[1]](*sys.argv[2:]))
