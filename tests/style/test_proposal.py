#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each rule of proposal.py finds a bad sample, and leaves a good one alone."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import proposal  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GOOD = ["a thing", "`chatterbox_version`, `libchatterbox/engine/engine.c`, `Job Status Task`",
        "`task: due_tasks_run_in_their_order`"]


class Rules(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tree = proposal.tree_of(ROOT, None)

    def findings(self, place, proof):
        return proposal.check_row(["a thing", place, proof], self.tree)

    def test_good_row(self):
        self.assertEqual(proposal.check_row(GOOD, self.tree), [])
        self.assertEqual(len(self.findings("`chatterbox_new`", "%s; the rest: not yet" % GOOD[2])), 1)

    def test_names_that_do_not_exist(self):
        for name in ("chatterbox_no_such_call", "cbx_no_such_thing", "libchatterbox/none.c",
                     "No Such Task"):
            self.assertEqual(len(self.findings("`%s`" % name, GOOD[2])), 1, name)

    def test_tests_that_do_not_exist(self):
        for name in ("no_such_test", "task: no_such_case", "servers-e2e-none: shape"):
            self.assertEqual(len(self.findings(GOOD[1], "`%s`" % name)), 1, name)

    def test_a_test_that_meson_does_not_run(self):
        tree = dict(self.tree, names={"other"})
        self.assertEqual(len(proposal.check_row(GOOD, tree)), 1)

    def test_empty_cells(self):
        for cells in (["a thing", "", GOOD[2]], ["a thing", GOOD[1], ""], ["a thing", GOOD[1]],
                      ["a thing", GOOD[1], "surely"]):
            self.assertEqual(len(proposal.check_row(cells, self.tree)), 1, cells)

    def test_rows(self):
        text = "| the proposal says | b | c |\n| --- | --- | --- |\n| a \\| b | c | d |\ntext\n"
        self.assertEqual(list(proposal.rows_of(text)), [(3, ["a \\| b", "c", "d"])])


if __name__ == "__main__":
    unittest.main()
