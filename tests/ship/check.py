#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check.py SOURCE BUILD - what debian/ says is what the tree has

The symbols file names what the map exports; each file that meson installs is in one package; version, user and
configuration are the same wherever they are said.
"""
import fnmatch
import json
import os
import re
import subprocess
import sys


def exported(text):
    return set(re.findall(r"^\t(chatterbox_\w+);", text, re.M))


def symbol_findings(symbols, names, version):
    """The symbols file against the names of the map"""
    said = dict(re.findall(r"^ (chatterbox_\w+)@CHATTERBOX_0 (\S+)", symbols, re.M))
    for name in sorted(names - said.keys()):
        yield f"debian/libchatterbox0.symbols lacks {name}: add ' {name}@CHATTERBOX_0 {version}'"
    for name in sorted(said.keys() - names):
        yield f"debian/libchatterbox0.symbols has {name}, which the map does not export"


def patterns(text):
    """Of an .install file: what of a tree below usr/ it takes"""
    for line in text.splitlines():
        word = line.split()[0] if line.split() else ""
        if word.startswith("usr/"):
            yield word


def is_in(path, pattern):
    return fnmatch.fnmatchcase(path, pattern) or fnmatch.fnmatchcase(path, pattern + "/*")


def install_findings(installed, packages):
    """@installed: paths below the prefix's parent; @packages: name -> patterns. Each file is in one package."""
    for path in installed:
        found = [name for name, list_ in packages.items() if any(is_in(path, p) for p in list_)]
        if len(found) != 1:
            yield f"{path} is installed, and in {' and '.join(found) or 'no package'}: debian/*.install"
    for name, list_ in packages.items():
        for pattern in list_:
            if not any(is_in(path, pattern) for path in installed):
                yield f"debian/{name}.install: nothing is {pattern}"


def installed_paths(build):
    """Where Debian has what meson installs, below /"""
    options = {o["name"]: o["value"] for o in introspect(build, "--buildoptions")}
    prefix = options["prefix"]
    library = os.path.join(prefix, options["libdir"])
    plan = introspect(build, "--installed")
    # meson names links of a library nowhere: the file that they lead to is enough
    for path in sorted(plan.values()):
        if path.startswith(library + "/"):
            yield "usr/lib/triplet/" + os.path.relpath(path, library)
        else:
            yield "usr/" + os.path.relpath(path, prefix)


def introspect(build, what):
    return json.loads(subprocess.run(["meson", "introspect", build, what], check=True,
                                     capture_output=True, text=True).stdout)


def same_findings(what, said):
    """@said: where -> what is said there"""
    if len(set(said.values())) != 1:
        yield f"{what} differs: " + ", ".join(f"{where} says {value}" for where, value in said.items())


def one(pattern, text):
    found = re.search(pattern, text, re.M)
    return found.group(1) if found else None


def migration_findings(migrations, page):
    """Each row of the table in migration.c has its place in the one of docs/upgrade.md"""
    rows = "".join(line for line in page.splitlines() if line.startswith("| "))
    for number, name in enumerate(re.findall(r'^\t\{ "([^"]+)", \w+, (?:true|false) \},', migrations, re.M), 1):
        if not re.search(rf"[ ,]{number} {re.escape(name)}[ ,]", rows):
            yield f"docs/upgrade.md does not say whether one may go back over migration {number} {name}"


def tree_findings(source, build):
    def read(*path):
        with open(os.path.join(source, *path), encoding="utf-8") as file:
            return file.read()

    version = one(r"^  version: '(.*)',", read("meson.build"))
    yield from same_findings("the version", {
        "meson.build": version, "debian/changelog": one(r"^chatterbox \((.*?)\)", read("debian/changelog"))})
    yield from symbol_findings(read("debian/libchatterbox0.symbols"),
                               exported(read("libchatterbox/libchatterbox.map")), version)
    packages = {name[:-len(".install")]: list(patterns(read("debian", name)))
                for name in sorted(os.listdir(os.path.join(source, "debian"))) if name.endswith(".install")}
    yield from install_findings(list(installed_paths(build)), packages)
    yield from same_findings("the user", {
        "the unit": one(r"^User=(\S+)", read("docs/systemd/chatterboxd.service.in")),
        "sysusers": one(r"^u (\S+)", read("docs/systemd/chatterboxd.sysusers")),
        "logrotate": one(r"^\tsu (\S+)", read("debian/chatterboxd.logrotate"))})
    yield from migration_findings(read("libchatterbox/port/migration.c"), read("docs/upgrade.md"))
    daemon = os.path.join(build, "chatterboxd", "chatterboxd")
    ran = subprocess.run([daemon, "--config", os.path.join(source, "debian/chatterbox.json"), "--check-config"],
                         capture_output=True, text=True, env={}, check=False)
    if ran.returncode != 0:
        yield f"debian/chatterbox.json is refused: {ran.stdout}{ran.stderr}"


def main():
    found = list(tree_findings(*sys.argv[1:3]))
    for finding in found:
        print(finding)
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
