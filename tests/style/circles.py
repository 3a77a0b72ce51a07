#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""No circles inside a room: files that call each other back can't be read one after the other.

A file of C uses another one of its room when it names a function or a table that the other one
defines. Files that use each other, directly or through others, are one circle. The floors
(style.py) see to it that rooms make none.

usage: circles.py ROOT
"""
import os
import re
import sys

ROOTS = ("libchatterbox", "common", "fleet", "chatterboxd", "examples")
# Circles that are there for a reason
ALLOWED = {
    # a broker may close a channel at any time: whoever reads frames opens it again, which asks a
    # question, whose answer is read from frames; a question waits for room like a publish
    "libchatterbox/adapter/amqp_bus": {"channel.c", "frames.c", "publish.c", "question.c"},
}
COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.S)
# a definition begins in the first column and has its brace there, too
FUNCTION = re.compile(r"^(?!static\b)[A-Za-z_][^\n;{}=#]*?\b(\w+)\([^;{}]*\)\n\{", re.M)
OWN = re.compile(r"^static [^\n;{}=#]*?\b(\w+)\(", re.M)
TABLE = re.compile(r"^(?!static\b)(?:const )?[\w ]*?\b(\w+)(?:\[\w*\])* = \{", re.M)
TAG = re.compile(r"\b(?:struct|enum|union)\s+\w+")


def plain(text):
    """Without comments, texts and the names of types"""
    return TAG.sub("", COMMENT.sub(" ", text))


def definitions(text):
    text = COMMENT.sub(" ", text)
    return set(FUNCTION.findall(text)) | set(TABLE.findall(text))


def uses_in(files):
    """name -> the names of the files that it uses; @files: name -> text"""
    home = {word: name for name, text in files.items() for word in definitions(text)}
    uses = {}
    for name, text in files.items():
        text = plain(text)
        words = set(re.findall(r"\w+", text)) - set(OWN.findall(text))
        uses[name] = {home[word] for word in words if word in home} - {name}
    return uses


def reachable(start, uses):
    found, waiting = set(), [start]
    while waiting:
        for name in uses[waiting.pop()] - found:
            found.add(name)
            waiting.append(name)
    return found


def circles_in(files):
    """Sets of files that use each other"""
    uses = uses_in(files)
    reach = {name: reachable(name, uses) for name in files}
    found = []
    for name in sorted(files):
        circle = {other for other in reach[name] if name in reach[other]}
        if circle and circle not in found:
            found.append(circle)
    return found


def findings(rooms, allowed=None):
    """@rooms: path -> (name -> text)"""
    allowed = ALLOWED if allowed is None else allowed
    for room, files in sorted(rooms.items()):
        circles = circles_in(files)
        for circle in circles:
            if not circle <= allowed.get(room, set()):
                yield "%s: %s call each other back" % (room, ", ".join(sorted(circle)))
        if room in allowed and not circles:
            yield "%s: has no circle any more; circles.py allows one" % room


def read_rooms(root):
    rooms = {}
    for place in ROOTS:
        for top, _, names in os.walk(os.path.join(root, place)):
            for name in names:
                if name.endswith(".c"):
                    with open(os.path.join(top, name), encoding="utf-8") as file:
                        rooms.setdefault(os.path.relpath(top, root), {})[name] = file.read()
    return rooms


def main(root):
    rooms = read_rooms(root)
    bad = list(findings(rooms))
    print("\n".join(bad + ["%d rooms, %d findings" % (len(rooms), len(bad))]))
    # a tree without rooms is a mistake in the call
    return 1 if bad or len(rooms) < 10 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "."))
