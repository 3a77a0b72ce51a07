// SPDX-License-Identifier: MIT
/* test_alloc_json.c - memory runs out while a document is read, and while one is written */
#include "alloc_faults.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "unit.h"

#include <string.h>

/* Texts that grow jansson's buffer, each followed by a number, which clears errno */
static const char text[] =
	"{\"name\":\"seventeen bytes or\",\"a\":1,\"a name of thirty-three bytes or more\":[2,"
	"\"sixty-five bytes and a few more, so that the buffer has to grow again\",3.25,true],"
	"\"b\":\"\\u00e9, escaped and longer than all those that came before it, to grow it anew, "
	"and one hundred and twenty-nine bytes long\",\"c\":-4}";
static const char malformed[] = "{\"name\":\"seventeen bytes or\",\"a\":1,";

static json_t *whole;

static int read_it(void *fixture)
{
	json_t *json = NULL;
	int result = cbx_json_read(text, strlen(text), &json, NULL);

	(void)fixture;
	if (!result) {
		alloc_faults_pause();
		ck_assert(json_equal(json, whole));
		alloc_faults_resume();
	}
	cbx_json_wipe(&json);
	return result;
}

static int refuse_it(void *fixture)
{
	json_t *json = NULL;
	json_error_t error;
	int result = cbx_json_read(malformed, strlen(malformed), &json, &error);

	(void)fixture;
	alloc_faults_pause();
	ck_assert_ptr_null(json);
	alloc_faults_resume();
	return result == CHATTERBOX_E_DECODE ? 0 : result;
}

static int write_it(void *fixture)
{
	char *written = cbx_json_text(whole);

	(void)fixture;
	if (!written)
		return -ENOMEM;
	alloc_faults_pause();
	ck_assert_ptr_nonnull(strstr(written, "\"a name of thirty-three bytes or more\":[2,"));
	ck_assert_ptr_nonnull(strstr(written, "\"c\":-4"));
	alloc_faults_resume();
	free(written);
	return 0;
}

static const struct alloc_case cases[] = {
	{ .name = "read", .run = read_it },
	{ .name = "refuse", .run = refuse_it },
	{ .name = "write", .run = write_it },
};

START_TEST(whole_or_nothing)
{
	whole = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(whole);
	ck_assert_uint_gt(alloc_faults_sweep(&cases[_i]), 2);
	json_decref(whole);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("alloc_json");

	tcase_add_loop_test(tcase, whole_or_nothing, 0, (int)CBX_COUNT(cases));
	suite_add_tcase(suite, tcase);
}
