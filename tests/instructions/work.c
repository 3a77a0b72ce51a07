// SPDX-License-Identifier: MIT
/*
 * work.c - a piece of the road's work for count.py, which counts the instructions that it takes
 *
 *	work decode|merge|encode TIMES
 *
 * Each turn is one answer of four jobs. Between two answers two of the four have moved on.
 */
#include "common/text.h"
#include "decode/decode.h"
#include "merge/merge.h"

#include <stdlib.h>
#include <string.h>

#define JOBS 4

static const struct cbx_decode_limits limits = { 1 << 20, 10000 };

/* As nl-hdms answers; the first half of the jobs is @step on its way */
static void put_answer(struct cbx_text *text, int step)
{
	int i;

	cbx_text_puts(text, "{\"jsonrpc\":\"2.0\",\"id\":\"1.17.ABC1.0\",\"result\":{\"verb\":{"
			    "\"event_category\":\"request_system\",\"event\":\"job_status\"},"
			    "\"object\":{\"jobs\":[");
	for (i = 0; i < JOBS; i++) {
		int at = i < JOBS / 2 ? step : 1;

		cbx_text_printf(text,
				"%s{\"system\":\"ABC1\",\"job_id\":%d,\"status\":\"Running\","
				"\"percent_completed\":\"%d.5\",\"downloaded\":%d,"
				"\"total_files\":400,\"download_speed\":\"25%d KB/s\","
				"\"job_type\":\"full\",\"files_downloading\":[{\"name\":\"content/"
				"pack-%06d.bin\",\"size\":1048576,\"done\":%d}],\"eta\":%d}",
				i ? "," : "", 1000 + i, at, at * 4, at, i, at * 1000, 3600 - at);
	}
	cbx_text_puts(text, "],\"systems\":[\"ABC1\"]}}}");
}

static struct cbx_reply *read_answer(const struct cbx_text *text)
{
	struct cbx_reply *reply = NULL;

	if (cbx_decode_reply(text->bytes, text->len, &limits, &reply))
		abort();
	return reply;
}

static const struct cbx_past *nothing_past(void *user, const char *system, int64_t job_id)
{
	(void)user;
	(void)system;
	(void)job_id;
	return NULL;
}

/* The next list, which the caller owns as it did @last */
static struct cbx_job_list *merge(struct cbx_job_list *last, const struct cbx_reply *reply,
				  uint64_t seconds)
{
	struct cbx_report report = { .kind = CBX_LIST_ANSWER,
				     .system = "ABC1",
				     .at = seconds * 1000000000,
				     .statuses = reply->statuses,
				     .count = reply->count };
	struct cbx_merge_rules rules = { .now = report.at,
					 .wall_ms = (int64_t)seconds * 1000,
					 .db_ms = (int64_t)seconds * 1000,
					 .checkpoint = 60000000000,
					 .keys = { "Paused", "Running", "Completed", "Errored",
						   "Killed" } };
	struct cbx_merge_counts counts = { 0 };
	struct cbx_batch batch = { 0 };
	struct cbx_job_list *next = NULL;

	if (cbx_merge(&rules, last, &report, nothing_past, NULL, &batch, &counts, &next))
		abort();
	cbx_job_list_unref(last);
	cbx_batch_clear(&batch);
	return next;
}

static void decode_all(int times)
{
	struct cbx_text texts[2] = { { 0 } };
	int i;

	put_answer(&texts[0], 1);
	put_answer(&texts[1], 2);
	for (i = 0; i < times; i++)
		cbx_reply_free(read_answer(&texts[i % 2]));
	cbx_text_free(&texts[0]);
	cbx_text_free(&texts[1]);
}

/* The two answers are decoded once, so that what is counted is the merge */
static void merge_all(int times)
{
	struct cbx_text texts[2] = { { 0 } };
	struct cbx_reply *replies[2];
	struct cbx_job_list *list = NULL;
	int i;

	for (i = 0; i < 2; i++) {
		put_answer(&texts[i], i + 1);
		replies[i] = read_answer(&texts[i]);
	}
	for (i = 0; i < times; i++)
		list = merge(list, replies[i % 2], (uint64_t)i + 100);
	cbx_job_list_unref(list);
	for (i = 0; i < 2; i++) {
		cbx_reply_free(replies[i]);
		cbx_text_free(&texts[i]);
	}
}

/* What the shared state gets of a system: each job and its figures */
static void encode_all(int times)
{
	struct cbx_text text = { 0 };
	struct cbx_reply *reply;
	struct cbx_job *job;
	char figures[CBX_FIGURES_TEXT];
	size_t size = 0;
	int i;
	size_t k;

	put_answer(&text, 1);
	reply = read_answer(&text);
	for (i = 0; i < times; i++)
		for (k = 0; k < reply->count; k++) {
			struct cbx_status *status;

			if (cbx_status_with_text(reply->statuses[k], "Paused", &status) ||
			    cbx_job_new(status, &job))
				abort();
			job->figures.progress_at_ms = 1790000000000 + i;
			job->figures.rate = 0.00123 * (i % 97 + 1);
			size += cbx_figures_format(&job->figures, figures) + status->json_len;
			cbx_status_unref(status);
			cbx_job_unref(job);
		}
	cbx_reply_free(reply);
	cbx_text_free(&text);
	if (!size && times)
		abort();
}

int main(int argc, char **argv)
{
	int times = argc == 3 ? atoi(argv[2]) : 0;

	if (argc != 3)
		return 64;
	if (!strcmp(argv[1], "decode"))
		decode_all(times);
	else if (!strcmp(argv[1], "merge"))
		merge_all(times);
	else if (!strcmp(argv[1], "encode"))
		encode_all(times);
	else
		return 64;
	return 0;
}
