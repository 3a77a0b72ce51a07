// SPDX-License-Identifier: MIT
/*
 * explain.c - the call job.explain: what was seen, decided, told and ordered, newest first
 *
 * Each source gives what comes before the cursor, a page of it at most; together they are sorted
 * and cut. The stream is read last, and only from where the page begins, since it holds everybody's
 * events. Without Redis the rest is said.
 */
#include "base/read.h"
#include "controller/job_api.h"
#include "controller/orders.h"
#include "controller/sentences.h"
#include "port/directory.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ERRORS_PAGE 1000
#define ERRORS_PAGES 10
#define STREAM_PAGE 1000
/* Clocks of SQL and Redis may differ by that, and an event may wait for its broker */
#define STREAM_SLACK_MS 300000
/* Sentences that are held while the stream is read */
#define HELD_MOST 4096

struct question {
	struct cbx_sentences sentences;
	char name[80]; /* the system's, trimmed */
	struct cbx_page page;
	bool pages;     /* it has a cursor */
	bool known;     /* there is such a job or system */
	bool no_stream; /* what was told is not known now */
	bool stopped;   /* the rest of the stream is newer than the page */
};

static int note_history(void *user, const struct cbx_history_row *row)
{
	(void)row;
	*(bool *)user = true;
	return 0;
}

static int note_job(void *user, const struct cbx_row *row)
{
	(void)row;
	*(bool *)user = true;
	return 0;
}

struct errors {
	struct cbx_sentences *sentences;
	int64_t last_id;
	size_t count;
};

static int take_error(void *user, const struct cbx_error_row *row)
{
	struct errors *errors = user;

	errors->last_id = row->id;
	errors->count++;
	return cbx_sentences_add_error(errors->sentences, row);
}

/* A system has few: one for each job and code */
static int ask_errors(struct cbx_sql *sql, struct cbx_sentences *sentences)
{
	struct errors errors = { sentences, 0, ERRORS_PAGE };
	int pages;
	int result = 0;

	for (pages = 0; !result && errors.count == ERRORS_PAGE && pages < ERRORS_PAGES; pages++) {
		errors.count = 0;
		result = sql->errors->page(sql, sentences->system, errors.last_id, ERRORS_PAGE,
					   take_error, &errors);
	}
	return result;
}

static int find_out(struct cbx_sql *sql, struct question *question)
{
	const struct cbx_sentences *sentences = &question->sentences;
	int result = sql->history->page(sql, sentences->system, sentences->job_id, 0, 1,
					note_history, &question->known);

	if (!result && !question->known && sentences->job_id != CBX_NO_COUNT)
		result = sql->directory->find_job(sql, sentences->system, sentences->job_id,
						  note_job, &question->known);
	return result < 0 ? result : 0;
}

static int ask(struct cbx_sql *sql, void *user)
{
	struct question *question = user;
	struct cbx_sentences *sentences = &question->sentences;
	struct cbx_before before = cbx_sentences_before(sentences, CBX_FROM_HISTORY);
	size_t most = question->page.limit + 1;
	int result = question->known ? 0 : find_out(sql, question);

	/* the connection was lost in the middle, and all is asked again */
	cbx_sentences_free(sentences);
	if (result || !question->known)
		return result;
	result = sql->history->before(sql, sentences->system, sentences->job_id, &before, most,
				      cbx_sentences_add_history, sentences);
	before = cbx_sentences_before(sentences, CBX_FROM_ORDERS);
	if (!result)
		result = sql->orders->page(sql, sentences->system, sentences->job_id, &before, most,
					   cbx_sentences_add_order, sentences);
	return result ? result : ask_errors(sql, sentences);
}

/* That it stands still, and that it did */
static int add_stall(const struct cbx_job *job, const struct cbx_moment *moment,
		     struct cbx_sentences *sentences)
{
	uint64_t stood = job->figures.stood_ms * CBX_MS;
	struct cbx_job_figures figures;
	int64_t at_ms;
	int result = 0;

