// SPDX-License-Identifier: MIT
/*
 * OpenMetrics is sent to clients that name it and prefer it at least as much as the older format.
 */
#include "http/accept.h"
#include "unit.h"

static const struct {
	const char *accept;
	bool openmetrics;
} cases[] = {
	{ NULL, false },
	{ "", false },
	{ "*/*", false },
	{ "text/plain", false },
	{ "application/openmetrics-text", true },
	{ "Application/OpenMetrics-Text; version=1.0.0; charset=utf-8", true },
	/* as Prometheus 2.42 and later ones send it */
	{ "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
	  "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
	  true },
	{ "application/openmetrics-text;q=0.3, text/plain;q=0.5", false },
	{ "application/openmetrics-text;q=0.5,text/plain;q=0.5", true },
	{ "application/openmetrics-text;q=0", false },
	{ "application/openmetrics-text; q=0.000,*/*", false },
	{ "application/openmetrics-textual", false },
	{ "application/openmetrics-text;q=", false },
	{ ",,;, application/openmetrics-text", true },
};

START_TEST(chooses)
{
	ck_assert_int_eq(cbd_accept_openmetrics(cases[_i].accept), cases[_i].openmetrics);
}
END_TEST

static const struct {
	const char *accept;
	bool gzip;
} codings[] = {
	{ NULL, false },
	{ "", false },
	{ "identity", false },
	{ "gzip", true },
	{ "deflate, GZIP;q=0.5, br", true },
	{ "x-gzip", true },
	{ "gzip;q=0", false },
	{ "*", true },
	{ "*;q=0", false },
	{ "gzip;q=0, *", false },
	{ "br, *;q=0.1", true },
	{ "gzipped", false },
	{ ",, ,gzip", true },
	{ "br, ", false },
};

START_TEST(compresses)
{
	ck_assert_int_eq(cbd_accept_gzip(codings[_i].accept), codings[_i].gzip);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("accept");

	tcase_add_loop_test(tcase, chooses, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_loop_test(tcase, compresses, 0, sizeof(codings) / sizeof(codings[0]));
	suite_add_tcase(suite, tcase);
}
