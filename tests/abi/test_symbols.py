#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Shows symbols.py headers, maps and tables that differ, and ones that agree."""
import unittest

import symbols

HEADER = """
#define CHATTERBOX_API __attribute__((visibility("default")))
/* CHATTERBOX_API int chatterbox_in_a_comment(void); */
CHATTERBOX_API int chatterbox_one(struct chatterbox *box);
CHATTERBOX_API const struct chatterbox_job *
chatterbox_two(const struct chatterbox *box,
	       void (*fn)(void *user));
int not_offered(void);
"""
MAP = """
CHATTERBOX_0 {
global:
	chatterbox_one; /* the first */
	chatterbox_two;
local:
	*;
};
"""
TABLE = """
0000000000000000 A CHATTERBOX_0
00000000000a1000 T chatterbox_one@@CHATTERBOX_0
00000000000a2000 T chatterbox_two@@CHATTERBOX_0
"""
BOTH = {"chatterbox_one", "chatterbox_two"}


class Symbols(unittest.TestCase):
    def test_reads_the_three_forms(self):
        self.assertEqual(symbols.declared(HEADER), BOTH)
        self.assertEqual(symbols.mapped(MAP), (BOTH, True))
        self.assertEqual(symbols.exported(TABLE), BOTH)

    def test_agreement_says_nothing(self):
        self.assertEqual(symbols.differences(BOTH, BOTH, BOTH, True), [])

    def test_each_difference_is_found(self):
        one = {"chatterbox_one"}
        self.assertTrue(symbols.differences(one, BOTH, BOTH, True))
        self.assertTrue(symbols.differences(BOTH, one, BOTH, True))
        self.assertTrue(symbols.differences(BOTH, BOTH, one, True))
        self.assertTrue(symbols.differences(BOTH, BOTH, BOTH | {"cbx_leaked"}, True))
        self.assertTrue(symbols.differences(BOTH, BOTH, BOTH, False))
        self.assertTrue(symbols.differences(set(), set(), set(), True))

    def test_a_map_without_local_does_not_hide(self):
        self.assertFalse(symbols.mapped(MAP.replace("local:\n\t*;", ""))[1])


if __name__ == "__main__":
    unittest.main()
