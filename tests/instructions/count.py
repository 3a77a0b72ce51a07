#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""count.py WORK BARS OPTIMIZATION [--set] - instructions per job of the road's work, against their bars

WORK (work.c) runs each kind of work below valgrind for two numbers of turns, and the difference, by job, is
compared with BARS: what is more than TOLERANCE above its bar fails, and so does what is as far below it, since a
gain that no bar holds is soon lost. --set writes the bars anew. The counts belong to the compiler, so a bar is
kept for each version of it and level of optimization; with one that has no bars the widest of all others hold.
"""
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile

KINDS = ("decode", "merge", "encode")
JOBS = 4
TURNS = (100, 600)
TOLERANCE = 0.03


def instructions(work, kind, turns):
    # meson has malloc() fill what it gives, which counts, too
    plain = {name: value for name, value in os.environ.items() if name != "MALLOC_PERTURB_"}
    with tempfile.NamedTemporaryFile() as out:
        run = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=" + out.name, work, kind,
                              str(turns)], stderr=subprocess.PIPE, text=True, check=False, env=plain)
    found = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode or not found:
        sys.exit("%s: no count: %s" % (kind, run.stderr[-500:]))
    return int(found.group(1))


def count(work):
    """{kind: instructions per job}"""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        runs = {(kind, turns): pool.submit(instructions, work, kind, turns) for kind in KINDS for turns in TURNS}
    few, many = TURNS
    return {kind: round((runs[kind, many].result() - runs[kind, few].result()) / (many - few) / JOBS)
            for kind in KINDS}


def compiler():
    version = subprocess.run(["cc", "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return version.splitlines()[0]


def judge(counts, bars, key):
    """Lines about what is off its bar"""
    known = bars.get(key)
    if known:
        off = [kind for kind in KINDS if abs(counts[kind] / known[kind] - 1) > TOLERANCE]
    else:
        known = {kind: max(bar[kind] for bar in bars.values()) for kind in KINDS}
        off = [kind for kind in KINDS if counts[kind] > known[kind] * (1 + TOLERANCE)]
    return ["%s: %d instructions a job, the bar is %d" % (kind, counts[kind], known[kind]) for kind in off]


def main():
    work, path, optimization = sys.argv[1:4]
    key = "%s, -O%s" % (compiler(), optimization)
    with open(path) as file:
        bars = json.load(file)
    counts = count(work)
    print(key, json.dumps(counts))
    if "--set" in sys.argv:
        bars[key] = counts
        with open(path, "w") as file:
            json.dump(bars, file, indent=1, sort_keys=True)
            file.write("\n")
        return 0
    lines = judge(counts, bars, key)
    print("\n".join(lines))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
