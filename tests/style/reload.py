#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each key that a SIGHUP may change is tried in each thread that reads it.

A key is read by the threads whose rooms have files that name its member of struct cbx_settings; a
key without a member is the daemon's own. It is tried by a row { "key", "thread", … } of
tests/contract/test_reload*.c, or a test 'key, thread: …' of tests/contract/daemon_reload.test.mjs.
A pair that nobody tries is a finding, and so is a row about a pair that is none.
"""
import os
import re
import sys

KEYS = "libchatterbox/config/keys.def"
TESTS = ("tests/contract/test_reload.c", "tests/contract/test_reload_poller.c",
         "tests/contract/daemon_reload.test.mjs")
THREADS = {"lead": "lease_keeper", "road": "poller", "follow": "poller", "task": "poller",
           "controller": "poller", "tell": "teller", "listen": "listener"}
# Keys that no thread has a copy of: what is done with them is done for all at once
SHARED = {"log.level": "log", "log.path": "log", "log.pretty": "log"}

ROW = re.compile(r'^(?:IN_|OUT_)?[A-Z]+\((?:([\w.]+), )?"([\w.]+)", ([A-Z0-9 |]+),', re.M)
TRIED = re.compile(r'\{ "([\w.]+)", "([a-z_]+)", "|^test\(\'([\w.]+), (\w+):', re.M)


def reloadable(text):
    """(path, member or None) of each key with RELOAD"""
    return [(path, member or None) for member, path, flags in ROW.findall(text)
            if "RELOAD" in flags]


def readers(path, member, rooms):
    """The threads that read the key; rooms: {room: text of its files}"""
    if path in SHARED:
        return {SHARED[path]}
    if not member:
        return {"http"}
    name = re.compile(r"settings->%s\b" % re.escape(member.split(".")[0]))
    return {THREADS[room] for room, text in rooms.items() if room in THREADS and name.search(text)}


def tried(text):
    return {(a or c, b or d) for a, b, c, d in TRIED.findall(text)}


def findings(keys, rooms, tests):
    wanted = set()
    for path, member in reloadable(keys):
        threads = readers(path, member, rooms)
        if not threads:
            yield "%s: may be reloaded, and no thread reads it" % path
        wanted |= {(path, thread) for thread in threads}
    for path, thread in sorted(wanted - tried(tests)):
        yield "%s: no test reloads it for the %s" % (path, thread)
    for path, thread in sorted(tried(tests) - wanted):
        yield "%s: a test reloads it for the %s, which does not read it" % (path, thread)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def rooms_of(root):
    base = os.path.join(root, "libchatterbox")
    return {room: "\n".join(read(os.path.join(base, room, name))
                            for name in os.listdir(os.path.join(base, room))
                            if name.endswith((".c", ".h")))
            for room in THREADS}


def main():
    root = sys.argv[1]
    found = list(findings(read(os.path.join(root, KEYS)), rooms_of(root),
                          "\n".join(read(os.path.join(root, path)) for path in TESTS)))
    print("\n".join(found) or "each reloadable key is tried in each thread that reads it")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
