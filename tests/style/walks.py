#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The walks of HACKING.md are true: each file is there, each function is defined where it is said to be.

A walk is a bold title and the numbered steps below it. A step names files, `path/file.c` or `file.h` (then in
the folder of the one before), and functions of the file named last, `function()`. Decides how many steps a
walk may have, too: a change that needs more files to be crossed has to be a deliberate one.

usage: walks.py SOURCE_ROOT
"""
import os
import re
import sys

SECTION = re.compile(r"^## Three walks$(.*?)(?=^## |\Z)", re.M | re.S)
TITLE = re.compile(r"^\*\*(.+?)\*\*", re.M)
STEP = re.compile(r"^\d+\. (.*(?:\n   .*)*)", re.M)
NAME = re.compile(r"`([\w./-]+\.(?:c|h|def|mjs|js))`|`(\w+)\(\)`")
# By the first words of a title
MOST_STEPS = {"A configuration key": 8, "A reply": 30, "A pause": 20}


def walks_of(text):
    """(title, [step, ...]) of each walk"""
    section = SECTION.search(text)
    parts = TITLE.split(section.group(1))[1:] if section else []
    return [(title, STEP.findall(body)) for title, body in zip(parts[::2], parts[1::2])]


def check_step(step, read):
    path = None
    for name, function in NAME.findall(step):
        if name:
            path = name if "/" in name or not path else os.path.dirname(path) + "/" + name
            if read(path) is None:
                yield "%s is not in the tree" % path
        elif path is None:
            yield "%s(): in which file?" % function
        elif not re.search(r"^\w[^;\n]*\b%s\([^;\n]*$" % function, read(path) or "", re.M):
            yield "%s(): not in %s" % (function, path)


def findings(text, read):
    walks = walks_of(text)
    if not walks:
        yield "HACKING.md has no walks"
    for title, steps in walks:
        most = next((n for words, n in MOST_STEPS.items() if title.startswith(words)), None)
        if not steps:
            yield "%s: has no steps" % title
        if most and len(steps) > most:
            yield "%s: %d steps, %d are allowed" % (title, len(steps), most)
        for step in steps:
            for finding in check_step(step, read):
                yield "%s: %s" % (title, finding)


def main():
    root = sys.argv[1]

    def read(path):
        try:
            with open(os.path.join(root, path), encoding="utf-8") as file:
                return file.read()
        except OSError:
            return None

    found = list(findings(read("HACKING.md"), read))
    print("\n".join(found) or "the walks of HACKING.md are true")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
