#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Citations lead somewhere, and docs/contract.md names what others can see.

Code, tests and documents cite three pages, each in one form: "contract 3.2" is a section of
docs/contract.md, "fault 11" a row of docs/faults.md, "HACKING, Threads" a section of HACKING.md.
Any other page (a name that ends in .md) has to be in the tree.
In return every route, RPC method, metric and configuration key of the program is in the contract.

usage: citations.py SOURCE_ROOT
"""
import json
import os
import re
import sys

import style

SECTION = r"\d+(?:\.\d+)?"
CONTRACT = re.compile(r"\bcontract[\s*/]+%s(?:(?:, | and | to )%s)*" % (SECTION, SECTION), re.I)
NUMBER = re.compile(SECTION)
FAULT = re.compile(r"\bfault (\d+)\b")
HACKING = re.compile(r"\bHACKING(?:\.md)?, ([A-Z][a-z]+(?: [a-z]+)*)")
PAGE = re.compile(r"[\w./*-]*\w\.md\b")
# Pages that are not in the tree, by the way they used to be cited
ABSENT = re.compile(r"\b(CONTRACT|DESIGN|RELIABILITY|ENVIRONMENT)(\.md)? (section )?[0-9A-Z]\b")
# These show bad samples; the corpus is nobody's prose
UNREAD = re.compile(r"^(tests/style/(test_)?(citations|rules)\.py|tests/fuzz/corpus/)|(^|/)node_modules/")

METHOD = re.compile(r'\{ "(nl-ocd\.[\w.]+)"')
METRIC = re.compile(r'"(chatterbox_[a-z_]+)"')
KEY = re.compile(r"^\.It Ic ([A-Za-z_.]+)$", re.M)


def read(root, path):
    return style.read_text(os.path.join(root, path))


def pages(root):
    """What can be cited"""
    return {
        "contract": set(re.findall(r"^#{2,3} (\d+(?:\.\d+)?)\.? ", read(root, "docs/contract.md"), re.M)),
        "fault": set(re.findall(r"^\| (\d+) \|", read(root, "docs/faults.md"), re.M)),
        "HACKING": set(re.findall(r"^## (.+)$", read(root, "HACKING.md"), re.M)),
        "files": set(style.tree(root)),
    }


def cited_page_is_there(path, name, files):
    if "*" in name:
        return True
    places = (name, os.path.normpath(os.path.join(os.path.dirname(path), name)), "docs/" + name)
    return any(place in files for place in places)


def check(path, text, known):
    """(line, finding) of each citation in @text that leads nowhere"""
    found = []
    for match in CONTRACT.finditer(text):
        found += [(match, "contract.md has no section " + number) for number
                  in NUMBER.findall(match.group()) if number not in known["contract"]]
    found += [(match, "faults.md has no row " + match.group(1)) for match in FAULT.finditer(text)
              if match.group(1) not in known["fault"]]
    found += [(match, "HACKING.md has no section " + match.group(1))
              for match in HACKING.finditer(text) if match.group(1) not in known["HACKING"]]
    found += [(match, match.group() + " is not in the tree") for match in PAGE.finditer(text)
              if not cited_page_is_there(path, match.group(), known["files"])]
    found += [(match, "cites a page that is not in the tree: " + match.group())
              for match in ABSENT.finditer(text)]
    for match, finding in found:
        yield text.count("\n", 0, match.start()) + 1, finding


def named(contract, name):
    """Is @name in the contract, written out or as a {list,of,names} or `.suffix` after its like?"""
    if re.search(r"(?<![\w.])" + re.escape(name) + r"(?![\w]|\.\w)", contract):
        return True
    start, _, last = name.rpartition(".")
    for members in re.findall(re.escape(start) + r"\.\{([\w,]+)\}", contract):
        if last in members.split(","):
            return True
    return any(re.search(re.escape(start) + r"\.[^|]*`\." + re.escape(last) + "`", line)
               for line in contract.split("\n"))


def check_contract(contract, names):
    for kind, name in names:
        if not named(contract, name):
            yield "%s %s is not in docs/contract.md" % (kind, name)


def names_of(root):
    """(kind, name) of all that the program shows to others"""
    api = json.loads(read(root, "docs/openapi.json"))
    found = [("route", path) for path in api["paths"]]
    # a unit test holds that page against the table of keys
    found += [("key", path) for path in KEY.findall(read(root, "docs/man/chatterbox.json.5"))
              if not path.startswith("live_temp.")]
    for path in style.tree(root):
        if re.match(r"(libchatterbox|chatterboxd)/.*\.c$", path):
            text = read(root, path)
            found += [("RPC method", name) for name in METHOD.findall(text)]
            found += [("metric", name) for name in METRIC.findall(text) if path.endswith("counters.c")]
    return found


def main(root):
    known = pages(root)
    bad = list(check_contract(read(root, "docs/contract.md"), names_of(root)))
    cited = 0
    for path in sorted(known["files"]):
        text = None if UNREAD.search(path) else read(root, path)
        if text is None:
            continue
        cited += len(CONTRACT.findall(text))
        bad += ["%s:%d: %s" % (path, line, finding) for line, finding in check(path, text, known)]
    print("\n".join(bad + ["%d citations of the contract, %d findings" % (cited, len(bad))]))
    return 1 if bad or not cited else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "."))
