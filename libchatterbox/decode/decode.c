// SPDX-License-Identifier: MIT
/*
 * decode.c - the entry points of the decoder, and the checks that need the whole document
 *
 * While a document is read, statuses and names are only collected. Afterwards they are sorted, and
 * duplicates are dropped: of two statuses of one job the later one is kept, at the place of the
 * earlier one, and a system is named once. Sorting keeps this fast whatever the input is. An answer
 * is checked here to be one: a document that says nothing about jobs must not be taken for "this
 * system has none".
 *
 * Whether a body is bare or in a JSON-RPC envelope has to be known before the document is read,
 * since members may come in any order, so the names at the root are looked at first. `jsonrpc`
 * means an envelope. A name that only a bare body has means none, so that a bare status may have a
 * member called `params`. If there is neither, `params` or `result` mean an envelope. The first
 * telling name ends the search, which makes it cheap.
 */
#include "decode/decode.h"

#include "common/cleanup.h"
#include "decode/reader.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *cbx_member_name(enum cbx_member member)
{
	static const char *const names[CBX_MEMBERS] = {
		"system",      "job_id",         "status",   "percent_completed", "downloaded",
		"total_files", "download_speed", "job_type", "files_downloading", "other",
		"duplicate",   "report",
	};

	return names[member];
}

