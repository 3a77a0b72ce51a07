#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""closure.py FULL ROOT OWNERS PACKAGES PROGRAM... - copies programs of FULL, and all that they load, to ROOT

OWNERS is written: the Debian packages that the copied files are of, with their copyright files copied, too.
PACKAGES: the directory of our own, whose files no list of dpkg names.
"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys


def loader(full, program):
    """What the program's header names (PT_INTERP)"""
    with open(full + program, "rb") as file:
        found = re.search(rb"/lib\w*/ld-linux[-.\w]*\.so\.\d", file.read(4096))
    return found.group().decode() if found else sys.exit(f"closure.py: {program} names no loader")


def loaded(full, program):
    """The libraries of a program, by the loader of FULL itself"""
    ran = subprocess.run(["chroot", full or "/", loader(full, program), "--list", program], capture_output=True, text=True, check=False)
    if ran.returncode or "not found" in ran.stdout:
        sys.exit(ran.stdout + ran.stderr)
    return re.findall(r"(?:=> |^\s+)(/\S+) \(", ran.stdout, re.M)


def copy(full, root, path):
    """A file and, when it is a link, what it leads to; the paths that were copied"""
    path = real(full, path)
    target = root + path
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if not os.path.lexists(target):
        shutil.copy2(full + path, target, follow_symlinks=False)
    if not os.path.islink(full + path):
        return [path]
    return [path] + copy(full, root, os.path.normpath(os.path.join(os.path.dirname(path), os.readlink(full + path))))


def real(full, path):
    """Without links among its directories"""
    place = os.path.relpath(os.path.realpath(full + os.path.dirname(path)), os.path.realpath(full or "/"))
    return os.path.normpath(os.path.join("/", place, os.path.basename(path)))


def field(text, name):
    found = re.search(rf"^{name}: (.*)$", text, re.M)
    return found.group(1) if found else ""


def owners(full, copied, own):
    """name -> what dpkg says of each package that a copied file is of"""
    status = open(full + "/var/lib/dpkg/status", encoding="utf-8").read()
    about = {field(part, "Package"): part for part in status.split("\n\n") if part}
    lists = {}
    for path in glob.glob(full + "/var/lib/dpkg/info/*.list"):
        name = os.path.basename(path)[:-len(".list")].split(":")[0]
        lists[name] = {real(full, line) for line in open(path, encoding="utf-8").read().split("\n") if line}
    for deb in own:
        text = subprocess.run(["dpkg-deb", "-f", deb], capture_output=True, text=True, check=True).stdout
        about[field(text, "Package")] = text
        lists[field(text, "Package")] = members(full, deb)
    found = {}
    for path in copied:
        names = [name for name, files in lists.items() if real(full, path) in files]
        if not names:
            sys.exit(f"closure.py: {path} is of no package")
        found[names[0]] = {key.lower(): field(about[names[0]], key)
                           for key in ("Version", "Architecture", "Source", "Maintainer", "Homepage")}
    return found


def members(full, deb):
    listed = subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], capture_output=True, check=True).stdout
    names = subprocess.run(["tar", "-tf", "-"], input=listed, capture_output=True, check=True).stdout.decode()
    return {real(full, "/" + os.path.normpath(name)) for name in names.split("\n") if name}


def main():
    full, root, where, packages, *programs = sys.argv[1:]
    full = full.rstrip("/")
    copied = []
    # as in Debian: /lib is that of /usr
    os.makedirs(root)
    for name in ("lib", "lib64"):
        os.symlink("usr/" + name, os.path.join(root, name))
    for program in programs:
        for path in [program, loader(full, program)] + loaded(full, program):
            copied += copy(full, root, path)
    own = [path for name in ("libchatterbox0", "chatterboxd", "chatterboxctl")
           for path in glob.glob(f"{packages}/{name}_*.deb")]
    found = owners(full, sorted(set(copied)), own)
    found.update(owners(full, ["/usr/share/ca-certificates/mozilla"], own))
    for name in found:
        path = f"/usr/share/doc/{name}/copyright"
        if os.path.lexists(full + path):
            os.makedirs(os.path.dirname(root + path), exist_ok=True)
            shutil.copy(full + path, root + path)
    with open(where, "w", encoding="utf-8") as file:
        json.dump(found, file, indent=1, sort_keys=True)


if __name__ == "__main__":
    main()
