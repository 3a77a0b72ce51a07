// SPDX-License-Identifier: MIT
/* kit.c - what holds of every status, whoever decoded it, and small readings of an input */
#include "fuzz.h"

#include "base/read.h"
#include "common/utf8.h"
#include "decode/decode.h"
#include "decode/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fuzz_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

struct fuzz_input fuzz_input(const uint8_t *data, size_t size)
{
	return (struct fuzz_input){ size ? (const char *)data : "", size };
}

unsigned fuzz_pick(struct fuzz_input *in, unsigned below)
{
	if (!in->left)
		return 0;
	in->left--;
	return (unsigned char)*in->at++ % below;
}

char *fuzz_line(struct fuzz_input *in)
{
	const char *end = memchr(in->at, '\n', in->left);
	size_t len = end ? (size_t)(end - in->at) : in->left;
	char *line = malloc(len + 1);
	size_t used = 0;
	size_t i;

	FUZZ_CHECK(line);
	for (i = 0; i < len; i++)
		if (in->at[i])
			line[used++] = in->at[i];
	line[used] = '\0';
	in->at += end ? len + 1 : len;
	in->left -= end ? len + 1 : len;
	return line;
}

bool fuzz_is_beyond_jansson(const json_error_t *error)
{
	return strstr(error->text, "too big") || strstr(error->text, "overflow") ||
	       strstr(error->text, "\\u0000") || strstr(error->text, "surrogate") ||
	       strstr(error->text, "invalid Unicode") || strstr(error->text, "NUL byte");
}

json_t *fuzz_json(const char *text, size_t len)
{
	json_error_t error = { 0 };
	json_t *json = json_loadb(text, len, JSON_DECODE_ANY, &error);

	if (!json && !fuzz_is_beyond_jansson(&error)) {
		fprintf(stderr, "%.*s\n%s\n", (int)len, text, error.text);
		FUZZ_CHECK(json);
	}
	return json;
}

/* A text member is the field, or both are absent */
static void check_text(const json_t *json, const char *name, const char *field)
{
	const char *text = json_string_value(json_object_get(json, name));

	FUZZ_CHECK(!text == !field);
	FUZZ_CHECK(!text || !strcmp(text, field));
}

static void check_count(const json_t *json, const char *name, int64_t field)
{
	const json_t *member = json_object_get(json, name);

	FUZZ_CHECK(json_is_integer(member) == (field != CBX_NO_COUNT));
	FUZZ_CHECK(!member || json_integer_value(member) == field);
	FUZZ_CHECK(field == CBX_NO_COUNT || (field >= 0 && field < (int64_t)1 << 53));
}

/* A text that contract 1.1 allows: 1..64 bytes of UTF-8 */
static void check_length(const char *text)
{
	FUZZ_CHECK(!text || (*text && strlen(text) <= 64 && cbx_utf8_valid(text, strlen(text))));
}

static void check_fields(const struct cbx_status *status, const json_t *json)
{
	check_text(json, "system", status->system);
	check_text(json, "status", status->text);
	check_text(json, "percent_completed", status->percent_text);
	check_text(json, "download_speed", status->speed_text);
	check_text(json, "job_type", status->job_type);
	check_count(json, "job_id", status->job_id);
	check_count(json, "downloaded", status->downloaded);
	check_count(json, "total_files", status->total_files);
	FUZZ_CHECK(!json_object_get(json, "files_downloading") ||
		   json_is_array(json_object_get(json, "files_downloading")));
}

void fuzz_check_status(const struct cbx_status *status)
{
	cbx_auto(cbx_status_unrefp) struct cbx_status *again = NULL;
	const char *name = status->system;
	size_t len = strlen(name);
	json_t *json;

	FUZZ_CHECK(strlen(status->json) == status->json_len);
	FUZZ_CHECK(cbx_utf8_valid(status->json, status->json_len));
	FUZZ_CHECK(cbx_system_name(&name, &len) && name == status->system && !name[len]);
	check_length(status->text);
	check_length(status->speed_text);
	check_length(status->job_type);
	check_length(status->error_code);
	FUZZ_CHECK(status->percent_text ? status->percent >= 0 && status->percent <= 100
					: status->percent == -1);
	FUZZ_CHECK(isfinite(status->speed) && status->speed >= 0);
	json = fuzz_json(status->json, status->json_len);
	if (json)
		check_fields(status, json);
	json_decref(json);
	FUZZ_CHECK(!cbx_decode_status(status->json, status->json_len, &again));
	FUZZ_CHECK(cbx_status_equal(status, again));
	FUZZ_CHECK(again->speed == status->speed && again->percent == status->percent);
}

struct search {
	const void *bytes;
	size_t len;
};

static bool is_known(const struct cbx_json *key)
{
	static const char *const known[] = { "system",      "job_id",         "status",
					     "downloaded",  "download_speed", "percent_completed",
					     "total_files", "job_type" };
	size_t i;

	for (i = 0; i < CBX_COUNT(known); i++)
		if (cbx_json_is(key, known[i]))
			return true;
	return false;
}

static int look_up(void *user, const struct cbx_json *key, const struct cbx_json *value)
{
	struct search *search = user;

	FUZZ_CHECK(is_known(key) || memmem(search->bytes, search->len, value->raw, value->raw_len));
	return 0;
}

static const struct cbx_level members = { NULL, look_up, NULL };

static int enter_root(void *user, const struct cbx_json *key, enum cbx_json_type type,
		      const struct cbx_level **enter)
{
	(void)user;
	(void)key;
	FUZZ_CHECK(type == CBX_JSON_OBJECT);
	*enter = &members;
	return 0;
}

static const struct cbx_level root = { enter_root, NULL, NULL };

void fuzz_check_verbatim(const struct cbx_status *status, const void *bytes, size_t len)
{
	struct search search = { bytes, len };
	struct cbx_json_doc doc;

	FUZZ_CHECK(!cbx_json_open(status->json, status->json_len, &doc));
	FUZZ_CHECK(!cbx_json_walk(&doc, &root, &search));
	cbx_json_close(&doc);
}
