#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""circles.py finds what calls each other back, and nothing else."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import circles  # noqa: E402

ASK = "int ask(int a)\n{\n\treturn answer(a);\n}\n"
ANSWER = "int answer(int a)\n{\n\treturn %s;\n}\n"


class Rules(unittest.TestCase):
    def findings(self, files, allowed=None):
        return list(circles.findings({"room": files}, allowed or {}))

    def test_one_way(self):
        self.assertEqual(self.findings({"a.c": ASK, "b.c": ANSWER % "a"}), [])

    def test_there_and_back(self):
        files = {"a.c": ASK, "b.c": ANSWER % "ask(a)"}
        self.assertEqual(self.findings(files), ["room: a.c, b.c call each other back"])

    def test_through_others(self):
        files = {"a.c": ASK, "b.c": ANSWER % "third(a)",
                 "c.c": "static int own(void)\n{\n\treturn 0;\n}\n\nint third(int a)\n{\n\treturn ask(own());\n}\n"}
        self.assertEqual(self.findings(files), ["room: a.c, b.c, c.c call each other back"])

    def test_tables_count(self):
        files = {"a.c": "const struct ops ops = { .run = run };\n", "b.c": "void run(void)\n{\n\tuse(&ops);\n}\n"}
        self.assertEqual(len(self.findings(files)), 1)

    def test_words_do_not(self):
        for word in ("/* ask */ 0", "say(\"ask\")", "sizeof(struct ask)"):
            self.assertEqual(self.findings({"a.c": ASK, "b.c": ANSWER % word}), [], word)

    def test_own_functions_do_not(self):
        files = {"a.c": ASK, "b.c": "static int ask(int a)\n{\n\treturn a;\n}\n\n" + ANSWER % "a"}
        self.assertEqual(self.findings(files), [])

    def test_allowed(self):
        files = {"a.c": ASK, "b.c": ANSWER % "ask(a)"}
        self.assertEqual(self.findings(files, {"room": {"a.c", "b.c"}}), [])
        files["b.c"] = ANSWER % "a"
        self.assertEqual(self.findings(files, {"room": {"a.c", "b.c"}}),
                         ["room: has no circle any more; circles.py allows one"])

    def test_tree(self):
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        self.assertEqual(list(circles.findings(circles.read_rooms(root))), [])


if __name__ == "__main__":
    unittest.main()
