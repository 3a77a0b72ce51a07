// SPDX-License-Identifier: MIT
/*
 * envelope.c - finds out whether a body is bare or in a JSON-RPC envelope
 *
 * This has to be known before the document is read, since members may come in any order, so the
 * names at the root are looked at first. `jsonrpc` means an envelope. A name that only a bare body
 * has means none, so that a bare status may have a member called `params`. If there is neither,
 * `params` or `result` mean an envelope. The first telling name ends the search, which makes it
 * cheap.
 */
#include "decode/reader.h"

#include "common/cleanup.h"

#include <chatterbox/error.h>

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

int cbx_reader_is_wrapped(struct cbx_json_doc *doc, bool *wrapped)
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

const struct cbx_level cbx_body_in_envelope = { envelope_open, NULL, NULL };
