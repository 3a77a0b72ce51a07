#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each rule of faults.py finds a bad sample, and leaves a good one alone."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import faults  # noqa: E402
import proposal  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LOST = "`faults-answers: 5: a lost reply`"


class Rules(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tree = proposal.tree_of(ROOT, None)

    def findings(self, *cells):
        return faults.check_row(list(cells), self.tree)

    def test_good_rows(self):
        self.assertEqual(self.findings("5", "a", "b", LOST), [])
        self.assertEqual(self.findings("5", "a", "b", "not here: the broker's own"), [])

    def test_bad_rows(self):
        for cells in (["5", "a", "b"], ["5", "a", "", LOST], ["5", "a", "b", "surely"],
                      ["5", "a", "b", "`faults-answers: 5: never written`"],
                      ["5", "a", "b", "`faults-nowhere`"]):
            self.assertEqual(len(self.findings(*cells)), 1, cells)

    def test_rows(self):
        text = "| # | b |\n| --- | --- |\n| 7 | b \\| c |\ntext\n"
        self.assertEqual(list(faults.rows_of(text)), [(3, ["7", "b \\| c"])])

    def test_numbered_titles(self):
        titles = list(faults.numbered(self.tree))
        self.assertIn(("faults-answers", 5, "5: a lost reply is a timeout, and the status stays"),
                      titles)
        rows = {row: " ".join("`%s: %s`" % (name, title) for name, at, title in titles if at == row)
                for _, row, _ in titles}
        self.assertEqual(faults.check_numbered(rows, self.tree), [])
        rows[6] = rows[6].replace("a doubled reply", "another thing")
        self.assertEqual(len(faults.check_numbered(rows, self.tree)), 1)


if __name__ == "__main__":
    unittest.main()
