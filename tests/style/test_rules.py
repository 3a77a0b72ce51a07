#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Shows each rule of style.py a bad sample, which it must find, and a good one."""
import unittest

import style

POLL = "libchatterbox/road/poll.c"
BODY = "\tx = 1;\n"


def include(name):
    return '#include "%s"\n' % name


def function(lines):
    return "int f(void)\n{\n%s}\n" % (BODY * (lines - 2))


# rule, path, text, is it found?
CASES = [
    # floors
    (style.check_includes, POLL, include("port/bus.h"), False),
    (style.check_includes, POLL, include("base/read.h"), False),
    (style.check_includes, POLL, include("decode.h"), False),
    (style.check_includes, POLL, include("decode/decode.h"), False),
    (style.check_includes, POLL, include("controller/errors.h"), True),
    (style.check_includes, POLL, include("task/pacer.h"), False),
    (style.check_includes, POLL, include("adapter/amqp_bus/amqp_bus.h"), True),
    (style.check_includes, POLL, include("fleet/fleet.h"), True),
    (style.check_includes, POLL, include("engine/internal.h"), True),
    (style.check_includes, "libchatterbox/base/text.c", include("domain/kind.h"), True),
    (style.check_includes, "libchatterbox/base/text.c", include("config/slots.h"), True),
    (style.check_includes, "libchatterbox/config/read.c", include("base/read.h"), False),
    (style.check_includes, "libchatterbox/config/read.c", include("domain/kind.h"), True),
    (style.check_includes, "libchatterbox/domain/kind.c", include("port/clock.h"), True),
    (style.check_includes, "libchatterbox/port/bus.c", include("decode/decode.h"), True),
    (style.check_includes, "libchatterbox/controller/errors.c", include("road/round.h"), False),
    (style.check_includes, "libchatterbox/controller/errors.c", include("engine/internal.h"), True),
    (style.check_includes, "libchatterbox/api/host.c", include("engine/internal.h"), False),
    (style.check_includes, "libchatterbox/controller/errors.c",
     include("adapter/sqlite/sqlite.h"), True),
    (style.check_includes, "libchatterbox/engine/start.c",
     include("adapter/sqlite/sqlite.h"), False),
    # words
    (style.check_words, POLL, "int cbx_road_hear(void);\n", True),
    (style.check_words, POLL, "\tx = reply->garbled;\n", True),
    (style.check_words, POLL, "struct cbx_desk desk;\n", True),
    (style.check_words, POLL, "\tcount(late_words);\n", True),
    (style.check_words, "libchatterbox/adapter/memory_bus/route.c", "next_word(key);\n", False),
    (style.check_words, POLL, "/* to hear is to settle */ int heart;\n", False),
    (style.check_words, POLL, 'x = "heard";\n', False),
    (style.check_words, "docs/faults.md", "garbled\n", False),
    # statements
    (style.check_statements, "libchatterbox/adapter/postgres/rows.c",
     '\tPQexec(conn, text);\n', True),
    (style.check_statements, "libchatterbox/adapter/postgres/rows.c",
     '\tPQexecParams(conn, text);\n', True),
    (style.check_statements, "libchatterbox/adapter/postgres/rows.c",
     '\tPQsendQuery(conn, text);\n', True),
    (style.check_statements, "libchatterbox/adapter/postgres/query.c",
     '\tPQsendQuery(conn, text);\n', False),
    (style.check_statements, "libchatterbox/adapter/postgres/rows.c",
     '\tPQsendQueryParams(conn, "select 1");\n', False),
    (style.check_statements, "libchatterbox/adapter/sqlite/rows.c",
     '\tsqlite3_exec(self->db, text, NULL);\n', True),
    (style.check_statements, "libchatterbox/adapter/sqlite/rows.c",
     '\tsqlite3_exec(self->db, "rollback", NULL);\n', False),
    (style.check_statements, "libchatterbox/adapter/postgres/rows.c",
     '\tsnprintf(text, 80,\n\t\t "select 1 from %s", name);\n', True),
    (style.check_statements, "libchatterbox/adapter/postgres/migrate.c",
     '\tcbx_text_printf(&text, "create table %s (", name);\n', False),
    (style.check_statements, "libchatterbox/adapter/postgres/rows.c",
     '\tsnprintf(text, 80, "sql: %s", why);\n', False),
    # adapters
    (style.check_includes, "libchatterbox/adapter/sqlite/ledger.c", include("port/ledger.h"),
     False),
    (style.check_includes, "libchatterbox/adapter/sqlite/ledger.c", include("sqlite.h"), False),
    (style.check_includes, "libchatterbox/adapter/sqlite/ledger.c",
     include("adapter/sqlite/sqlite.h"), False),
    (style.check_includes, "libchatterbox/adapter/sqlite/ledger.c",
     include("adapter/postgres/postgres.h"), True),
    (style.check_includes, "libchatterbox/adapter/sqlite/ledger.c", include("decode/decode.h"),
     True),
    (style.check_includes, "libchatterbox/adapter/sqlite/ledger.c", include("config/slots.h"),
     True),
    (style.check_includes, "libchatterbox/adapter/sqlite/ledger.c", "#include <sqlite3.h>\n",
     False),
    (style.check_includes, "libchatterbox/adapter/sqlite/ledger.c", "#include <libpq-fe.h>\n",
     True),
    (style.check_includes, POLL, "#include <hiredis/hiredis.h>\n", True),
    (style.check_includes, POLL, "#include <rabbitmq-c/amqp.h>\n", True),
    (style.check_includes, POLL, "#include <uthash.h>\n", True),
    (style.check_includes, "libchatterbox/engine/engine.c", "#include <microhttpd.h>\n", True),
    # the daemon, the examples, the public headers
    (style.check_includes, "chatterboxd/main.c", "#include <chatterbox/chatterbox.h>\n", False),
    (style.check_includes, "chatterboxd/main.c", include("options.h"), False),
    (style.check_includes, "chatterboxd/main.c", include("http/server.h"), False),
    (style.check_includes, "chatterboxd/http/server.c", "#include <microhttpd.h>\n", False),
    (style.check_includes, "chatterboxd/main.c", include("base/read.h"), True),
    (style.check_includes, "chatterboxd/main.c", include("../libchatterbox/base/read.h"), True),
    (style.check_includes, "chatterboxctl/http.c", "#include <curl/curl.h>\n", False),
    (style.check_includes, "chatterboxctl/http.c", include("common/text.h"), False),
    (style.check_includes, "chatterboxctl/http.c", include("http.h"), False),
    (style.check_includes, "chatterboxctl/http.c", include("base/read.h"), True),
    (style.check_includes, "chatterboxctl/http.c", include("chatterboxd/say.h"), True),
    (style.check_includes, "chatterboxctl/http.c", "#include <chatterbox/version.h>\n", False),
    (style.check_includes, "chatterboxctl/http.c", "#include <chatterbox/chatterbox.h>\n", True),
    (style.check_includes, "chatterboxd/main.c", "#include <curl/curl.h>\n", True),
    (style.check_includes, "examples/embed.c", include("road/round.h"), True),
    (style.check_includes, "examples/hdms-sim/main.c", include("fleet/fleet.h"), False),
    (style.check_includes, "include/chatterbox/jobs.h", include("base/read.h"), True),
    (style.check_includes, "include/chatterbox/jobs.h", "#include <chatterbox/error.h>\n", False),
    (style.check_includes, "tests/unit/test_poll.c", include("adapter/sqlite/sqlite.h"), False),
    # lengths
    (style.check_file_length, POLL, "\n" * 400, False),
    (style.check_file_length, POLL, "\n" * 401, True),
    (style.check_file_length, "docs/guide.md", "\n" * 900, False),
    (style.check_exceptions, style.EXCEPTIONS, "# head\na.c 410 long\nb.c 410 long\n", False),
    (style.check_exceptions, style.EXCEPTIONS, "a.c 410 long\na.c 420 longer\n", True),
    (style.check_exceptions, style.EXCEPTIONS, "a.c 400 not long\n", True),
    (style.check_exceptions, style.EXCEPTIONS, "a.c 501 too long\n", True),
    (style.check_exceptions, POLL, "a.c 410 long\na.c 410 long\n", False),
    (style.check_function_length, POLL, function(80), False),
    (style.check_function_length, POLL, function(81), True),
    (style.check_function_length, POLL, function(50) + function(50), False),
    # the rest
    (style.check_licence, POLL, "/* SPDX-License-Identifier: MIT */\n", False),
    (style.check_licence, POLL, "/* poll.c */\n/* SPDX-License-Identifier: MIT */\n", True),
    (style.check_licence, POLL, "", True),
    (style.check_licence, "dev", "#!/bin/bash\n# SPDX-License-Identifier: MIT\n", False),
    (style.check_licence, "dev", "#!/bin/bash\n# a script\n", True),
    (style.check_licence, "README.md", "# chatterbox\n", False),
    (style.check_unfinished, POLL, "/* TO" "DO: more */\n", True),
    (style.check_unfinished, "README.md", "FIX" "ME later\n", True),
    (style.check_unfinished, "dev", "mktemp /tmp/a.XXXXXX\n", False),
    (style.check_registries, "tests/servers/e2e/package-lock.json",
     '"resolved": "https://some.example/pg.tgz",\n', True),
    (style.check_registries, "tests/servers/e2e/package-lock.json",
     '"url": "https://registry.example/pg"\n', True),
    (style.check_registries, "tests/servers/e2e/.npmrc", "registry=http://some.example/\n", True),
    (style.check_registries, "tests/servers/e2e/package-lock.json",
     '"integrity": "sha512-abc"\n', False),
    (style.check_white_space, POLL, "int x; \n", True),
    (style.check_white_space, POLL, "int x;\t\n", True),
    (style.check_white_space, POLL, "int x;", True),
    (style.check_white_space, POLL, "int x;\n", False),
]


class Rules(unittest.TestCase):
    def test_each_sample(self):
        for rule, path, text, found in CASES:
            with self.subTest(rule=rule.__name__, path=path, text=text[:60]):
                self.assertEqual(bool(list(rule(path, text))), found)

    def test_every_rule_has_a_bad_sample(self):
        self.assertEqual({rule for rule, _, _, found in CASES if found}, set(style.RULES))

    def test_an_exception_reaches_to_500_lines_and_no_further(self):
        allowed = style.read_exceptions("# head\n%s 900 a reason\n" % POLL)
        self.assertFalse(list(style.check_file_length(POLL, "\n" * 500, allowed)))
        self.assertTrue(list(style.check_file_length(POLL, "\n" * 501, allowed)))

    def test_an_exception_ends_with_its_need(self):
        for lines, found in ((401, False), (400, True), (0, True)):
            self.assertEqual(bool(list(style.check_exceptions(
                style.EXCEPTIONS, "%s 410 long\n" % POLL, {POLL: lines}))), found)

    def test_an_exception_needs_a_reason(self):
        with self.assertRaises(ValueError):
            style.read_exceptions("%s 400\n" % POLL)


if __name__ == "__main__":
    unittest.main()
