#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check.py finds a name that is in no symbols file, a file that is in no package, and a version said twice."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import check as rule  # noqa: E402

MAP = "CHATTERBOX_0 {\nglobal:\n\tchatterbox_a;\n\tchatterbox_b;\n};\n"
SYMBOLS = ("libchatterbox.so.0 libchatterbox0 #MINVER#\n CHATTERBOX_0@CHATTERBOX_0 0.1.0\n"
           " chatterbox_a@CHATTERBOX_0 0.1.0\n chatterbox_b@CHATTERBOX_0 0.1.0\n")
PACKAGES = {"lib": ["usr/lib/*/libx.so.*"], "dev": ["usr/include"]}
INSTALLED = ["usr/lib/triplet/libx.so.0.1", "usr/include/x/a.h", "usr/include/x/b.h"]


class Rules(unittest.TestCase):
    def symbols(self, symbols=SYMBOLS, names=MAP):
        return list(rule.symbol_findings(symbols, rule.exported(names), "0.1.0"))

    def test_symbols_as_in_the_map(self):
        self.assertEqual(self.symbols(), [])

    def test_a_new_call(self):
        self.assertEqual(len(self.symbols(names=MAP.replace("};", "\tchatterbox_c;\n};"))), 1)

    def test_a_call_that_is_gone(self):
        self.assertEqual(len(self.symbols(names=MAP.replace("\tchatterbox_b;\n", ""))), 1)

    def install(self, installed=None, packages=None):
        return list(rule.install_findings(installed or INSTALLED, packages or PACKAGES))

    def test_each_file_in_a_package(self):
        self.assertEqual(self.install(), [])

    def test_a_file_in_none(self):
        self.assertEqual(len(self.install(installed=INSTALLED + ["usr/bin/x"])), 1)

    def test_a_file_in_two(self):
        packages = dict(PACKAGES, more=["usr/include/x/a.h"])
        self.assertEqual(len(self.install(packages=packages)), 1)

    def test_a_package_of_what_is_not_there(self):
        packages = dict(PACKAGES, more=["usr/bin/x"])
        self.assertEqual(len(self.install(packages=packages)), 1)

    def test_a_migration_that_is_not_explained(self):
        code = '\t{ "tables", make_tables, false },\n\t{ "keys", make_keys, true },\n'
        self.assertEqual(list(rule.migration_findings(code, "| 1 tables, 2 keys | yes |\n")), [])
        self.assertEqual(len(list(rule.migration_findings(code, "| 1 tables | yes |\n2 keys\n"))), 1)

    def test_the_same_in_two_places(self):
        self.assertEqual(list(rule.same_findings("it", {"here": "1", "there": "1"})), [])
        self.assertEqual(len(list(rule.same_findings("it", {"here": "1", "there": "2"}))), 1)


if __name__ == "__main__":
    unittest.main()
