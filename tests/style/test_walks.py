#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""walks.py finds a walk that is missing, a file or function that is gone, and a walk that has grown."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import walks  # noqa: E402

TREE = {"a/one.c": "int first(void)\n", "a/one.h": "int first(void);\n", "a/three.c": "void third(void)\n",
        "b/two.c": "static int second(int x)\n{\n\treturn first(x);\n}\n"}
WANTED = {"A key": (3, {"a"})}
TEXT = """## Three walks

**A key, from here to there.**

1. `a/one.c`: `first()` does it; `one.h` says so,
   and `b/two.c` is `second()`
2. `b/two.c`: `second()`
3. `a/three.c`: `third()`

Twice: `a`, since it is asked and answers.

## More

1. `gone.c`
"""
AGAIN = "4. `b/two.c`: `second()`\n"


class Rules(unittest.TestCase):
    def findings(self, text, wanted=None):
        return list(walks.findings(text, TREE.get, wanted or WANTED))

    def only(self, finding, text, wanted=None):
        found = self.findings(text, wanted)
        self.assertEqual(len(found), 1, found)
        self.assertIn(finding, found[0])

    def test_a_true_walk(self):
        self.assertEqual(self.findings(TEXT), [])
        self.assertEqual(len(walks.walks_of(TEXT)[0][1]), 3)

    def test_what_is_gone(self):
        for old, new in (("a/one.c", "a/gone.c"), ("`one.h`", "`gone.h`"), ("second()`\n2", "gone()`\n2"),
                         ("`first()`", "`second()`"), ("is `second()`", "is `first()`")):
            self.assertTrue(self.findings(TEXT.replace(old, new)), old)

    def test_all_are_there_and_no_other(self):
        self.only("missing", "## Other\n")
        self.only("missing", TEXT, dict(WANTED, **{"A pause": (3, set())}))
        self.only("none of the three", TEXT.replace("## More", "**Another.**\n\n1. `a/one.c`\n\n## More"))
        self.only("no steps", "## Three walks\n\n**A key.**\n\nIt goes.\n")

    def test_a_walk_that_has_grown(self):
        self.only("crosses 3 files, 2", TEXT, {"A key": (2, {"a"})})

    def test_each_room_once(self):
        self.only("a is entered again", TEXT, {"A key": (3, set())})
        self.only("why?", TEXT.replace("Twice: `a`", "Twice: it"))
        self.only("b is entered again", TEXT.replace("\nTwice", AGAIN + "\nTwice"))
        self.only("more than twice", TEXT.replace("\nTwice", AGAIN + "5. `a/one.c`\n\nTwice `b`"),
                  {"A key": (3, {"a", "b"})})
        self.only("no exception", TEXT, {"A key": (3, {"a", "c"})})


if __name__ == "__main__":
    unittest.main()
