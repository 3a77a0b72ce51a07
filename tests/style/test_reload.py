#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""reload.py finds a key that nobody tries, in one thread or in all, and leaves a good tree alone."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import reload as rule  # noqa: E402

KEYS = '''SECONDS(a_ns, "a", RELOAD, "10", 1, 2,
	"About a.")
IN_COUNT(limits.jobs, "limits.jobs", RELOAD, "1", 1, 2, NULL,
TEXT(fixed, "fixed", 0, "x", 1, 2, "About it.")
OUT_TEXT("http_server.token", RELOAD | SECRET, NULL, 1, 2, "About it.")
'''
ROOMS = {"road": "road->settings->a_ns; &road->settings->limits", "listen": "settings->limits.jobs",
         "tell": "settings->fixed"}
TESTS = '''	{ "a", "poller", "25", play },
	{ "limits.jobs", "poller", "1", play },
	{ "limits.jobs", "listener", "1", play },
test('http_server.token, http: it counts at once', async () => {
'''


class Rules(unittest.TestCase):
    def findings(self, keys=KEYS, tests=TESTS):
        return list(rule.findings(keys, ROOMS, tests))

    def test_a_good_tree(self):
        self.assertEqual(self.findings(), [])

    def test_a_key_that_nobody_tries(self):
        for line in TESTS.splitlines(True):
            self.assertEqual(len(self.findings(tests=TESTS.replace(line, ""))), 1, line)

    def test_a_new_key(self):
        self.assertEqual(len(self.findings(keys=KEYS.replace('"fixed", 0', '"fixed", RELOAD'))), 1)

    def test_a_key_that_nobody_reads(self):
        self.assertEqual(len(self.findings(keys=KEYS.replace("a_ns", "b_ns"))), 2)

    def test_this_tree(self):
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        keys = rule.reloadable(rule.read(os.path.join(root, rule.KEYS)))
        self.assertGreater(len(keys), 20)
        self.assertIn(("limits.jobs_per_reply", "limits.jobs"), keys)
        self.assertIn(("log.path", None), keys)
        self.assertNotIn("redis.host", dict(keys))


if __name__ == "__main__":
    unittest.main()
