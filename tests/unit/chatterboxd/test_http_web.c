// SPDX-License-Identifier: MIT
/* What browsers and proxies need: a prefix, other origins, compressed answers, tags of contents. */
#include "http/cors.h"
#include "http_fixture.h"

static void start_web(void)
{
	const struct cbd_http_settings settings = { .host = "127.0.0.1",
						    .read_token = "reader",
						    .base_path = "/noc/box",
						    .origins = { "https://noc.example",
								 "http://[::1]:8080" } };
	char error[CHATTERBOX_ERROR_TEXT] = "";

	box = fake_engine_new();
	ck_assert_int_eq(cbd_http_start(box, &settings, &server, error), 0);
	port = cbd_http_port(server);
}

#define READER "Authorization: Bearer reader\r\n"
#define ORIGIN "Origin: https://noc.example\r\n"
#define ALLOWED "Access-Control-Allow-Origin: https://noc.example\r\n"

static bool has(const char *line)
{
	return strstr(reply.head, line) != NULL;
}

START_TEST(all_of_it_is_below_the_prefix)
{
	ask("GET", "/noc/box/", "");
	ck_assert_int_eq(reply.code, 200);
	ck_assert(has("Content-Type: text/html"));
	ask("GET", "/noc/box/livez", "");
	ck_assert_int_eq(reply.code, 200);
	ask("GET", "/noc/box/api/v1/systems/a%20b", READER);
	ck_assert_int_eq(reply.code, 200);
	ck_assert_str_eq(box->params, "{\"system\":\"a b\"}");
	ask("GET", "/noc/box/api/v1/jobs/LIVE/x", READER);
	check_problem(404, "no such", "/noc/box/api/v1/jobs/LIVE/x");
	ask("GET", "/livez", "");
	check_problem(404, "nothing at this path", "/livez");
	ask("GET", "/noc/boxlivez", "");
	check_problem(404, "nothing at this path", "/noc/boxlivez");
	ask("GET", "/noc/box/noc/box/livez", "");
	check_problem(404, "nothing at this path", "/noc/box/noc/box/livez");
	/* the links of the page are relative to what ends in / */
	ask("GET", "/noc/box", "");
	ck_assert_int_eq(reply.code, 308);
	ck_assert(has("\r\nLocation: /noc/box/\r\n"));
}
END_TEST

START_TEST(a_listed_origin_may_read)
{
	ask("GET", "/noc/box/api/v1/jobs", READER ORIGIN);
	ck_assert_int_eq(reply.code, 200);
	ck_assert(has(ALLOWED));
	ck_assert(has("Access-Control-Expose-Headers: ETag,"));
	ck_assert(has("\r\nVary: Accept-Encoding, Origin\r\n"));
	/* what is refused is said to the page, too */
	ask("GET", "/noc/box/api/v1/jobs", ORIGIN);
	ck_assert_int_eq(reply.code, 401);
	ck_assert(has(ALLOWED));
	ask("GET", "/noc/box/livez", "Origin: HTTPS://NOC.EXAMPLE\r\n");
	ck_assert(has(ALLOWED));
	ask("GET", "/noc/box/livez", "Origin: https://evil.example\r\n");
	ck_assert(!has("Access-Control") && !has("evil"));
	ask("GET", "/noc/box/livez", "Origin: https://noc.example.evil\r\n");
	ck_assert(!has("Access-Control"));
	ask("GET", "/noc/box/livez", "");
	ck_assert(!has("Access-Control"));
}
END_TEST

#define WANTS_GET "Access-Control-Request-Method: GET\r\n"
#define WANTS_POST "Access-Control-Request-Method: POST\r\n"

START_TEST(a_browser_asks_before_it_reads_with_a_token)
{
	ask("OPTIONS", "/noc/box/api/v1/jobs", ORIGIN WANTS_GET);
	ck_assert_int_eq(reply.code, 204);
	ck_assert(has(ALLOWED));
	ck_assert(has("Access-Control-Allow-Methods: GET, HEAD\r\n"));
	ck_assert(has("Access-Control-Allow-Headers: Authorization,"));
	ck_assert_str_eq(reply.body, "");
	ask("OPTIONS", "/noc/box/api/v1/jobs", "Origin: https://evil.example\r\n" WANTS_GET);
	ck_assert_int_eq(reply.code, 405);
	ck_assert(!has("Access-Control"));
	/* nobody writes from elsewhere */
	ask("OPTIONS", "/noc/box/api/v1/poll", ORIGIN WANTS_POST);
	ck_assert_int_eq(reply.code, 405);
	ck_assert(!has("Access-Control"));
	ask("OPTIONS", "/noc/box/api/v1/poll", ORIGIN WANTS_GET);
	ck_assert_int_eq(reply.code, 405);
	ask("POST", "/noc/box/api/v1/poll", ORIGIN);
	ck_assert(!has("Access-Control"));
}
END_TEST

