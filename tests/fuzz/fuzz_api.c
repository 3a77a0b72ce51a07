// SPDX-License-Identifier: MIT
/*
 * fuzz_api.c - the parameters of paged questions: limits, cursors, filters
 *
 * The input is the JSON of the parameters. Whatever is accepted answers JSON, with no more than its
 * limit, only jobs after its cursor, in order; and its pages, followed to the end, hold each job
 * that the first one counts.
 */
#include "fuzz.h"

#include "common/utf8.h"
#include "controller/job_api.h"
#include "decode/decode.h"
#include "port/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct cbx_snapshot snapshot;
static const struct cbx_moment moment = { .now = 1000 * CBX_SECOND,
					  .wall_ms = 1000000,
					  .stall_after = 900 * CBX_SECOND,
					  .stale_after = 30 * CBX_SECOND };
static const char *const words[][3] = {
	{ "ABC1", "Running", "Music" },     { "ABC1", "Paused", "Film" },
	{ "ABC1", "Queued", "Music" },      { "A\xc3\xa9 b", "Running", "x" },
	{ "A\xc3\xa9 b", "odd \\\"x", "" }, { "~", "Running", "Music" },
};

static struct cbx_job *make_job(size_t i)
{
	struct cbx_status *status = NULL;
	struct cbx_job *job = NULL;
	char text[256];
	int len =
		snprintf(text, sizeof(text),
			 "{\"system\":\"%s\",\"job_id\":%zu,\"status\":\"%s\",\"job_type\":\"%s\"}",
			 words[i][0], i + 7, words[i][1], words[i][2]);

	FUZZ_CHECK(!cbx_decode_status(text, (size_t)len, &status));
	FUZZ_CHECK(!cbx_job_new(status, &job));
	cbx_status_unref(status);
	job->phase = CBX_LIVE;
	job->origin = i % 2 ? CBX_OCD : CBX_USER;
	job->kind = !strcmp(words[i][1], "Running") ? CBX_RUNNING : CBX_OTHER;
	return job;
}

static void add_system(struct cbx_active_jobs *jobs, struct cbx_systems *systems, size_t from,
		       size_t count)
{
	struct cbx_job *made[CBX_COUNT(words)];
	struct cbx_job_list *list = NULL;
	struct cbx_system_entry *entry = cbx_systems_get(systems, words[from][0]);
	size_t i;

	for (i = 0; i < count; i++)
		made[i] = make_job(from + i);
	FUZZ_CHECK(!cbx_job_list_new(made, count, &list));
	FUZZ_CHECK(!cbx_active_jobs_set(jobs, words[from][0], list));
	FUZZ_CHECK(entry && !cbx_systems_set(systems, entry, CBX_ONLINE, 1, true));
	cbx_job_list_unref(list);
	for (i = 0; i < count; i++)
		cbx_job_unref(made[i]);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct cbx_active_jobs *all_jobs = NULL;
	struct cbx_systems *all_systems = NULL;

	(void)argc;
	(void)argv;
	FUZZ_CHECK(!cbx_active_jobs_new(&all_jobs) && !cbx_systems_new(&all_systems));
	add_system(all_jobs, all_systems, 0, 3);
	add_system(all_jobs, all_systems, 3, 2);
	add_system(all_jobs, all_systems, 5, 1);
	FUZZ_CHECK(!cbx_active_jobs_freeze(all_jobs, &snapshot.jobs));
	FUZZ_CHECK(!cbx_systems_freeze(all_systems, &snapshot.systems));
	cbx_active_jobs_free(all_jobs);
	cbx_systems_free(all_systems);
	return 0;
}

struct question {
	int (*ask)(const json_t *params, struct cbx_text *out, char error[CBX_API_ERROR]);
	const char *list, *name;
};

static int ask_jobs(const json_t *params, struct cbx_text *out, char error[CBX_API_ERROR])
{
	return cbx_job_api_jobs(&snapshot, params, &moment, out, error);
}

