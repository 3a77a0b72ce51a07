#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each rule of citations.py finds a bad sample, and leaves a good one alone."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import citations  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KNOWN = {"contract": {"1", "1.1", "3", "3.2"}, "fault": {"11"}, "HACKING": {"Threads", "How to add"},
         "files": {"README.md", "docs/faults.md", "docs/contract.md"}}

GOOD = ["the events (contract 3.2)", "contract 1, 3.2", "Contract 1.1 says", " * by\n * contract 3",
        "see fault 11", "no fault at all", "HACKING, Threads", "docs/faults.md", "by contract only",
        "[limits](faults.md)", "*.md"]
BAD = ["contract 9", "contract 3.9", "contract 1, 3.9", "(contract\n * 9)", "fault 12",
       "HACKING, Dreams", "docs/guide.md", "CONTR" "ACT 3, Events in", "DES" "IGN 4",
       "DES" "IGN.md section 5", "RELIA" "BILITY A.8"]

CONTRACT = """| `a.{b,c}` · `log.path` | 1 |
| `nl-ocd.job.pause` `.resume` | x |
| `GET /api/v1/jobs?q=` |
`chatterbox_jobs{status}`, `chatterbox_live_jobs_total`
"""
NAMED = ["a.b", "a.c", "log.path", "nl-ocd.job.pause", "nl-ocd.job.resume", "/api/v1/jobs", "chatterbox_jobs"]
UNNAMED = ["a.d", "log.level", "nl-ocd.job.kill", "/api/v1/job", "chatterbox_live_jobs", "log.path.deep"]


class Rules(unittest.TestCase):
    def test_good(self):
        for text in GOOD:
            self.assertEqual(list(citations.check("docs/limits.md", text, KNOWN)), [], text)

    def test_bad(self):
        for text in BAD:
            self.assertTrue(list(citations.check("docs/limits.md", text, KNOWN)), text)

    def test_line(self):
        (line, _), = citations.check("a.c", "x\nsee contract 9\n", KNOWN)
        self.assertEqual(line, 2)

    def test_named(self):
        for name in NAMED:
            self.assertEqual(list(citations.check_contract(CONTRACT, [("it", name)])), [], name)
        for name in UNNAMED:
            self.assertEqual(len(list(citations.check_contract(CONTRACT, [("it", name)]))), 1, name)

    def test_names_of_the_tree(self):
        """What the program shows is found at all"""
        names = set(citations.names_of(ROOT))
        for name in (("route", "/api/v1/summary"), ("key", "lease.ttl"), ("metric", "chatterbox_leader"),
                     ("RPC method", "nl-ocd.content.job.find")):
            self.assertIn(name, names)


if __name__ == "__main__":
    unittest.main()
