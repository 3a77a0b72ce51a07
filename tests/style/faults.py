#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/faults.md is true: it has all rows, its tests exist, and each numbered test is in its row.

What a test is, is decided as for docs/proposal.md (proposal.py). A test of tests/faults whose title
begins with numbers plays these rows, and their last column names it.

usage: faults.py SOURCE_ROOT [BUILD_ROOT]
"""
import os
import re
import sys

import proposal

ROWS = 39
TITLE = re.compile(r"\b(?:row|test)\((['\"`])((?:\d+, )*\d+): (.*?)\1", re.S)


def rows_of(text):
    """(line number, cells) of each row of the table"""
    for number, line in enumerate(text.split("\n"), 1):
        if re.match(r"\| *\d", line):
            yield number, [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def check_row(cells, tree):
    if len(cells) != 4 or not all(cells):
        return ["takes four cells, none empty"]
    tests = proposal.CODE.findall(cells[3])
    if not tests and "not here" not in cells[3]:
        return ["names no test and does not say why it is not here"]
    return ["`%s`: %s" % (name, wrong) for name in tests
            if (wrong := proposal.check_test(name, tree))]


def numbered(tree):
    """(test of meson, row, the title as it stands) of each numbered title in tests/faults"""
    for path in tree["tests"]:
        if os.path.basename(os.path.dirname(path)) != "faults" or not path.endswith(".test.mjs"):
            continue
        name = "faults-" + os.path.basename(path)[:-len(".test.mjs")]
        for _, rows, title in TITLE.findall(proposal.read(path)):
            for row in rows.split(", "):
                yield name, int(row), "%s: %s" % (rows, title)


def check_numbered(rows, tree):
    """What is wrong with the numbered titles; @rows: number -> last cell"""
    findings = []
    for name, row, title in numbered(tree):
        named = [code.partition(": ") for code in proposal.CODE.findall(rows.get(row, ""))]
        several = title.partition(":")[0] != str(row)
        if not any(test == name and (several or title.startswith(case)) for test, _, case in named):
            findings.append("%s: row %d does not name \"%s\"" % (name, row, title))
    return findings


def main(root, build=None):
    tree = proposal.tree_of(root, build)
    findings = []
    rows = {}
    for number, cells in rows_of(proposal.read(os.path.join(root, "docs/faults.md"))):
        findings += ["docs/faults.md:%d: %s" % (number, wrong) for wrong in check_row(cells, tree)]
        rows[int(cells[0])] = cells[-1]
    if list(rows)[:ROWS] != list(range(1, ROWS + 1)) or list(rows) != sorted(rows):
        findings.append("docs/faults.md: has not the rows 1 to %d, and all in order" % ROWS)
    findings += check_numbered(rows, tree)
    print("\n".join(findings + ["%d rows, %d findings" % (len(rows), len(findings))]))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
