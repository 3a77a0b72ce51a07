// SPDX-License-Identifier: MIT
/*
 * bench_decode.c - MB/s of reading an answer of 10 jobs, beside jansson's bare json_loadb()
 *
 *	bench_decode [seconds per figure]
 *
 * jansson only builds its tree here; the decoder also judges each member and makes the canonical
 * statuses, and the walk alone only finds the members. All take turns, and the best turn of each
 * counts. A last figure is a freeze of the
 * table of 10 000 systems after one of them changed.
 */
#include "common/text.h"
#include "decode/decode.h"
#include "decode/json.h"
#include "domain/active_jobs.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void make_answer(struct cbx_text *text, int jobs)
{
	int i;

	cbx_text_puts(text,
		      "{\"jsonrpc\":\"2.0\",\"id\":\"1.17.ABC1.0\",\"result\":{\"verb\":{\"event_"
		      "category\":\"request_system\",\"event\":\"job_list\"},\"object\":{"
		      "\"jobs\":[");
	for (i = 0; i < jobs; i++)
		cbx_text_printf(text,
				"%s{\"system\":\"ABC1\",\"job_id\":%d,\"status\":\"Running\","
				"\"percent_completed\":\"%d.%d\",\"downloaded\":%d,"
				"\"total_files\":%d,\"download_speed\":\"%d KB/s\","
				"\"job_type\":\"full\",\"files_downloading\":[{\"name\":\"content/"
				"pack-%06d.bin\",\"size\":%d,\"done\":%d},{\"name\":\"content/"
				"pack-%06d.bin\",\"size\":%d,\"done\":0}],\"eta\":%d}",
				i ? "," : "", 1000 + i, i * 9, i, i * 37, 400, 250 + i, i, 1 << 20,
				i * 1000, i + 1, 1 << 21, 3600 - i);
	cbx_text_puts(text, "],\"systems\":[\"ABC1\"]}}}");
}

static void decode(const struct cbx_text *text)
{
	static const struct cbx_decode_limits limits = { 1 << 20, 10000 };
	struct cbx_reply *reply = NULL;

	if (cbx_decode_reply(text->bytes, text->len, &limits, &reply))
		abort();
	cbx_reply_free(reply);
}

static int enter_all(void *context, const struct cbx_json *key, enum cbx_json_type type,
		     const struct cbx_level **enter);

static int take_any(void *context, const struct cbx_json *key, const struct cbx_json *value)
{
	size_t *bytes = context;

	(void)key;
	*bytes += value->raw_len;
	return 0;
}

static const struct cbx_level all = { enter_all, take_any, NULL };

static int enter_all(void *context, const struct cbx_json *key, enum cbx_json_type type,
		     const struct cbx_level **enter)
{
	(void)context;
	(void)key;
	(void)type;
	*enter = &all;
	return 0;
}

static void walk(const struct cbx_text *text)
{
	struct cbx_json_doc doc;
	size_t bytes = 0;

	if (cbx_json_open(text->bytes, text->len, &doc) || cbx_json_walk(&doc, &all, &bytes) ||
	    !bytes)
		abort();
	cbx_json_close(&doc);
}

static void load(const struct cbx_text *text)
{
	json_t *json = json_loadb(text->bytes, text->len, 0, NULL);

	if (!json)
		abort();
	json_decref(json);
}

static double turn(void (*read)(const struct cbx_text *), const struct cbx_text *text, double limit)
{
	double start = now();
	double took;
	size_t count = 0;

	do {
		size_t i;

		for (i = 0; i < 100; i++)
			read(text);
		count += 100;
		took = now() - start;
	} while (took < limit);
	return (double)count * (double)text->len / took / 1e6;
}

static void read_answer(double seconds)
{
	struct cbx_text text = { 0 };
	void (*const readers[])(const struct cbx_text *) = { decode, walk, load };
	static const char *const names[] = { "cbx_decode_reply", "cbx_json_walk", "json_loadb" };
	double best[3] = { 0 };
	int i;
	int r;

	make_answer(&text, 10);
	for (i = 0; i < 5; i++) {
		for (r = 0; r < 3; r++) {
			double speed = turn(readers[r], &text, seconds / 5);

			best[r] = speed > best[r] ? speed : best[r];
		}
	}
	printf("answer of 10 jobs, %zu bytes:", text.len);
	for (r = 0; r < 3; r++)
		printf(" %s %.0f MB/s (%.1f us)%s", names[r], best[r], (double)text.len / best[r],
		       r < 2 ? "," : "\n");
	cbx_text_free(&text);
}

static struct cbx_job_list *make_list(const char *system, int64_t jobs)
{
	struct cbx_job *array[8];
	struct cbx_job_list *list;
	int64_t i;

	for (i = 0; i < jobs; i++) {
		struct cbx_status_parts parts = { .system = system,
						  .system_len = strlen(system),
						  .job_id = i,
						  .text = "Running",
						  .text_len = 7,
						  .downloaded = CBX_NO_COUNT,
						  .total_files = CBX_NO_COUNT };
		struct cbx_status *status;

		if (cbx_status_new(&parts, &status) || cbx_job_new(status, &array[i]))
			abort();
		array[i]->phase = CBX_LIVE;
		cbx_status_unref(status);
	}
	if (cbx_job_list_new(array, (size_t)jobs, &list))
		abort();
	for (i = 0; i < jobs; i++)
		cbx_job_unref(array[i]);
	return list;
}

static void set(struct cbx_active_jobs *table, int system, int64_t jobs)
{
	struct cbx_job_list *list;
	char name[16];

	/* not in order, as answers come */
	snprintf(name, sizeof(name), "S%05d", system * 7919 % 10000);
	list = make_list(name, jobs);
	if (cbx_active_jobs_set(table, name, list))
		abort();
	cbx_job_list_unref(list);
}

static void freeze_table(void)
{
	enum { SYSTEMS = 10000, TIMES = 500 };
	struct cbx_active_jobs *table;
	struct cbx_frozen_jobs *frozen;
	double start;
	double first;
	int i;

	if (cbx_active_jobs_new(&table))
		abort();
	for (i = 0; i < SYSTEMS; i++)
		set(table, i, 4);
	start = now();
	if (cbx_active_jobs_freeze(table, &frozen))
		abort();
	first = now() - start;
	start = now();
	for (i = 0; i < TIMES; i++) {
		cbx_frozen_jobs_unref(frozen);
		set(table, i, 3);
		if (cbx_active_jobs_freeze(table, &frozen))
			abort();
	}
	printf("freeze of %d systems: the first %.2f ms, after each change %.3f ms\n", SYSTEMS,
	       first * 1e3, (now() - start) * 1e3 / TIMES);
	cbx_frozen_jobs_unref(frozen);
	cbx_active_jobs_free(table);
}

int main(int argc, char **argv)
{
	read_answer(argc > 1 ? strtod(argv[1], NULL) : 2);
	freeze_table();
	return 0;
}