static int ask_systems(const json_t *params, struct cbx_text *out, char error[CBX_API_ERROR])
{
	return cbx_job_api_systems(&snapshot, params, out, error);
}

static const struct question jobs = { ask_jobs, "jobs", "system" };
static const struct question systems = { ask_systems, "systems", "systemID" };

/* With detail a row holds its job */
static const json_t *job_in(const json_t *row)
{
	const json_t *job = json_object_get(row, "job");

	return job ? job : row;
}

/* Is @b after @a, by system and job_id? */
static bool is_after(const json_t *row_a, const json_t *row_b, const char *name)
{
	const json_t *a = job_in(row_a);
	const json_t *b = job_in(row_b);
	int order = strcmp(json_string_value(json_object_get(a, name)),
			   json_string_value(json_object_get(b, name)));

	return order < 0 || (!order && json_integer_value(json_object_get(a, "job_id")) <
					       json_integer_value(json_object_get(b, "job_id")));
}

/* One page; NULL when it is refused */
static json_t *ask(const struct question *question, const json_t *params, size_t limit)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	char error[CBX_API_ERROR] = "";
	int result = question->ask(params, &text, error);
	json_t *page;
	json_t *rows;
	size_t i;

	FUZZ_CHECK(!result || (result == -EINVAL && *error));
	FUZZ_CHECK(cbx_utf8_valid(error, strlen(error)));
	if (result)
		return NULL;
	page = fuzz_json(text.bytes, text.len);
	rows = json_object_get(page, question->list);
	FUZZ_CHECK(json_is_array(rows) && json_array_size(rows) <= limit);
	for (i = 1; i < json_array_size(rows) && !json_object_get(params, "sort"); i++)
		FUZZ_CHECK(is_after(json_array_get(rows, i - 1), json_array_get(rows, i),
				    question->name));
	return page;
}

/* Follows the pages: how many rows they have in all */
static size_t follow(const struct question *question, json_t *params, size_t limit)
{
	json_t *page = ask(question, params, limit);
	size_t count = json_array_size(json_object_get(page, question->list));

	while (page && json_is_string(json_object_get(page, "next"))) {
		json_object_set(params, "cursor", json_object_get(page, "next"));
		json_decref(page);
		page = ask(question, params, limit);
		FUZZ_CHECK(json_array_size(json_object_get(page, question->list)));
		count += json_array_size(json_object_get(page, question->list));
	}
	json_decref(page);
	return count;
}

static void check_cursor(const struct cbx_page *page)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	char error[CBX_API_ERROR] = "";
	struct cbx_page again;
	json_t *params;

	cbx_page_next(&text, page->system, page->job_id);
	params = json_pack("{s:o}", "cursor", fuzz_json(text.bytes, text.len));
	FUZZ_CHECK(!cbx_page_parse(params, &again, error));
	FUZZ_CHECK(!strcmp(again.system, page->system) && again.job_id == page->job_id);
	json_decref(params);
}

static void try_params(json_t *params)
{
	char error[CBX_API_ERROR] = "";
	struct cbx_page page;
	json_t *first;
	json_int_t total;

	if (cbx_page_parse(params, &page, error))
		return;
	FUZZ_CHECK(page.limit >= 1 && page.limit <= 1000);
	if (page.system[0])
		check_cursor(&page);
	/* an answer counts all that the filter takes, wherever its page begins */
	json_object_del(params, "cursor");
	first = ask(&jobs, params, page.limit);
	total = json_integer_value(json_object_get(first, "total"));
	FUZZ_CHECK(!first || (size_t)total == follow(&jobs, params, page.limit));
	json_decref(first);
	json_object_del(params, "cursor");
	/* the others have other values there */
	json_object_del(params, "status");
	json_object_del(params, "q");
	FUZZ_CHECK(follow(&systems, params, page.limit) == 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *params = json_loadb((const char *)data, size, 0, NULL);

	if (json_is_object(params)) {
		json_decref(ask(&jobs, params, 1000));
		json_decref(ask(&systems, params, 1000));
		try_params(params);
	}
	json_decref(params);
	return 0;
}
