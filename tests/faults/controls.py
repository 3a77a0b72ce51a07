#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Is each mechanism needed? The negative controls that the unit tests can play.

Each of these unit tests is built a second time over the core that can be sabotaged
(libchatterbox/base/sabotage.h). It must pass as it is, and the named test must fail, by an assertion
and not by a crash, when its mechanism is switched off. See controls.test.mjs for real servers.
"""
import os
import re
import subprocess
import sys

# mechanism, test program, the test in it that needs the mechanism
CONTROLS = [
    ("relay-cursor", "tell-relay", "of_each_key_the_oldest_alone_is_in_flight"),
    ("no-confirms", "tell-relay", "a_lost_confirm_is_told_again_and_an_old_one_is_no_confirm"),
    ("no-epoch-guard", "road-record", "a_lease_that_another_has_taken_fences_the_write"),
    ("no-rev-guard", "road-share", "the_guard_holds_off_a_zombie"),
    ("no-state-guard", "lead-newer_epoch", "a_zombie_says_of_nobody_that_he_is_online"),
    ("no-state-guard", "lead-newer_epoch", "a_zombie_touches_no_internal_system"),
    ("no-state-guard", "lead-newer_epoch", "a_zombie_appends_no_event"),
    ("no-state-guard", "lead-newer_epoch", "a_zombie_leaves_the_figures_alone"),
    ("no-rebuild", "road-share", "after_a_flush_it_is_whole_within_one_round"),
    ("no-late-check", "merge-merge", "word"),
    ("no-correlation", "road-answers", "late_and_unknown_replies_are_dropped"),
    ("ack-before-commit", "listen-listen", "acknowledged_only_after_the_commit"),
]
# path:line:F:case:test:iteration: what was found
FAILED = re.compile(r"^[^:]+:\d+:F:[^:]*:(\w+):\d+: (.*)$", re.M)


def failures(program, mechanism):
    """test -> what it found, of the tests that failed by an assertion; and the exit code"""
    env = dict(os.environ, CK_FORK="yes", CK_VERBOSITY="normal")
    env.pop("CHATTERBOX_SABOTAGE", None)
    if mechanism:
        env["CHATTERBOX_SABOTAGE"] = mechanism
    run = subprocess.run([program], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True, errors="replace", timeout=120, check=False)
    return dict(FAILED.findall(run.stdout)), run.returncode


def main(directory, library):
    bad = 0
    with open(library, "rb") as file:
        if b"CHATTERBOX_SABOTAGE" in file.read():
            print("%s can be sabotaged" % library)
            bad += 1
    for name in sorted({name for _, name, _ in CONTROLS}):
        found, code = failures(os.path.join(directory, "saboteur-" + name), None)
        if found or code:
            print("%s: fails with all mechanisms: %s" % (name, found or code))
            bad += 1
    for mechanism, name, test in CONTROLS:
        found, _ = failures(os.path.join(directory, "saboteur-" + name), mechanism)
        if test in found:
            print("%-18s %s: %s" % (mechanism, test, found[test][:120]))
        else:
            print("%-18s %s does not find it; failed: %s" % (mechanism, test, sorted(found)))
            bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