START_TEST(a_reload_changes_the_origins)
{
	const struct cbd_http_settings settings = { .origins = { "*" } };
	char error[CHATTERBOX_ERROR_TEXT];

	ck_assert_int_eq(cbd_http_reload(server, &settings, error), 0);
	ask("GET", "/noc/box/livez", "Origin: https://any.example\r\n");
	ck_assert(has("Access-Control-Allow-Origin: *\r\n"));
}
END_TEST

START_TEST(a_list_of_origins_is_read_line_by_line)
{
	static const char list[] = "https://a.example\nhttps://b.example\n";
	size_t len = 0;

	ck_assert_ptr_eq(cbd_cors_find(list, "https://b.example", &len), list + 18);
	ck_assert_uint_eq(len, 17);
	ck_assert_ptr_null(cbd_cors_find(list, "https://a.exampl", &len));
	ck_assert_ptr_null(cbd_cors_find(list, "", &len));
	ck_assert_ptr_null(cbd_cors_find("", "https://a.example", &len));
	ck_assert_ptr_null(cbd_cors_find(list, "https://a.example\nhttps://b.example", &len));
}
END_TEST

/* Its value, with the quotes */
static void etag(char out[64])
{
	const char *line = strstr(reply.head, "\r\nETag: ");

	ck_assert_ptr_nonnull(line);
	snprintf(out, 64, "%.*s", (int)strcspn(line + 8, "\r"), line + 8);
}

static void check_known(const char *path, const char *accept)
{
	char tag[64];
	char headers[256];

	ask("GET", path, accept);
	ck_assert_int_eq(reply.code, 200);
	etag(tag);
	snprintf(headers, sizeof(headers), "%sIf-None-Match: %s\r\n", accept, tag);
	ask("GET", path, headers);
	ck_assert_int_eq(reply.code, 304);
	ck_assert_str_eq(reply.body, "");
	ck_assert(!has("Content-Encoding"));
	ask("GET", path, "If-None-Match: \"other\"\r\n");
	ck_assert_int_eq(reply.code, 200);
}

START_TEST(what_a_client_has_is_not_sent_again)
{
	static const char *const paths[] = { "/",
					     "/openapi.json",
					     "/api/v1/jobs",
					     "/api/v1/systems",
					     "/api/v1/summary",
					     "/api/v1/series?minutes=60" };
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		check_known(paths[i], "");
		check_known(paths[i], "Accept-Encoding: gzip\r\n");
	}
	/* each time another */
	ask("GET", "/metrics", "");
	ck_assert(!has("ETag"));
	ck_assert(has("Cache-Control: no-store"));
	ask("GET", "/api/v1/jobs?limit=0", "");
	ck_assert(!has("ETag"));
}
END_TEST

START_TEST(long_answers_are_compressed)
{
	char plain[64];
	char zipped[64];

	ask("GET", "/api/v1/series", "");
	ck_assert(!has("Content-Encoding"));
	ck_assert_uint_gt(strlen(reply.body), 1024);
	etag(plain);
	ask("GET", "/api/v1/series", "Accept-Encoding: br, gzip\r\n");
	ck_assert(has("Content-Encoding: gzip\r\n"));
	etag(zipped);
	ck_assert_str_ne(plain, zipped);
	ask("GET", "/openapi.json", "Accept-Encoding: gzip\r\n");
	ck_assert(has("Content-Encoding: gzip\r\n"));
	ck_assert_int_eq(reply.body[0], 0x1f);
	/* it would not pay */
	ask("GET", "/api/v1/summary", "Accept-Encoding: gzip\r\n");
	ck_assert(!has("Content-Encoding"));
	ck_assert(has("\r\nVary: Accept-Encoding, Origin\r\n"));
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *web = tcase_create("web");
	TCase *open = tcase_create("open");

	tcase_add_checked_fixture(web, start_web, stop);
	tcase_add_test(web, all_of_it_is_below_the_prefix);
	tcase_add_test(web, a_listed_origin_may_read);
	tcase_add_test(web, a_browser_asks_before_it_reads_with_a_token);
	tcase_add_test(web, a_reload_changes_the_origins);
	tcase_add_test(web, a_list_of_origins_is_read_line_by_line);
	tcase_add_checked_fixture(open, start, stop);
	tcase_add_test(open, what_a_client_has_is_not_sent_again);
	tcase_add_test(open, long_answers_are_compressed);
	suite_add_tcase(suite, web);
	suite_add_tcase(suite, open);
}
