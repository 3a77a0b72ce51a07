// SPDX-License-Identifier: MIT
/* A file that is no JSON, or can't be read, is refused with its place, and changes nothing. */
#include "config_kit.h"

#include <unistd.h>

/* Texts that are no JSON object */
static const struct {
	const char *json;
	const char *problems;
} broken[] = {
	{ "", "error /t.json: empty, takes a JSON object\n" },
	{ " \n\t", "error /t.json: empty, takes a JSON object\n" },
	{ "[]", "error /t.json: not a JSON object\n" },
	{ "5", "error /t.json: not a JSON object\n" },
	{ "\xef\xbb\xbf{}",
	  "error /t.json: line 1, column 1: not JSON: begins with a byte order mark; "
	  "save it as UTF-8 without one\n" },
	{ "{\"redis\":{\"host\":\"x\"",
	  "error /t.json: line 1, column 20: not JSON: it ends too early\n" },
	{ "{\n \"a\": 1,\n \"a\": 2\n}",
	  "error /t.json: line 3, column 4: duplicate object key near '\"a\"'\n" },
	{ "{\"redis\":{\"password\":hunter2}}",
	  "error /t.json: line 1, column 27: not JSON: invalid token\n" },
	{ "{\"redis\":{\"password\":\"hunter2\" \"x\"}}",
	  "error /t.json: line 1, column 34: not JSON: '}' expected\n" },
	{ "{\"redis\":{\"password\":\"hunter2}}",
	  "error /t.json: line 1, column 31: not JSON: it ends too early\n" },
	{ "{} x", "error /t.json: line 1, column 4: not JSON: end of file expected\n" },
	{ "{'a':1}", "error /t.json: line 1, column 2: not JSON: string or '}' expected\n" },
	{ "// x\n{}", "error /t.json: line 1, column 1: not JSON: invalid token\n" },
	{ "{\"a\":\"\xff\"}",
	  "error /t.json: line 1, column 6: not JSON: unable to decode byte 0xff\n" },
	{ "{\"a\":\"\\u0000\"}", "error /t.json: line 1, column 13: not JSON: \\u0000 is not "
				 "allowed without JSON_ALLOW_NUL\n" },
};

/* jansson alone would pass over it */
START_TEST(a_nul_between_tokens_is_refused)
{
	static const char bytes[] = "{\n\"log\":\0{}}";
	struct chatterbox_config *config = config_new();

	ck_assert_int_eq(cbx_config_apply_bytes(config, bytes, sizeof(bytes) - 1, "/t.json"),
			 CHATTERBOX_E_CONFIG);
	ck_assert_str_eq(config_problems(config),
			 "error /t.json: line 2, column 6: not JSON: a NUL byte\n");
	chatterbox_config_unref(config);
}
END_TEST

START_TEST(what_is_no_json_is_refused_with_its_place)
{
	struct chatterbox_config *config = config_new();
	struct chatterbox_config *fresh = config_new();

	ck_assert_int_eq(config_apply(config, broken[_i].json), CHATTERBOX_E_CONFIG);
	ck_assert_str_eq(config_problems(config), broken[_i].problems);
	ck_assert_int_eq(chatterbox_config_check(config, NULL), CHATTERBOX_E_CONFIG);
	ck_assert_int_eq(chatterbox_config_compare(fresh, config, NULL, NULL), 0);
	ck_assert_ptr_null(strstr(config_problems(config), "hunter2"));
	chatterbox_config_unref(config);
	chatterbox_config_unref(fresh);
}
END_TEST

static void check_file(const char *path, const char *problems)
{
	struct chatterbox_config *config = config_new();

	ck_assert_int_eq(chatterbox_config_load_file(config, path),
			 *problems ? CHATTERBOX_E_CONFIG : 0);
	ck_assert_str_eq(config_problems(config), problems);
	chatterbox_config_unref(config);
}

START_TEST(files_that_cant_be_read_are_named)
{
	char path[] = "/tmp/chatterbox-test-XXXXXX";
	char want[128];
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	check_file("/nonexistent/x.json", "error /nonexistent/x.json: No such file or directory\n");
	check_file("/tmp", "error /tmp: Is a directory\n");
	check_file("/dev/zero", "error /dev/zero: larger than 1 MiB\n");
	check_file("/bad\xffname\n", "error /bad?name?: No such file or directory\n");
	snprintf(want, sizeof(want), "error %s: empty, takes a JSON object\n", path);
	check_file(path, want);
	ck_assert_int_eq(pwrite(fd, "{\"a\":", 5, 0), 5);
	snprintf(want, sizeof(want), "error %s: line 1, column 5: not JSON: it ends too early\n",
		 path);
	check_file(path, want);
	ck_assert_int_eq(pwrite(fd, "{\"a\":1}\n", 8, 0), 8);
	check_file(path, "");
	close(fd);
	unlink(path);
}
END_TEST

START_TEST(a_pipe_is_a_file_too)
{
	struct chatterbox_config *config = config_new();
	char path[64];
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(write(fds[1], "{\"lease\":{\"ttl\":3}}", 19), 19);
	close(fds[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", fds[0]);
	ck_assert_int_eq(chatterbox_config_load_file(config, path), 0);
	ck_assert_int_eq(chatterbox_config_get_integer(config, "lease.ttl"), 3);
	close(fds[0]);
	chatterbox_config_unref(config);
}
END_TEST

/* A host's own text is a file's content under another name; of two the later wins */
START_TEST(a_text_ranks_as_a_file)
{
	struct chatterbox_config *config = config_new();

	ck_assert_int_eq(
		chatterbox_config_load_text(config, "{\"lease\":{\"ttl\":3,\"x\":1}}", "first"), 0);
	ck_assert_int_eq(chatterbox_config_load_text(config, "{\"lease\":{\"ttl\":4}}", "second"),
			 0);
	ck_assert_int_eq(chatterbox_config_get_integer(config, "lease.ttl"), 4);
	ck_assert_ptr_nonnull(strstr(config_problems(config), "file first"));
	ck_assert_int_eq(chatterbox_config_load_text(config, "[]", "third"), CHATTERBOX_E_CONFIG);
	ck_assert_ptr_nonnull(strstr(config_problems(config), "error third: not a JSON object\n"));
	chatterbox_config_unref(config);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("config_file");

	tcase_add_test(tcase, files_that_cant_be_read_are_named);
	tcase_add_test(tcase, a_pipe_is_a_file_too);
	tcase_add_test(tcase, a_text_ranks_as_a_file);
	tcase_add_test(tcase, a_nul_between_tokens_is_refused);
	tcase_add_loop_test(tcase, what_is_no_json_is_refused_with_its_place, 0,
			    (int)CBX_COUNT(broken));
	suite_add_tcase(suite, tcase);
}
