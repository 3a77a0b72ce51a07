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

    def test_a_name_that_another_goes_on_from(self):
        self.assertEqual(symbols.beginnings({"chatterbox_job", "chatterbox_jobs", "chatterbox_job_of"}),
                         ["chatterbox_job is the beginning of chatterbox_job_of"])

    def test_an_enum_that_nobody_can_show(self):
        text = "enum chatterbox_kind {\n};\nenum chatterbox_topic {\n};\nenum chatterbox_role {\n};\n"
        self.assertEqual(symbols.nameless(text, {"chatterbox_role_to_string"}),
                         ["enum chatterbox_kind has no chatterbox_kind_to_string()"])

    def test_a_version_that_is_not_the_projects(self):
        text = "\n".join(["#define CHATTERBOX_VERSION_MAJOR 1", "#define CHATTERBOX_VERSION_MINOR 2",
                          "#define CHATTERBOX_VERSION_PATCH 3", '#define CHATTERBOX_VERSION_TEXT "1.2.3"'])
        self.assertEqual(symbols.versions(text, "1.2.3"), [])
        self.assertEqual(len(symbols.versions(text, "1.3.3")), 2)
        self.assertEqual(len(symbols.versions("", "1.2.3")), 4)

    def test_a_map_without_local_does_not_hide(self):
        self.assertFalse(symbols.mapped(MAP.replace("local:\n\t*;", ""))[1])


if __name__ == "__main__":
    unittest.main()
