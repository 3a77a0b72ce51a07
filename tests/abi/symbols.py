#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""exported = mapped = declared: three lists of names that must be one, and what the names are like.

Every CHATTERBOX_API function of the public headers is in the map and in the dynamic table of
libchatterbox.so, and nothing else is. No name is the beginning of another one: chatterbox_job_status
beside chatterbox_job_status_update would be two meanings of one word. Each enum has its _to_string,
and the version in the headers is the project's.

usage: symbols.py LIBRARY MAP INCLUDE VERSION
"""
import pathlib
import re
import subprocess
import sys


def declared(headers):
    """The functions that the text of the headers declares with CHATTERBOX_API"""
    text = re.sub(r"/\*.*?\*/", "", headers, flags=re.S)
    text = re.sub(r"^\s*#.*$", "", text, flags=re.M)
    # a declaration's name is the first word that an opening bracket follows
    return {match.group(1) for match
            in re.finditer(r"\bCHATTERBOX_API\b[^;(]*?\b(\w+)\s*\(", text)}


def mapped(text):
    """The names in the global part of a version script, and whether it hides the rest"""
    text = re.sub(r"/\*.*?\*/|#.*", "", text, flags=re.S)
    names = set()
    for part in re.findall(r"global:(.*?)(?:local:|\})", text, flags=re.S):
        names |= set(re.findall(r"[\w*?]+", part))
    return names, bool(re.search(r"local:\s*\*\s*;", text))


def exported(table):
    """The names in the output of nm -D --defined-only, without the version nodes themselves"""
    names = set()
    for line in table.splitlines():
        fields = line.split()
        if len(fields) >= 3 and fields[-2] != "A":
            names.add(fields[-1].split("@")[0])
    return names


def beginnings(names):
    """Names that another one goes on from"""
    return ["%s is the beginning of %s" % (name, other) for name in sorted(names)
            for other in sorted(names) if other.startswith(name + "_")]


# A failure's text is chatterbox_strerror(); a topic is asked for, never shown
NAMELESS = {"chatterbox_error_code", "chatterbox_topic", "chatterbox_door"}


def nameless(headers, names):
    """Enums that nobody can show"""
    enums = set(re.findall(r"^enum (chatterbox_\w+) \{", headers, flags=re.M))
    return ["enum %s has no %s_to_string()" % (enum, enum) for enum in sorted(enums - NAMELESS)
            if enum + "_to_string" not in names]


def versions(headers, version):
    """What the headers say of the version, where that is not the project's"""
    said = dict(re.findall(r"#define CHATTERBOX_VERSION_(\w+) \"?([\d.]+)", headers))
    wanted = dict(zip(("MAJOR", "MINOR", "PATCH"), version.split(".")), TEXT=version)
    return ["CHATTERBOX_VERSION_%s is %s, the project's version is %s" % (part, said.get(part), version)
            for part in wanted if said.get(part) != wanted[part]]


def differences(from_headers, from_map, from_library, hides):
    found = []
    for names, place, others in ((from_headers, "the headers", (from_map, from_library)),
                                 (from_map, "the map", (from_headers, from_library)),
                                 (from_library, "the library", (from_headers, from_map))):
        for name in sorted(set().union(*others) - names):
            found.append("%s is missing in %s" % (name, place))
    if not hides:
        found.append("the map does not hide the rest (local: *)")
    if not from_headers:
        found.append("no function is declared")
    return found


def main(library, map_file, include, version):
    headers = "\n".join(path.read_text() for path
                        in sorted(pathlib.Path(include, "chatterbox").glob("*.h")))
    table = subprocess.run(["nm", "-D", "--defined-only", library], check=True,
                           capture_output=True, text=True).stdout
    names, hides = mapped(pathlib.Path(map_file).read_text())
    found = differences(declared(headers), names, exported(table), hides)
    found += beginnings(names) + nameless(headers, names) + versions(headers, version)
    print("\n".join(found) if found else "%d functions" % len(names))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:5]))
