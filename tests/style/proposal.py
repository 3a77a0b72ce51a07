#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/proposal.md is true: what its rows name exists, and so do the tests that they name.

Of the second column each text in backticks is a public symbol of the version script, a file or
folder of the tree, or a text of the sources. Of the third each is a test of meson, `name` or `name:
case`; the case stands in the files of that test. No cell is empty.

usage: proposal.py SOURCE_ROOT [BUILD_ROOT]
"""
import json
import os
import re
import sys

SOURCES = ("include", "libchatterbox", "chatterboxd")
CODE = re.compile(r"`([^`]+)`")
# The conformance suites of tests/kit, by the tests that run them
SUITES = {"sqlite": "sql_suite", "servers-postgres": ("sql_suite", "pg_"), "memory_state": "state_suite",
          "servers-redis_state": ("state_suite", "redis_"), "memory_bus": "bus_suite",
          "servers-amqp_bus": ("bus_suite", "amqp_"), "day": "day", "servers-day": "day"}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def files_below(root, folders, pattern):
    found = []
    for folder in folders:
        for at, dirs, names in os.walk(os.path.join(root, folder)):
            dirs[:] = [name for name in dirs if name != "node_modules"]
            found += [os.path.join(at, name) for name in names if re.search(pattern, name)]
    return found


def rows_of(text):
    """(line number, cells) of each row of a table, without heads"""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.startswith("|") or line.startswith("| the proposal says") or "| --- |" in line:
            continue
        cells = re.split(r"(?<!\\)\|", line.strip().strip("|"))
        yield number, [cell.strip() for cell in cells]


def check_place(name, tree):
    """None, or what is wrong with a text in backticks of the second column"""
    if re.fullmatch(r"chatterbox_[a-z_]+", name) and name in tree["exported"]:
        return None
    if "/" in name or os.path.exists(os.path.join(tree["root"], name)):
        return None if os.path.exists(os.path.join(tree["root"], name)) else "no such file"
    word = re.escape(name)
    word = (r"\b" if name[0].isalnum() else "") + word + (r"\b" if name[-1].isalnum() else "")
    return None if re.search(word, tree["source"]) else "not in the sources"


def files_of_test(name, tree):
    """The files of tests/ that a test of meson is made of"""
    plain = re.sub(r"^(servers-(e2e-)?|faults-)", "", name)
    stems = {"test_" + plain, plain + ".test"}
    room = os.sep + "faults" + os.sep
    unit, _, file = name.partition("-")
    mirrored = os.sep + os.path.join("unit", unit, "test_" + file + ".c")
    return [path for path in tree["tests"] if (room in path) == name.startswith("faults-") and (
            path.endswith(mirrored) or
            os.path.splitext(os.path.basename(path))[0] in stems or
            (name in SUITES and os.path.basename(path).startswith(SUITES[name])))]


def check_test(text, tree):
    """None, or what is wrong with a text in backticks of the third column"""
    name, _, case = text.partition(": ")
    files = files_of_test(name, tree)
    if tree["names"] is not None and name not in tree["names"]:
        return "meson knows no test of this name"
    if tree["names"] is None and not files and not name.startswith(("abi-", "style")):
        return "no file of this test"
    if case and not any(case in read(path) for path in files):
        return "no such case in %s" % (", ".join(map(os.path.basename, files)) or "any file")
    return None


def check_row(cells, tree):
    if len(cells) != 3 or not all(cells):
        return ["takes three cells, none empty"]
    findings = ["`%s`: %s" % (name, wrong) for name in CODE.findall(cells[1])
                if (wrong := check_place(name, tree))]
    findings += ["`%s`: %s" % (name, wrong) for name in CODE.findall(cells[2])
                 if (wrong := check_test(name, tree))]
    if not CODE.search(cells[2]) or "not yet" in cells[2]:
        findings.append("is not proved by a test")
    return findings


def tree_of(root, build):
    intro = os.path.join(build, "meson-info", "intro-tests.json") if build else ""
    names = None
    if os.path.exists(intro):
        names = {test["name"] for test in json.loads(read(intro))}
    sources = files_below(root, SOURCES, r"\.([ch]|def)$")
    exported = re.findall(r"^\s*(chatterbox_\w+);",
                          read(os.path.join(root, "libchatterbox/libchatterbox.map")), re.M)
    return {"root": root, "names": names, "exported": set(exported),
            "source": "\n".join(read(path) for path in sources),
            "tests": files_below(root, ["tests"], r"\.(c|mjs|py|sh)$")}


def main(root, build=None):
    tree = tree_of(root, build)
    findings = 0
    rows = 0
    for number, cells in rows_of(read(os.path.join(root, "docs/proposal.md"))):
        rows += 1
        for finding in check_row(cells, tree):
            print("docs/proposal.md:%d: %s" % (number, finding))
            findings += 1
    print("%d rows, %d findings" % (rows, findings))
    return 1 if findings or not rows else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