	if (stood && stood >= moment->stall_after)
		result = cbx_sentences_add_stall_end(sentences, job->status->job_id, &job->figures);
	cbx_job_figures_at(job, false, moment, &figures);
	if (result || !figures.stalled || !figures.progress_at_ms)
		return result;
	/* not later than now, if the clocks differ */
	at_ms = figures.progress_at_ms + (int64_t)(moment->stall_after / CBX_MS);
	if (at_ms > moment->wall_ms)
		at_ms = moment->wall_ms;
	return cbx_sentences_add_stall(sentences, job->status->job_id, at_ms,
				       figures.progress_at_ms);
}

/* The job, or all of the system, as they are now */
static int add_stalls(struct cbx_request_worker *worker, struct cbx_sentences *sentences)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot =
		cbx_snapshot_slot_get(worker->slot);
	const struct cbx_job_list *list = cbx_frozen_jobs_find(snapshot->jobs, sentences->system);
	struct cbx_moment moment;
	size_t i;
	int result = 0;

	cbx_request_worker_moment(worker, snapshot, &moment);
	for (i = 0; list && !result && i < list->count; i++)
		if (sentences->job_id == CBX_NO_COUNT ||
		    list->jobs[i]->status->job_id == sentences->job_id)
			result = add_stall(list->jobs[i], &moment, sentences);
	cbx_moment_close(&moment);
	return result;
}

/* The newest that may be on the page, and one more if there is one */
static void cut(struct question *question)
{
	struct cbx_sentences *sentences = &question->sentences;
	size_t most = question->page.limit + 1;

	cbx_sentences_sort(sentences);
	while (sentences->count > most)
		free(sentences->list[--sentences->count].json);
}

/* From where on events of the stream may belong to the page */
static void find_begin(const struct question *question, char position[CBX_STREAM_POSITION])
{
	const struct cbx_sentences *sentences = &question->sentences;
	int64_t ms = 0;

	if (sentences->count > question->page.limit)
		ms = sentences->list[question->page.limit].place.at_ms;
	else if (sentences->count && !question->pages)
		ms = sentences->list[sentences->count - 1].place.at_ms - STREAM_SLACK_MS;
	snprintf(position, CBX_STREAM_POSITION, "%lld-0", ms > 0 ? (long long)ms : 0);
}

static int take_event(void *user, const struct cbx_stream_entry *entry)
{
	struct question *question = user;

	question->stopped = strtoll(entry->at, NULL, 10) > question->sentences.before.at_ms;
	return question->stopped ? 1 : cbx_sentences_add_event(&question->sentences, entry);
}

/* 1 = there is no more */
static int read_portion(struct cbx_state *state, struct question *question,
			char position[CBX_STREAM_POSITION])
{
	char before[CBX_STREAM_POSITION];
	char newest[CBX_STREAM_POSITION] = "";
	int result;

	memcpy(before, position, sizeof(before));
	result = state->ops->read_events(state, position, STREAM_PAGE, take_event, question);
	if (question->stopped)
		return 1;
	if (result == 1) {
		/* it begins later than that, or ends before it */
		result = state->ops->read_events(state, newest, 1, take_event, question);
		if (!result && cbx_stream_position_compare(newest, before) <= 0)
			return 1;
		snprintf(position, CBX_STREAM_POSITION, "0-0");
		return result;
	}
	if (!result && !strcmp(before, position))
		return 1;
	if (question->sentences.count > HELD_MOST)
		cut(question);
	return result;
}

/* The lock is free between two portions: others wait for SQL meanwhile */
static int read_stream(struct cbx_request_worker *worker, struct question *question)
{
	char position[CBX_STREAM_POSITION];
	int result = 0;

	find_begin(question, position);
	while (!result) {
		pthread_mutex_lock(&worker->lock);
		result = cbx_link_ensure(&worker->state_link);
		if (result >= 0)
			result = read_portion(worker->state, question, position);
		if (result < 0 && result != -ENOMEM)
			cbx_link_lost(&worker->state_link, result);
		pthread_mutex_unlock(&worker->lock);
	}
	question->no_stream = result < 0;
	return result == -ENOMEM ? result : 0;
}

