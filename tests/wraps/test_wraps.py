# SPDX-License-Identifier: MIT
"""test_wraps.py SOURCE NAME... - chatterbox runs with the libraries that subprojects/ builds

The tree is built in a copy that has none of them unpacked: meson takes the tarballs from
subprojects/packagecache (fetch.sh puts them there), looks at their hashes, lays the overlays over
them. The daemon that comes out must not need those of the system, and must find jobs.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

source, names = os.path.abspath(sys.argv[1]), sys.argv[2:]
DEADLINE = time.monotonic() + 240


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def copy_tree(into):
    """The tree by links, the subprojects by copies: nothing is unpacked in the tree itself"""
    os.mkdir(into)
    for name in os.listdir(source):
        if not name.startswith("build") and name not in ("subprojects", ".git"):
            os.symlink(os.path.join(source, name), os.path.join(into, name))
    subprojects = os.path.join(source, "subprojects")
    kept = [name for name in os.listdir(subprojects)
            if name in ("packagefiles", "packagecache") or name.endswith(".wrap")]
    os.mkdir(os.path.join(into, "subprojects"))
    run("cp", "-r", *[os.path.join(subprojects, name) for name in kept], os.path.join(into, "subprojects"))


def first_job(port):
    """What the fleet answered; None as long as there is nothing"""
    try:
        with urllib.request.urlopen("http://127.0.0.1:%s/api/v1/jobs?limit=1" % port, timeout=5) as answer:
            jobs = json.load(answer)["jobs"]
    except urllib.error.HTTPError:
        return None
    return jobs[0] if jobs else None


def find_job(daemon):
    environment = dict(os.environ, NLCONF_HTTP_SERVER__PORT="0")
    with subprocess.Popen([daemon, "--demo=5"], env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            port = next(re.search(r"127\.0\.0\.1:(\d+)", line) for line in process.stdout if "listens" in line)[1]
            while not (job := first_job(port)):
                assert time.monotonic() < DEADLINE, "the daemon finds no jobs"
                time.sleep(0.05)
            return job
        finally:
            process.terminate()


with tempfile.TemporaryDirectory() as place:
    tree, build = os.path.join(place, "tree"), os.path.join(place, "build")
    copy_tree(tree)
    run("meson", "setup", build, tree, "-Dtests=false", "-Doptimization=0", "-Ddebug=false",
        "--force-fallback-for=" + ",".join(names))
    chatterboxd = os.path.join(build, "chatterboxd/chatterboxd")
    run("ninja", "-C", build, "chatterboxd/chatterboxd")
    needed = run("ldd", chatterboxd, os.path.join(build, "libchatterbox/libchatterbox.so"))
    for name in names:
        assert "lib%s." % name not in needed, needed
    print("ok: built with %s, found %s" % (", ".join(names), json.dumps(find_job(chatterboxd))))
