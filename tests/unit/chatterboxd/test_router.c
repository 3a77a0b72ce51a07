// SPDX-License-Identifier: MIT
/* Which route a path means, and which values its parameters have. */
#include "http/router.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

static const struct cbd_route routes[] = {
	{ .pattern = "/" },
	{ .pattern = "/livez" },
	{ .pattern = "/jobs" },
	{ .pattern = "/jobs/{system}" },
	{ .pattern = "/jobs/{system}/{job_id}" },
	{ .pattern = "/errors" },
	{ .pattern = "/errors", .writes = "DELETE" },
};

#define LONG_NAME                                                          \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct {
	const char *path;
	int result;
	const char *pattern;
	const char *first;
	const char *second;
} cases[] = {
	{ "/", 0, "/", "", "" },
	{ "/livez", 0, "/livez", "", "" },
	{ "/%6Civez", 0, "/livez", "", "" },
	{ "/jobs/ABC1", 0, "/jobs/{system}", "ABC1", "" },
	{ "/jobs/a%2Fb/17", 0, "/jobs/{system}/{job_id}", "a/b", "17" },
	{ "/jobs/jobs/jobs", 0, "/jobs/{system}/{job_id}", "jobs", "jobs" },
	{ "", -ENOENT, NULL, NULL, NULL },
	{ "*", -ENOENT, NULL, NULL, NULL },
	{ "livez", -ENOENT, NULL, NULL, NULL },
	{ "//", -ENOENT, NULL, NULL, NULL },
	{ "/livez/", -ENOENT, NULL, NULL, NULL },
	{ "/live", -ENOENT, NULL, NULL, NULL },
	{ "/livezz", -ENOENT, NULL, NULL, NULL },
	{ "/jobs//17", -ENOENT, NULL, NULL, NULL },
	{ "/jobs/A/17/x", -ENOENT, NULL, NULL, NULL },
	{ "/jobs%2FA", -ENOENT, NULL, NULL, NULL },
	{ "/jobs/" LONG_NAME, -ENOENT, NULL, NULL, NULL },
	{ "/jobs/%/17", -EILSEQ, NULL, NULL, NULL },
	{ "/jobs/A/%ff", -EILSEQ, NULL, NULL, NULL },
	{ "/%00", -EILSEQ, NULL, NULL, NULL },
};

START_TEST(matches)
{
	struct cbd_match match = { .route = NULL };

	ck_assert_int_eq(cbd_router_match(routes, sizeof(routes) / sizeof(routes[0]),
					  cases[_i].path, "GET", &match),
			 cases[_i].result);
	if (!cases[_i].pattern) {
		ck_assert_ptr_null(match.route);
		return;
	}
	ck_assert_str_eq(match.route->pattern, cases[_i].pattern);
	ck_assert_str_eq(match.params[0], cases[_i].first);
	ck_assert_str_eq(match.params[1], cases[_i].second);
}
END_TEST

START_TEST(a_path_may_take_several_methods)
{
	static const struct {
		const char *method, *writes;
		bool takes;
	} asked[] = { { "GET", NULL, true },
		      { "HEAD", NULL, true },
		      { "DELETE", "DELETE", true },
		      { "PATCH", NULL, false } };
	struct cbd_match match = { .route = NULL };

	ck_assert_int_eq(cbd_router_match(routes, sizeof(routes) / sizeof(routes[0]), "/errors",
					  asked[_i].method, &match),
			 0);
	ck_assert_pstr_eq(match.route->writes, asked[_i].writes);
	ck_assert_int_eq(cbd_route_takes(match.route, asked[_i].method), asked[_i].takes);
	ck_assert_str_eq(match.methods, "GET, HEAD, DELETE");
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("router");

	tcase_add_loop_test(tcase, matches, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_loop_test(tcase, a_path_may_take_several_methods, 0, 4);
	suite_add_tcase(suite, tcase);
}
