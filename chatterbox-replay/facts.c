// SPDX-License-Identifier: MIT
/*
 * facts.c - compares what was told with what is told now
 *
 * What agrees is forgotten at once, so a long recording takes no more memory than what it differs
 * in; and of each job only the first facts that differ are kept.
 */
#include "facts.h"

#include "base/hash.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/text.h"
#include "common/utf8.h"
#include "decode/decode.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define KEPT 8
#define SHOWN 50

struct facts_list {
	UT_hash_handle hh;
	uint64_t agreed;
	uint64_t line; /* where they differ first */
	double seconds;
	size_t count[2];
	size_t more[2];
	char *texts[2][KEPT];
	char key[];
};

static struct facts_list *get(struct facts *facts, const char *key)
{
	size_t size = strlen(key) + 1;
	struct facts_list *list;

	HASH_FIND_STR(facts->lists, key, list);
	if (list)
		return list;
	list = calloc(1, sizeof(*list) + size);
	if (!list)
		return NULL;
	memcpy(list->key, key, size);
	if (cbx_hash_add(facts->lists, list->key, size - 1, list) < 0) {
		free(list);
		return NULL;
	}
	return list;
}

static void drop_first(struct facts_list *list, enum facts_side side)
{
	free(list->texts[side][0]);
	list->count[side]--;
	memmove(&list->texts[side][0], &list->texts[side][1],
		list->count[side] * sizeof(list->texts[side][0]));
}

static int add(struct facts *facts, enum facts_side side, const char *key, const char *text)
{
	struct facts_list *list = get(facts, key);
	enum facts_side other = side == FACTS_PLAYED ? FACTS_RECORDED : FACTS_PLAYED;

	if (!list)
		return -ENOMEM;
	if (!list->count[side] && list->count[other] && !strcmp(list->texts[other][0], text)) {
		drop_first(list, other);
		list->agreed++;
		facts->agreed++;
		return 0;
	}
	if (!list->count[side] && !list->count[other]) {
		list->line = facts->line;
		list->seconds = facts->seconds;
	}
	if (list->count[side] == KEPT) {
		list->more[side]++;
		return 0;
	}
	list->texts[side][list->count[side]] = strdup(text);
	return list->texts[side][list->count[side]++] ? 0 : -ENOMEM;
}

/* --- events --- */

static int add_status(struct facts *facts, enum facts_side side, const struct cbx_outbox_row *event,
		      size_t len)
{
	cbx_auto(cbx_status_unrefp) struct cbx_status *status = NULL;
	cbx_auto(cbx_text_free) struct cbx_text key = { 0 };
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	int result = cbx_decode_status(event->payload, len, &status);

	if (result < 0)
		return result;
	cbx_text_printf(&key, "%s/%lld", status->system, (long long)status->job_id);
	cbx_text_puts(&text, status->text);
	if (event->previous_status)
		cbx_text_printf(&text, " after %s", event->previous_status);
	else
		cbx_text_puts(&text, " at first");
	cbx_text_printf(&text, " (%s)", event->origin ?: "-");
	return key.failed || text.failed ? -ENOMEM : add(facts, side, key.bytes, text.bytes);
}

static const char *member(const json_t *json, const char *name)
{
	return json_string_value(json_object_get(json, name));
}

static int add_group(struct facts *facts, enum facts_side side, const json_t *params)
{
	cbx_auto(cbx_text_free) struct cbx_text key = { 0 };
	const char *system = member(params, "system_id");

	if (!system)
		return CHATTERBOX_E_DECODE;
	cbx_text_printf(&key, "%s, jobs of type %s", system,
			member(params, "job_type") ?: "(none)");
	return key.failed ? -ENOMEM
			  : add(facts, side, key.bytes,
				json_is_true(json_object_get(params, "paused")) ? "all paused"
										: "not all paused");
}

static int add_errors(struct facts *facts, enum facts_side side, const json_t *params)
{
	const char *system = member(json_array_get(params, 0), "system");
	size_t i;
	int result = system ? 0 : CHATTERBOX_E_DECODE;

	for (i = 0; !result && i < json_array_size(params); i++) {
		const json_t *error = json_array_get(params, i);
		cbx_auto(cbx_text_free) struct cbx_text key = { 0 };
		cbx_auto(cbx_text_free) struct cbx_text text = { 0 };

		cbx_text_printf(&key, "%s, errors of users", system);
		cbx_text_printf(&text, "%lld: %s, %s",
				(long long)json_integer_value(json_object_get(error, "job_id")),
				member(error, "code") ?: "-", member(error, "message") ?: "-");
		result = key.failed || text.failed ? -ENOMEM
						   : add(facts, side, key.bytes, text.bytes);
	}
	return result;
}

int facts_add(struct facts *facts, enum facts_side side, const struct cbx_outbox_row *event,
	      size_t payload_len)
{
	json_t *params = NULL;
	int result;

	if (!strcmp(event->name, "update_job_status"))
		return add_status(facts, side, event, payload_len);
	if (strcmp(event->name, "status") != 0 && strcmp(event->name, "user_job_errors") != 0)
		return 1;
	result = cbx_json_read(event->payload, payload_len, &params, NULL);
	if (!result)
		result = *event->name == 's' ? add_group(facts, side, params)
					     : add_errors(facts, side, params);
	json_decref(params);
	return result;
}

/* --- the difference --- */

/* Whatever a system calls its status must not move the cursor of who reads this */
static void write_text(FILE *out, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		uint32_t code = 0;
		size_t len = cbx_utf8_next(text, left, &code);

		if (!len || cbx_utf8_control(code))
			fputc('?', out);
		else
			fwrite(text, 1, len, out);
		text += len ?: 1;
		left -= len ?: 1;
	}
}

static void write_side(FILE *out, const char *name, const struct facts_list *list,
		       enum facts_side side)
{
	size_t i;

	fprintf(out, "  %s", name);
	for (i = 0; i < list->count[side]; i++)
		fputs(i ? "; " : "", out), write_text(out, list->texts[side][i]);
	if (!list->count[side])
		fputs("nothing more", out);
	if (list->more[side])
		fprintf(out, "; and %zu more", list->more[side]);
	fputc('\n', out);
}

static void show(struct facts *facts, const struct facts_list *list)
{
	if (++facts->shown > SHOWN)
		return;
	write_text(facts->out, list->key);
	fprintf(facts->out,
		": differs at line %" PRIu64 ", %.3f s after the begin, after %" PRIu64
		" that agree\n",
		list->line, list->seconds, list->agreed);
	write_side(facts->out, "recorded: ", list, FACTS_RECORDED);
	write_side(facts->out, "played:   ", list, FACTS_PLAYED);
}

/* Nothing but what a recording that ends in a commit had no time to say */
static bool is_unsaid(const struct facts *facts, const struct facts_list *list)
{
	return facts->open && list->line == facts->open && !list->count[FACTS_RECORDED];
}

void facts_close(struct facts *facts)
{
	struct facts_list *list;
	struct facts_list *next;

	HASH_ITER (hh, facts->lists, list, next) {
		if (is_unsaid(facts, list)) {
			facts->unsaid += list->count[FACTS_PLAYED] + list->more[FACTS_PLAYED];
		} else if (list->count[FACTS_RECORDED] || list->count[FACTS_PLAYED]) {
			facts->differ++;
			show(facts, list);
		}
		while (list->count[FACTS_RECORDED])
			drop_first(list, FACTS_RECORDED);
		while (list->count[FACTS_PLAYED])
			drop_first(list, FACTS_PLAYED);
		HASH_DEL(facts->lists, list);
		free(list);
	}
}
