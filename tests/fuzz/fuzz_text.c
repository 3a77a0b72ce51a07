// SPDX-License-Identifier: MIT
/*
 * fuzz_text.c - the small readings: numbers, percents, speeds, counts, names, times, intervals
 *
 * libc's strtod() is the oracle for numbers; what a reading gives, written down, reads the same.
 */
#include "fuzz.h"

#include "base/number.h"
#include "base/read.h"
#include "common/utf8.h"
#include "controller/job_status.h"
#include "decode/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void try_number(const char *text, size_t len)
{
	char out[CBX_NUMBER_TEXT];
	double value = 0;
	double again = 0;
	double oracle;

	if (!cbx_number_parse(text, len, &value))
		return;
	FUZZ_CHECK(isfinite(value));
	oracle = strtod(text, NULL);
	/* of more than 20 digits the rest does not move it by more than its last bit */
	FUZZ_CHECK(len > 20 ? fabs(value - oracle) <= fabs(oracle) * 1e-15 : value == oracle);
	FUZZ_CHECK(cbx_number_format(value, out) == strlen(out));
	FUZZ_CHECK(cbx_number_parse(out, strlen(out), &again) && again == value);
	json_decref(fuzz_json(out, strlen(out)));
}

static void try_plain(const char *text, size_t len)
{
	char out[CBX_NUMBER_TEXT];
	char twice[CBX_NUMBER_TEXT];
	double value = -1;
	double again = -1;

	if (!cbx_number_plain(text, len, 1e15, out, &value))
		return;
	FUZZ_CHECK(value >= 0 && value <= 1e15 && strspn(out, "0123456789.") == strlen(out));
	FUZZ_CHECK(strtod(out, NULL) == value);
	FUZZ_CHECK(cbx_number_plain(out, strlen(out), 1e15, twice, &again));
	FUZZ_CHECK(again == value && !strcmp(out, twice));
}

static void try_percent(const char *text, size_t len)
{
	char out[CBX_PERCENT_TEXT];
	char twice[CBX_PERCENT_TEXT];
	double value = -1;
	double again = -1;

	if (!cbx_percent_parse(text, len, out, &value))
		return;
	FUZZ_CHECK(value >= 0 && value <= 100);
	FUZZ_CHECK(cbx_percent_parse(out, strlen(out), twice, &again));
	FUZZ_CHECK(again == value && !strcmp(out, twice));
}

static void try_counts(const char *text, size_t len)
{
	int64_t count = -1;
	int64_t integer = -1;
	double speed = cbx_speed_parse(text, len < 64 ? len : 64);

	FUZZ_CHECK(isfinite(speed) && speed >= 0);
	if (cbx_number_integer(text, len, &integer))
		FUZZ_CHECK(integer >= 0 && integer <= CBX_COUNT_MAX &&
			   (len > 20 || (double)integer == strtod(text, NULL)));
	if (!cbx_parse_count(text, len, &count))
		return;
	FUZZ_CHECK(count >= 0 && count <= CBX_COUNT_MAX && count == strtoll(text, NULL, 10));
	FUZZ_CHECK(cbx_number_integer(text, len, &integer) && integer == count);
}

static void try_name(const char *text, size_t len)
{
	const char *name = text;
	size_t n = len;

	if (!cbx_system_name(&name, &n))
		return;
	FUZZ_CHECK(n && n <= 64 && name >= text && name + n <= text + len);
	FUZZ_CHECK(cbx_utf8_valid(name, n) && !memchr(name, '/', n) && !memchr(name, 0, n));
	text = name;
	len = n;
	FUZZ_CHECK(cbx_system_name(&text, &len) && text == name && len == n);
}

static void try_time(const char *text)
{
	char out[CBX_TIME_TEXT];
	int64_t ms = 0;
	int64_t again = 0;

	if (!cbx_time_parse(text, &ms))
		return;
	cbx_time_text(ms, out);
	FUZZ_CHECK(strlen(out) == strlen("2026-11-23T18:10:20.123Z"));
	FUZZ_CHECK(cbx_time_parse(out, &again) && again == ms);
}

static void try_interval(const char *text)
{
	char out[CBX_NUMBER_TEXT];
	uint64_t ns = 0;
	uint64_t again = 0;

	if (!cbx_interval_parse(text, &ns))
		return;
	FUZZ_CHECK(ns >= CBX_SECOND && ns <= 86400 * CBX_SECOND);
	cbx_number_format(cbx_seconds(ns), out);
	FUZZ_CHECK(cbx_interval_parse(out, &again) && again == ns);
}

/* As server_conf and the answers write texts */
static void try_json_string(const char *text, size_t len)
{
	cbx_auto(cbx_text_free) struct cbx_text out = { 0 };
	json_t *json;

	if (!cbx_utf8_valid(text, len))
		return;
	cbx_text_json(&out, text, len);
	json = json_loadb(out.bytes, out.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	FUZZ_CHECK(json && json_string_length(json) == len);
	FUZZ_CHECK(!len || !memcmp(json_string_value(json), text, len));
	json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	FUZZ_CHECK(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	try_number(text, size);
	try_plain(text, size);
	try_percent(text, size);
	try_counts(text, size);
	try_name(text, size);
	try_time(text);
	try_interval(text);
	try_json_string(text, size);
	free(text);
	return 0;
}
