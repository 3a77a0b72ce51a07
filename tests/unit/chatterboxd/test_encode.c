// SPDX-License-Identifier: MIT
/* What gzip makes of an answer, and how its tag is compared. */
#include "http/encode.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

START_TEST(what_is_compressed_comes_out_as_it_was)
{
	static char text[100000];
	static char back[sizeof(text)];
	z_stream stream = { 0 };
	size_t len = 0;
	char *zipped;
	size_t i;

	for (i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i * i % 23);
	zipped = cbd_gzip(text, sizeof(text), &len);
	ck_assert_ptr_nonnull(zipped);
	ck_assert_uint_lt(len, sizeof(text) / 10);
	stream.next_in = (Bytef *)zipped;
	stream.avail_in = (uInt)len;
	stream.next_out = (Bytef *)back;
	stream.avail_out = sizeof(back);
	/* gzip, nothing else */
	ck_assert_int_eq(inflateInit2(&stream, 15 + 16), Z_OK);
	ck_assert_int_eq(inflate(&stream, Z_FINISH), Z_STREAM_END);
	ck_assert_uint_eq(stream.avail_out, 0);
	ck_assert_uint_eq(stream.avail_in, 0);
	inflateEnd(&stream);
	ck_assert_int_eq(memcmp(text, back, sizeof(text)), 0);
	free(zipped);
}
END_TEST

START_TEST(what_would_not_be_shorter_is_left)
{
	char noise[2000];
	size_t len = 0;
	uint32_t state = 1;
	size_t i;

	for (i = 0; i < sizeof(noise); i++) {
		state = state * 1664525U + 1013904223U;
		noise[i] = (char)(state >> 24);
	}
	ck_assert_ptr_null(cbd_gzip(noise, sizeof(noise), &len));
	ck_assert_ptr_null(cbd_gzip("", 0, &len));
}
END_TEST

START_TEST(a_tag_is_of_the_content_and_its_coding)
{
	char one[CBD_ETAG];
	char same[CBD_ETAG];
	char zipped[CBD_ETAG];
	char other[CBD_ETAG];

	cbd_etag("{\"jobs\":[]}", 11, false, one);
	cbd_etag("{\"jobs\":[]}", 11, false, same);
	cbd_etag("{\"jobs\":[]}", 11, true, zipped);
	cbd_etag("{\"jobs\":{}}", 11, false, other);
	ck_assert_str_eq(one, same);
	ck_assert_str_ne(one, zipped);
	ck_assert_str_ne(one, other);
	ck_assert_uint_eq(strlen(one), 18);
	ck_assert_str_eq(zipped + strlen(zipped) - 4, "-gz\"");
	/* the basis of FNV-1a: another hash would be no fault, but should be a decision */
	cbd_etag("", 0, false, one);
	ck_assert_str_eq(one, "\"cbf29ce484222325\"");
}
END_TEST

static const struct {
	const char *header;
	bool known;
} headers[] = {
	{ NULL, false },
	{ "", false },
	{ "\"a1\"", true },
	{ "W/\"a1\"", true },
	{ "\"b\", \"a1\"", true },
	{ "\"b\",W/\"a1\" ,\"c\"", true },
	{ "*", true },
	{ "\"a1-gz\"", false },
	{ "\"a\"", false },
	{ "a1", false },
	{ "\"b,\"a1\"", false }, /* the quote that is missing swallows the rest */
	{ "\"a1", false },
	{ "\"", false },
	{ "W/", false },
	{ ",,,", false },
};

START_TEST(tags_are_compared_whole)
{
	ck_assert_int_eq(cbd_etag_is_known(headers[_i].header, "\"a1\""), headers[_i].known);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("encode");

	tcase_add_test(tcase, what_is_compressed_comes_out_as_it_was);
	tcase_add_test(tcase, what_would_not_be_shorter_is_left);
	tcase_add_test(tcase, a_tag_is_of_the_content_and_its_coding);
	tcase_add_loop_test(tcase, tags_are_compared_whole, 0,
			    sizeof(headers) / sizeof(headers[0]));
	suite_add_tcase(suite, tcase);
}
