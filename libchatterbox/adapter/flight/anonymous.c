// SPDX-License-Identifier: MIT
/* anonymous.c - which texts of a recording are names, and what stands in their place */
#include "adapter/flight/anonymous.h"

#include "base/read.h"
#include "common/cleanup.h"
#include "common/json.h"

#include <ctype.h>
#include <string.h>

/* Members whose value stays when it is one plain word */
static const char *const plain[] = {
	"what",       "why",        "event",      "event_category", "status",    "previous_status",
	"job_type",   "code",       "error_code", "origin",         "phase",     "state",
	"order",      "table",      "jsonrpc",    "door",           "pausedKey", "access",
	"runningKey", "erroredKey", "killedKey",  "completedKey",
};
/* Members whose value stays when it is a figure */
static const char *const figures[] = {
	"job_id",  "percent_completed", "download_speed", "downloaded", "total_files",
	"jsonrpc", "older_than",        "limit",          "seconds"
};
/* Other members that are known by their names, which stay; their texts do not */
static const char *const known[] = {
	"at",
	"system",
	"systems",
	"systemID",
	"system_id",
	"actor_id",
	"job",
	"jobs",
	"list",
	"asked",
	"sent",
	"body",
	"verb",
	"object",
	"target",
	"params",
	"result",
	"error",
	"id",
	"method",
	"message",
	"offline",
	"paused",
	"files_downloading",
	"time",
	"data",
	"info",
	"arrived",
	"until",
	"again",
	"hex",
	"malformed",
	"oversized",
	"discovery",
	"revision",
	"started_ms",
	"reports",
	"changes",
	"rmq",
	"sql",
	"redis",
	"updated_ms",
	"settings",
	"wall_ms",
	"db_ms",
	"reported",
	"checked_ms",
	"list_due",
	"applied",
	"since",
	"recorded",
	"unseen",
	"applied_ms",
	"first_seen_ms",
	"inferred",
	"lines",
	"dry_run",
	"unseen_times",
	"missing_times",
	"error_message",
	"check_job_status_time",
	"time_till_next_check",
	"offline_job_ttl",
	"progress_checkpoint",
	"history_retention",
	"rmq_rpc.poll_timeout",
	"limits.reply_bytes",
	"limits.jobs_per_reply",
};

/* --- SipHash-2-4, by its authors' description --- */

static uint64_t turn(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static void mix(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = turn(v[1], 13) ^ v[0];
	v[0] = turn(v[0], 32);
	v[2] += v[3];
	v[3] = turn(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = turn(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = turn(v[1], 17) ^ v[2];
	v[2] = turn(v[2], 32);
}

static void add(uint64_t v[4], uint64_t part)
{
	v[3] ^= part;
	mix(v);
	mix(v);
	v[0] ^= part;
}

static uint64_t hash(const struct cbx_anonymous_key *key, const char *bytes, size_t len)
{
	uint64_t v[4] = { key->half[0] ^ 0x736f6d6570736575, key->half[1] ^ 0x646f72616e646f6d,
			  key->half[0] ^ 0x6c7967656e657261, key->half[1] ^ 0x7465646279746573 };
	uint64_t part = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		part |= (uint64_t)(unsigned char)bytes[i] << (8 * (i % 8));
		if (i % 8 < 7)
			continue;
		add(v, part);
		part = 0;
	}
	add(v, part | (uint64_t)len << 56);
	v[2] ^= 0xff;
	for (i = 0; i < 4; i++)
		mix(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* --- what stays --- */

static bool is_of(const char *const *names, size_t count, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strlen(names[i]) == len && !memcmp(names[i], name, len))
			return true;
	return false;
}

#define IS_OF(names, text, len) is_of(names, CBX_COUNT(names), text, len)

static bool is_plain(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!isalpha((unsigned char)text[i]) && text[i] != '_')
			return false;
	return len && len <= 32;
}

static bool is_figure(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!text[i] || !strchr("0123456789.+-% kKMGTBibs/", text[i]))
			return false;
	return len && len <= 32 && isdigit((unsigned char)text[0]);
}

/* --- the line --- */

struct line {
	const struct cbx_anonymous_key *key;
	const char *at, *end;
	const char *member; /* of the value that comes next, or of the array that it is in */
	size_t member_len;
	struct cbx_text *out;
};

static bool is_known(const char *member, size_t len)
{
	return IS_OF(plain, member, len) || IS_OF(figures, member, len) ||
	       IS_OF(known, member, len);
}

static bool stays(const struct line *line, const char *text, size_t len)
{
	const char *member = line->member;

	return member && ((IS_OF(plain, member, line->member_len) && is_plain(text, len)) ||
			  (IS_OF(figures, member, line->member_len) && is_figure(text, len)));
}

/* The end of the text that begins at line->at, by its quote */
static const char *end_of_text(const struct line *line)
{
	const char *at = line->at + 1;

	while (at < line->end && *at != '"')
		at += *at == '\\' ? 2 : 1;
	return at < line->end ? at + 1 : line->end;
}

/* Whatever is written for the same name gives the same: escapes, spaces at its ends, and the case
 * of a status */
static void replace(struct line *line, const char *raw, size_t raw_len)
{
	char status[64];
	json_t *json = NULL; /* of another text than jansson takes its bytes are the name */
	const char *text = raw;
	size_t len = raw_len;
	size_t i;

	if (!cbx_json_read(raw, raw_len, &json, NULL) && json_is_string(json)) {
		text = json_string_value(json);
		len = json_string_length(json);
	}
	cbx_trim(&text, &len);
	if (line->member && IS_OF(plain, line->member, line->member_len) && len <= sizeof(status)) {
		for (i = 0; i < len; i++)
			status[i] = (char)tolower((unsigned char)text[i]);
		text = status;
	}
	cbx_text_printf(line->out, "\"n%016llx\"", (unsigned long long)hash(line->key, text, len));
	json_decref(json);
}

static void take_text(struct line *line)
{
	const char *raw = line->at;
	const char *end = end_of_text(line);
	size_t len = (size_t)(end - raw);
	bool quoted = len >= 2;
	bool is_member;

	while (end < line->end && isspace((unsigned char)*end))
		end++;
	is_member = end < line->end && *end == ':';

	line->at = end;
	if (is_member) {
		line->member = raw + 1;
		line->member_len = quoted ? len - 2 : 0;
	}
	if (quoted && (is_member ? is_known(raw + 1, len - 2) : stays(line, raw + 1, len - 2)))
		cbx_text_add(line->out, raw, len);
	else
		replace(line, raw, len);
}

int cbx_anonymise(const struct cbx_anonymous_key *key, const char *text, size_t len,
		  struct cbx_text *out)
{
	struct line line = { .key = key, .at = text, .end = text + len, .out = out };

	while (line.at < line.end) {
		if (*line.at == '"') {
			take_text(&line);
			continue;
		}
		/* what follows a container is no value of a member inside it */
		if (strchr("{}]", *line.at))
			line.member = NULL;
		cbx_text_putc(out, *line.at++);
	}
	return out->failed ? -ENOMEM : 0;
}
