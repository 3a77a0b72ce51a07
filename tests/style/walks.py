#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The walks of HACKING.md are true and short: what happens, from file to file.

A walk is a bold title and the numbered steps below it. A step names files, `path/file.c` or `file.c` (then in
the folder of the one before), and functions of the file named last, `function()`. Each file has to be there and
to define the functions that are said to be in it.

A walk crosses no more files than WALKS says, and enters each room (folder) once: its files stand in one row. A
room that is entered again is one of WALKS, and what follows the steps names it and says why. So a change that
makes a way longer is a deliberate one.

usage: walks.py SOURCE_ROOT
"""
import os
import re
import sys

SECTION = re.compile(r"^## Three walks$(.*?)(?=^## |\Z)", re.M | re.S)
TITLE = re.compile(r"^\*\*(.+?)\*\*", re.M)
STEP = re.compile(r"^\d+\. (.*(?:\n   .*)*)", re.M)
NAME = re.compile(r"`([\w./-]+\.(?:c|h|def|mjs|js))`|`(\w+)\(\)`")
# First words of the title -> most files, and the rooms that are entered once more
WALKS = {
    "A reply": (30, {"libchatterbox/adapter/amqp_bus"}),
    "A configuration key": (8, set()),
    "A pause": (20, {"libchatterbox/road", "libchatterbox/runtime"}),
}


def walks_of(text):
    """(title, [step, ...], what follows the steps) of each walk"""
    section = SECTION.search(text)
    parts = TITLE.split(section.group(1))[1:] if section else []
    return [(title, STEP.findall(body), STEP.split(body)[-1]) for title, body in zip(parts[::2], parts[1::2])]


def names_of(step):
    """(path, function or None), as the step names them; the path is None before the first file"""
    path = None
    for name, function in NAME.findall(step):
        if name:
            path = name if "/" in name or not path else os.path.dirname(path) + "/" + name
        yield path, function or None


def check_names(step, read):
    for path, function in names_of(step):
        if path is None:
            yield "%s(): in which file?" % function
        elif read(path) is None:
            yield "%s is not in the tree" % path
        elif function and not re.search(r"^\w[^;\n]*\b%s\([^;\n]*$" % function, read(path), re.M):
            yield "%s(): not in %s" % (function, path)


def sources_of(steps):
    """The C files in the order in which they are named; headers and tables are looked up, not crossed"""
    return [path for step in steps for path, _ in names_of(step) if path and path.endswith(".c")]


def entered_again(files):
    """Every room that is entered after another one, once for each time"""
    rooms = [os.path.dirname(path) for path in files]
    rooms = [room for i, room in enumerate(rooms) if not i or room != rooms[i - 1]]
    return [room for i, room in enumerate(rooms) if room in rooms[:i]]


def check_length(steps, after, most, twice):
    files = sources_of(steps)
    again = entered_again(files)
    if len(set(files)) > most:
        yield "crosses %d files, %d are allowed" % (len(set(files)), most)
    for room in sorted(set(again)):
        if room not in twice:
            yield "%s is entered again" % room
        elif again.count(room) > 1:
            yield "%s is entered more than twice" % room
        elif "`%s`" % room not in after:
            yield "%s is entered twice: why?" % room
    for room in sorted(twice - set(again)):
        yield "%s is entered once: it is no exception any more" % room


def findings(text, read, wanted):
    missing = set(wanted)
    for title, steps, after in walks_of(text):
        first_words = next((words for words in wanted if title.startswith(words)), None)
        if first_words is None:
            yield "%s: is none of the three walks" % title
            continue
        missing.discard(first_words)
        for step in steps:
            for finding in check_names(step, read):
                yield "%s: %s" % (title, finding)
        if not sources_of(steps):
            yield "%s: has no steps" % title
            continue
        for finding in check_length(steps, after, *wanted[first_words]):
            yield "%s: %s" % (title, finding)
    for words in sorted(missing):
        yield "%s ...: this walk is missing" % words


def main():
    root = sys.argv[1]

    def read(path):
        try:
            with open(os.path.join(root, path), encoding="utf-8") as file:
                return file.read()
        except OSError:
            return None

    text = read("HACKING.md")
    found = list(findings(text, read, WALKS))
    print("\n".join(found) or "the walks of HACKING.md are true")
    for title, steps, _ in walks_of(text):
        print("%s %d files" % (title, len(set(sources_of(steps)))))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
