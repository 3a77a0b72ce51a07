#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""walks.py finds a file or function that is gone, and a walk that has grown."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import walks  # noqa: E402

TREE = {"a/one.c": "int first(void)\n", "a/one.h": "int first(void);\n", "b/two.c": "static int second(int x)\n{\n\treturn first(x);\n}\n"}
TEXT = """## Three walks

**A configuration key, from here to there.**

1. `a/one.c`: `first()` does it; `one.h` says so,
   and `b/two.c` is `second()`
2. `b/two.c`: `second()`

## More

1. `gone.c`
"""


class Rules(unittest.TestCase):
    def findings(self, text):
        return list(walks.findings(text, TREE.get))

    def test_a_true_walk(self):
        self.assertEqual(self.findings(TEXT), [])
        self.assertEqual(len(walks.walks_of(TEXT)[0][1]), 2)

    def test_what_is_gone(self):
        for old, new in (("a/one.c", "a/gone.c"), ("`one.h`", "`gone.h`"), ("second()`\n2", "gone()`\n2"),
                         ("`first()`", "`second()`"), ("is `second()`", "is `first()`")):
            self.assertTrue(self.findings(TEXT.replace(old, new)), old)
        self.assertEqual(len(self.findings("## Other\n")), 1)

    def test_a_walk_that_has_grown(self):
        step = "2. `b/two.c`: `second()`\n"
        self.assertEqual(self.findings(TEXT.replace(step, step * 7)), [])
        self.assertEqual(len(self.findings(TEXT.replace(step, step * 8))), 1)


if __name__ == "__main__":
    unittest.main()