static int take_params(struct cbx_call *call, struct question *question, char error[256])
{
	struct cbx_sentences *sentences = &question->sentences;
	const char *cursor = NULL;
	const char *name = NULL;
	int result = cbx_param_text(call, "system", true, &name, error);

	sentences->before = CBX_SENTENCES_END;
	/* a name that no system can have is an unknown system */
	if (!result)
		sentences->system = cbx_system_trim(name, question->name);
	if (!result)
		result = cbx_param_count(call, "job_id", false, &sentences->job_id, error);
	if (!result && sentences->job_id < 0)
		sentences->job_id = CBX_NO_COUNT;
	if (!result)
		result = cbx_param_text(call, "cursor", false, &cursor, error);
	if (!result && cursor && !cbx_sentence_cursor_read(cursor, &sentences->before)) {
		snprintf(error, 256, "cursor: takes the `next` of an earlier page");
		result = -EINVAL;
	}
	question->pages = cursor;
	if (result < 0)
		return result;
	json_object_del(call->params, "cursor");
	return cbx_page_parse(call->params, &question->page, error);
}

/* Does the snapshot know it? */
static bool is_shown(struct cbx_request_worker *worker, const struct cbx_sentences *sentences)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot =
		cbx_snapshot_slot_get(worker->slot);

	if (sentences->job_id != CBX_NO_COUNT)
		return cbx_job_api_find(snapshot, sentences->system, sentences->job_id);
	return cbx_system_list_find(snapshot->systems, sentences->system);
}

static int fail_unknown(const struct cbx_sentences *sentences, char error[256])
{
	if (sentences->job_id != CBX_NO_COUNT)
		snprintf(error, 256, "no job %lld of system %.64s is known",
			 (long long)sentences->job_id, sentences->system);
	else
		snprintf(error, 256, "no system %.64s is known", sentences->system);
	return CHATTERBOX_E_UNKNOWN;
}

static void write_answer(const struct question *question, struct cbx_text *text)
{
	const struct cbx_sentences *sentences = &question->sentences;
	size_t limit = question->page.limit;
	char cursor[CBX_SENTENCE_CURSOR];
	size_t i;

	cbx_text_puts(text, "{\"sentences\":[");
	for (i = 0; i < sentences->count && i < limit; i++) {
		cbx_text_puts(text, i ? "," : "");
		cbx_text_puts(text, sentences->list[i].json);
	}
	if (sentences->count > limit) {
		cbx_sentence_cursor(&sentences->list[limit - 1].place, cursor);
		cbx_text_printf(text, "],\"next\":\"%s\"", cursor);
	} else {
		cbx_text_puts(text, "],\"next\":null");
	}
	cbx_text_puts(text, question->no_stream ? ",\"told\":\"unknown\"}" : "}");
}

void cbx_request_worker_explain(struct cbx_request_worker *worker, struct cbx_call *call)
{
	struct cbx_text text = { 0 };
	struct question question = { 0 };
	char error[256] = "";
	int result = take_params(call, &question, error);

	if (!result) {
		question.known = is_shown(worker, &question.sentences);
		result = cbx_request_worker_query(worker, ask, &question, error);
	}
	if (!result && !question.known)
		result = fail_unknown(&question.sentences, error);
	if (!result)
		result = add_stalls(worker, &question.sentences);
	cut(&question);
	if (!result && worker->state)
		result = read_stream(worker, &question);
	cut(&question);
	if (!result)
		write_answer(&question, &text);
	cbx_sentences_free(&question.sentences);
	cbx_call_end(call, result, &text, error);
}
