// SPDX-License-Identifier: MIT
/* sentences.c - collects sentences, and knows which is the newer one; phrases.c says them */
#include "controller/sentences.h"

#include "base/read.h"
#include "controller/phrases.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cbx_sentences_free(struct cbx_sentences *sentences)
{
	size_t i;

	for (i = 0; i < sentences->count; i++)
		free(sentences->list[i].json);
	free(sentences->list);
	sentences->list = NULL;
	sentences->count = sentences->capacity = 0;
}

/* < 0: @a is older */
static int compare(const struct cbx_sentence_place *a, const struct cbx_sentence_place *b)
{
	if (a->at_ms != b->at_ms)
		return a->at_ms < b->at_ms ? -1 : 1;
	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

static int compare_newest_first(const void *a, const void *b)
{
	return compare(&((const struct cbx_sentence *)b)->place,
		       &((const struct cbx_sentence *)a)->place);
}

void cbx_sentences_sort(struct cbx_sentences *sentences)
{
	if (sentences->count)
		qsort(sentences->list, sentences->count, sizeof(*sentences->list),
		      compare_newest_first);
}

struct cbx_before cbx_sentences_before(const struct cbx_sentences *sentences,
				       enum cbx_sentence_source source)
{
	const struct cbx_sentence_place *place = &sentences->before;

	if (source == place->source)
		return (struct cbx_before){ place->at_ms, place->id };
	return (struct cbx_before){ place->at_ms, source < place->source ? INT64_MAX : 0 };
}

static int keep(struct cbx_sentences *sentences, const struct cbx_sentence_place *place,
		struct cbx_text *json)
{
	struct cbx_sentence *list = sentences->list;
	size_t capacity = sentences->capacity ? 2 * sentences->capacity : 64;

	if (sentences->count == sentences->capacity) {
		list = realloc(list, capacity * sizeof(*list));
		if (!list)
			return -ENOMEM;
		sentences->list = list;
		sentences->capacity = capacity;
	}
	list[sentences->count].place = *place;
	if (cbx_text_take(json, &list[sentences->count].json, NULL) < 0)
		return -ENOMEM;
	sentences->count++;
	return 0;
}

/* A sentence of these parts */
static int add(struct cbx_sentences *sentences, const struct cbx_sentence_place *place,
	       const char *kind, struct cbx_text *phrase, struct cbx_text *data)
{
	cbx_auto(cbx_text_free) struct cbx_text json = { 0 };
	char time[CBX_TIME_TEXT];

	if (phrase->failed || data->failed)
		return -ENOMEM;
	cbx_time_text(place->at_ms, time);
	cbx_text_printf(&json, "{\"at\":\"%s\",\"kind\":\"%s\",\"text\":", time, kind);
	cbx_text_json(&json, phrase->bytes, phrase->len);
	cbx_text_puts(&json, ",\"data\":");
	cbx_text_add(&json, data->bytes, data->len);
	cbx_text_putc(&json, '}');
	return keep(sentences, place, &json);
}

static bool is_wanted(const struct cbx_sentences *sentences, const struct cbx_sentence_place *place)
{
	return compare(place, &sentences->before) < 0;
}

int cbx_sentences_add_order(void *user, const struct cbx_order_row *row)
{
	struct cbx_sentences *sentences = user;
	const struct cbx_sentence_place place = { row->at_ms, CBX_FROM_ORDERS, row->id };
	cbx_auto(cbx_text_free) struct cbx_text phrase = { 0 };
	cbx_auto(cbx_text_free) struct cbx_text data = { 0 };

	if (!is_wanted(sentences, &place))
		return 0;
	cbx_phrase_of_order(row, &phrase, &data);
	return add(sentences, &place, "ordered", &phrase, &data);
}

int cbx_sentences_add_history(void *user, const struct cbx_history_row *row)
{
	struct cbx_sentences *sentences = user;
	const struct cbx_sentence_place place = { row->at_ms, CBX_FROM_HISTORY, row->id };
	cbx_auto(cbx_text_free) struct cbx_text phrase = { 0 };
	cbx_auto(cbx_text_free) struct cbx_text data = { 0 };
	const char *kind;

	if (!is_wanted(sentences, &place))
		return 0;
	kind = cbx_phrase_of_history(row, &phrase, &data);
	return add(sentences, &place, kind, &phrase, &data);
}

int cbx_sentences_add_error(void *user, const struct cbx_error_row *row)
{
	struct cbx_sentences *sentences = user;
	const struct cbx_sentence_place place = { row->last_seen_ms, CBX_FROM_ERRORS, row->id };
	cbx_auto(cbx_text_free) struct cbx_text phrase = { 0 };
	cbx_auto(cbx_text_free) struct cbx_text data = { 0 };
	/* an error of the system as a whole concerns each of its jobs */
	bool concerns = sentences->job_id == CBX_NO_COUNT || row->job_id == CBX_NO_COUNT ||
			row->job_id == sentences->job_id;

	if (!concerns || !is_wanted(sentences, &place))
		return 0;
	cbx_phrase_of_error(row, &phrase, &data);
	return add(sentences, &place, "seen", &phrase, &data);
}

int cbx_sentences_add_stall(struct cbx_sentences *sentences, int64_t job_id, int64_t at_ms,
			    int64_t progress_at_ms)
{
	const struct cbx_sentence_place place = { at_ms, CBX_FROM_FIGURES, job_id };
	cbx_auto(cbx_text_free) struct cbx_text phrase = { 0 };
	cbx_auto(cbx_text_free) struct cbx_text data = { 0 };

	if (!is_wanted(sentences, &place))
		return 0;
	cbx_phrase_of_stall(sentences->system, job_id, progress_at_ms, &phrase, &data);
	return add(sentences, &place, "decided", &phrase, &data);
}

int cbx_sentences_add_stall_end(struct cbx_sentences *sentences, int64_t job_id,
				const struct cbx_figures *figures)
{
	const struct cbx_sentence_place place = { figures->stood_until_ms, CBX_FROM_FIGURES,
						  job_id };
	cbx_auto(cbx_text_free) struct cbx_text phrase = { 0 };
	cbx_auto(cbx_text_free) struct cbx_text data = { 0 };

	if (!is_wanted(sentences, &place))
		return 0;
	cbx_phrase_of_stall_end(sentences->system, job_id, figures, &phrase, &data);
	return add(sentences, &place, "seen", &phrase, &data);
}

/* Is its message_id "<system>/…", or that of the one job? */
static bool is_about(const struct cbx_sentences *sentences, const struct cbx_stream_entry *entry)
{
	size_t len = strlen(sentences->system);
	const char *rest = entry->id ? entry->id + len + 1 : NULL;
	char job[32];

	if (!entry->id || strncmp(entry->id, sentences->system, len) != 0 ||
	    entry->id[len] != '/' || !strcmp(entry->name, "incident"))
		return false;
	if (sentences->job_id == CBX_NO_COUNT)
		return true;
	snprintf(job, sizeof(job), "%lld/", (long long)sentences->job_id);
	if (!strcmp(entry->name, "outlook") || !strcmp(entry->name, "user_job_errors"))
		return cbx_phrase_name_job(entry, sentences->job_id);
	return !strcmp(entry->name, "update_job_status") && !strncmp(rest, job, strlen(job));
}

int cbx_sentences_add_event(void *user, const struct cbx_stream_entry *entry)
{
	struct cbx_sentences *sentences = user;
	struct cbx_sentence_place place = { 0, CBX_FROM_STREAM, 0 };
	cbx_auto(cbx_text_free) struct cbx_text phrase = { 0 };
	cbx_auto(cbx_text_free) struct cbx_text data = { 0 };
	const char *kind;
	char *end = NULL;

	place.at_ms = strtoll(entry->at, &end, 10);
	place.id = *end == '-' ? strtoll(end + 1, NULL, 10) : 0;
	if (!entry->name || !is_about(sentences, entry) || !is_wanted(sentences, &place))
		return 0;
	kind = cbx_phrase_of_event(entry, &phrase, &data);
	return add(sentences, &place, kind, &phrase, &data);
}

void cbx_sentence_cursor(const struct cbx_sentence_place *place, char out[CBX_SENTENCE_CURSOR])
{
	snprintf(out, CBX_SENTENCE_CURSOR, "x%lld.%d.%lld", (long long)place->at_ms,
		 (int)place->source, (long long)place->id);
}

bool cbx_sentence_cursor_read(const char *cursor, struct cbx_sentence_place *out)
{
	char again[CBX_SENTENCE_CURSOR];
	char *end = NULL;
	long long source;

	if (cursor[0] != 'x' || strlen(cursor) >= sizeof(again))
		return false;
	out->at_ms = strtoll(cursor + 1, &end, 10);
	if (*end != '.')
		return false;
	source = strtoll(end + 1, &end, 10);
	if (*end != '.' || source < CBX_FROM_ORDERS || source > CBX_FROM_FIGURES)
		return false;
	out->source = (enum cbx_sentence_source)source;
	out->id = strtoll(end + 1, &end, 10);
	/* exactly as we write it: no spaces, no number that does not fit */
	cbx_sentence_cursor(out, again);
	return !strcmp(cursor, again);
}