static void free_names(char **names, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

void cbx_reply_free(struct cbx_reply *reply)
{
	size_t i;

	if (!reply)
		return;
	for (i = 0; i < reply->count; i++)
		cbx_status_unref(reply->statuses[i]);
	free(reply->statuses);
	free_names(reply->systems, reply->system_count);
	free_names(reply->offline, reply->offline_count);
	free(reply->rejected);
	free(reply);
}

/* Orders two statuses by system and job_id */
static int compare_jobs(const struct cbx_status *a, const struct cbx_status *b)
{
	if (a->job_id != b->job_id)
		return a->job_id < b->job_id ? -1 : 1;
	return strcmp(a->system, b->system);
}

static int compare_places(const void *a, const void *b)
{
	struct cbx_status **x = *(struct cbx_status * *const *)a;
	struct cbx_status **y = *(struct cbx_status * *const *)b;
	int order = compare_jobs(*x, *y);

	return order ? order : (x < y ? -1 : x > y);
}

static void keep_later(struct cbx_reply *reply, struct cbx_status ***places)
{
	struct cbx_status **first;
	size_t kept = 0;
	size_t i;

	for (i = 0; i < reply->count; i++)
		places[i] = &reply->statuses[i];
	qsort(places, reply->count, sizeof(*places), compare_places);
	first = places[0];
	for (i = 1; i < reply->count; i++) {
		if (compare_jobs(*first, *places[i]) != 0) {
			first = places[i];
			continue;
		}
		cbx_status_unref(*first);
		*first = cbx_steal(*places[i]);
		reply->rejects[CBX_MEMBER_DUPLICATE]++;
	}
	for (i = 0; i < reply->count; i++)
		if (reply->statuses[i])
			reply->statuses[kept++] = reply->statuses[i];
	reply->count = kept;
}

static int finish_statuses(struct cbx_reply *reply)
{
	struct cbx_status ***places;
	size_t i;

	/* they usually come sorted, and then there are no duplicates */
	for (i = 1; i < reply->count; i++)
		if (compare_jobs(reply->statuses[i - 1], reply->statuses[i]) >= 0)
			break;
	if (i >= reply->count)
		return 0;
	places = malloc(reply->count * sizeof(*places));
	if (!places)
		return -ENOMEM;
	keep_later(reply, places);
	free(places);
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void finish_names(char **names, size_t *count)
{
	size_t kept = 1;
	size_t i;

	if (*count < 2)
		return;
	qsort(names, *count, sizeof(char *), compare_names);
	for (i = 1; i < *count; i++) {
		if (strcmp(names[kept - 1], names[i]) != 0)
			names[kept++] = names[i];
		else
			free(names[i]);
	}
	*count = kept;
}

enum verdict { UNDECIDED, WRAPPED, BARE };

struct look {
	enum verdict weak;
};

static int judge(void *context, const struct cbx_json *key)
{
	static const char *const bare[] = { "verb",   "object",    "system",   "job_id",
					    "status", "system_id", "systemID", "actor_id" };
	static const char *const wrapped[] = { "params", "result", "error" };
	struct look *look = context;
	size_t i;

	if (cbx_json_is(key, "jsonrpc"))
		return WRAPPED;
	for (i = 0; i < CBX_COUNT(bare); i++)
		if (cbx_json_is(key, bare[i]))
			return BARE;
	for (i = 0; i < CBX_COUNT(wrapped); i++)
		if (cbx_json_is(key, wrapped[i]))
			look->weak = WRAPPED;
	return 0;
}

static int look_open(void *context, const struct cbx_json *key, enum cbx_json_type type,
		     const struct cbx_level **enter)
{
	(void)type;
	(void)enter;
	return judge(context, key);
}

static int look_take(void *context, const struct cbx_json *key, const struct cbx_json *value)
{
	(void)value;
	return judge(context, key);
}

static const struct cbx_level look_members = { look_open, look_take, NULL };

static int root_open(void *context, const struct cbx_json *key, enum cbx_json_type type,
		     const struct cbx_level **enter)
{
	(void)context;
	(void)key;
	if (type != CBX_JSON_OBJECT)
		return BARE;
	*enter = &look_members;
	return 0;
}

static int root_take(void *context, const struct cbx_json *key, const struct cbx_json *value)
{
	(void)context;
	(void)key;
	(void)value;
	return BARE;
}

static const struct cbx_level look_root = { root_open, root_take, NULL };

/* Is the document in an envelope? */
static int is_wrapped(struct cbx_json_doc *doc, bool *wrapped)
{
	struct look look = { UNDECIDED };
	int result = cbx_json_walk(doc, &look_root, &look);

	if (result < 0)
		return result;
	*wrapped = (result ? (enum verdict)result : look.weak) == WRAPPED;
	return 0;
}

static bool is_body(const struct cbx_json *key)
{
	return cbx_json_is(key, "result") || cbx_json_is(key, "params");
}

static int member_open(void *context, const struct cbx_json *key, enum cbx_json_type type,
		       const struct cbx_level **enter)
{
	struct cbx_reader *reader = context;
	int error;

	if (is_body(key)) {
		error = cbx_reader_once(reader, CBX_FRAME_BODY);
		return error ? error : reader->body->open(reader, NULL, type, enter);
	}
	if (cbx_json_is(key, "error") && type == CBX_JSON_OBJECT) {
		reader->reply->is_error = true;
		*enter = &cbx_level_rpc_error;
		return cbx_reader_once(reader, CBX_FRAME_ERROR);
	}
	return 0;
}

static int member_take(void *context, const struct cbx_json *key, const struct cbx_json *value)
{
	struct cbx_reader *reader = context;
	int error;

	/* JSON-RPC 1.0 sends both, one of them null */
	if (value->type == CBX_JSON_NULL)
		return 0;
	if (cbx_json_is(key, "error"))
		return CHATTERBOX_E_DECODE;
	if (!is_body(key))
		return 0;
	error = cbx_reader_once(reader, CBX_FRAME_BODY);
	return error ? error : reader->body->take(reader, NULL, value);
}

static const struct cbx_level envelope_members = { member_open, member_take, NULL };

static int envelope_open(void *context, const struct cbx_json *key, enum cbx_json_type type,
			 const struct cbx_level **enter)
{
	(void)context;
	(void)key;
	(void)type;
	*enter = &envelope_members;
	return 0;
}

/* The root of a document in an envelope; continues with reader->body */
static const struct cbx_level body_in_envelope = { envelope_open, NULL, NULL };

/* Reads the document, bare or in an envelope, and fills the reply */
static int read_document(struct cbx_reader *reader, const char *bytes, size_t len,
			 bool may_be_wrapped)
{
	struct cbx_json_doc doc;
	bool wrapped = false;
	int error;

	if (reader->limits && len > reader->limits->bytes)
		return CHATTERBOX_E_LIMIT;
	reader->reply = calloc(1, sizeof(*reader->reply));
	if (!reader->reply)
		return -ENOMEM;
	reader->status.rejects = reader->reply->rejects;
	error = cbx_json_open(bytes, len, &doc);
	if (error)
		return error;
	if (may_be_wrapped)
		error = is_wrapped(&doc, &wrapped);
	if (reader->known) {
		doc.known_in = &cbx_level_jobs;
		doc.known = cbx_reader_known;
	}
	if (!error)
		error = cbx_json_walk(&doc, wrapped ? &body_in_envelope : reader->body, reader);
	cbx_json_close(&doc);
	if (!error && wrapped && !(reader->frame & (CBX_FRAME_BODY | CBX_FRAME_ERROR)))
		error = CHATTERBOX_E_DECODE;
	return error ? error : finish_statuses(reader->reply);
}

static void close_reader(struct cbx_reader *reader)
{
	cbx_status_reader_free(&reader->status);
	cbx_reply_free(reader->reply);
}

/* An answer that says nothing about jobs must not be taken for one without jobs */
static int check_answer(struct cbx_reader *reader)
{
	struct cbx_reply *reply = reader->reply;

	if (!strcmp(reply->event, "error"))
		reply->is_error = true;
	if (reply->is_error)
		return 0;
	reply->code[0] = '\0';
	reply->message[0] = '\0';
	if (!(reader->frame & CBX_FRAME_OBJECT))
		return CHATTERBOX_E_DECODE;
	if ((!strcmp(reply->event, "job_list") || !strcmp(reply->event, "job_status")) &&
	    !(reader->frame & (CBX_FRAME_JOBS | CBX_FRAME_OFFLINE)))
		return CHATTERBOX_E_DECODE;
	return 0;
}

int cbx_decode_reply(const char *bytes, size_t len, const struct cbx_decode_limits *limits,
		     struct cbx_reply **out)
{
	return cbx_decode_reply_knowing(bytes, len, limits, NULL, out);
}

int cbx_decode_reply_knowing(const char *bytes, size_t len, const struct cbx_decode_limits *limits,
			     const struct cbx_known *known, struct cbx_reply **out)
{
	cbx_auto(close_reader) struct cbx_reader reader = { .limits = limits,
							    .body = &cbx_body_of_reply,
							    .known = known };
	int error = read_document(&reader, bytes, len, true);

	if (!error)
		error = check_answer(&reader);
	if (error)
		return error;
	reader.reply->has_systems = reader.frame & CBX_FRAME_SYSTEMS;
	reader.reply->has_jobs = reader.frame & CBX_FRAME_JOBS;
	finish_names(reader.reply->systems, &reader.reply->system_count);
	finish_names(reader.reply->offline, &reader.reply->offline_count);
	*out = cbx_steal(reader.reply);
	return 0;
}

int cbx_decode_report(const char *bytes, size_t len, const struct cbx_decode_limits *limits,
		      struct cbx_reply **out)
{
	cbx_auto(close_reader) struct cbx_reader reader = { .limits = limits,
							    .body = &cbx_body_of_report };
	int error = read_document(&reader, bytes, len, true);

	if (!error && reader.reply->is_error)
		error = CHATTERBOX_E_DECODE;
	if (error)
		return error;
	*out = cbx_steal(reader.reply);
	return 0;
}

int cbx_decode_systems(const char *bytes, size_t len, const struct cbx_decode_limits *limits,
		       struct cbx_reply **out)
{
	cbx_auto(close_reader) struct cbx_reader reader = { .limits = limits,
							    .body = &cbx_body_of_systems };
	int error = read_document(&reader, bytes, len, true);

	if (!error && reader.reply->is_error)
		error = CHATTERBOX_E_DECODE;
	if (error)
		return error;
	finish_names(reader.reply->systems, &reader.reply->system_count);
	*out = cbx_steal(reader.reply);
	return 0;
}

int cbx_decode_status(const char *bytes, size_t len, struct cbx_status **out)
{
	cbx_auto(close_reader) struct cbx_reader reader = { .body = &cbx_body_of_status };
	int error = read_document(&reader, bytes, len, false);

	if (error)
		return error;
	if (!reader.reply->count)
		return CHATTERBOX_E_DECODE;
	*out = cbx_status_ref(reader.reply->statuses[0]);
	return 0;
}
