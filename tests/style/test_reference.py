#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Shows docs/reference.py headers with and without what it looks for, and what it makes of them."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "docs"))
import reference  # noqa: E402

GOOD = """
/**
 * chatterbox_do() - do it
 * @box: engine
 * @each: called with @user, of `limit` things,
 *	or not at all
 * @user: <any>
 *
 * Any thread. Return: 0, -ENOMEM.
 */
CHATTERBOX_API int chatterbox_do(struct chatterbox *box, void (*each)(void *user, int n),
				 void *user);
"""
MEMBERS = """
/** struct x - a thing */
struct x {
	int a; /* first */
	/* the second */
	int b;
};
"""


class Check(unittest.TestCase):
    def test_a_whole_comment_is_good(self):
        self.assertEqual(reference.check(GOOD), [])

    def test_each_gap_is_found(self):
        for old, new, found in (
                (" * @box: engine\n", "", "says nothing of @box"),
                ("@box", "@bix", "has no parameter @bix"),
                ("Return:", "Gives", "what does it return?"),
                ("chatterbox_do() -", "chatterbox_da() -", "begins with its name"),
                ("/**", "/*", "begins with its name"),
                ("API int", "API void", "returns nothing")):
            with self.subTest(found=found):
                self.assertIn(found, "\n".join(reference.check(GOOD.replace(old, new, 1))))

    def test_a_macro_says_what_it_is(self):
        macro = "#define CHATTERBOX_X_H\n\n/** Bytes */\n#define CHATTERBOX_X 1\n"
        self.assertEqual(reference.check(macro), [])
        self.assertEqual(reference.check(macro.replace("/** Bytes */", "")),
                         ["CHATTERBOX_X has no comment above it"])


class Convert(unittest.TestCase):
    def test_a_comment_becomes_commands(self):
        text = reference.convert(GOOD)
        for wanted in ("@brief do it", "@param box engine", "\\p user", "\\c limit",
                       " * or not at all", "\\<any\\>", "@return 0, -ENOMEM."):
            self.assertIn(wanted, text)

    def test_members_are_documented(self):
        text = reference.convert(MEMBERS)
        self.assertIn("int a; /**< first */", text)
        self.assertIn("\t/** the second */", text)


if __name__ == "__main__":
    unittest.main()
