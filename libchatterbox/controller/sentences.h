/* SPDX-License-Identifier: MIT */
/*
 * sentences.h - what explain says: rows of the history, errors, orders and the stream as sentences,
 * in the order of their times
 *
 * Pure: rows in, JSON out.
 */
#ifndef CBX_CONTROLLER_SENTENCES_H
#define CBX_CONTROLLER_SENTENCES_H

#include "common/text.h"
#include "domain/figures.h"
#include "port/errors.h"
#include "port/history.h"
#include "port/orders.h"
#include "port/state.h"

/* Where a sentence comes from. Of what has the same time, this is the order in which it came to
 * pass. */
enum cbx_sentence_source {
	CBX_FROM_ORDERS,
	CBX_FROM_HISTORY,
	CBX_FROM_ERRORS,
	CBX_FROM_STREAM,
	CBX_FROM_FIGURES
};

/* Which of two sentences is newer */
struct cbx_sentence_place {
	int64_t at_ms;
	enum cbx_sentence_source source;
	int64_t id; /* of its row; of the stream: the second number of its position; of figures:
		       job_id */
};

struct cbx_sentence {
	struct cbx_sentence_place place;
	char *json; /* {"at","kind","text","data"} */
};

struct cbx_sentences {
	struct cbx_sentence *list;
	size_t count, capacity;
	/* Only what comes before this place is taken */
	struct cbx_sentence_place before;
	/* Whose they are: a job's are no others', a system's are all */
	const char *system;
	int64_t job_id; /* CBX_NO_COUNT: all of the system */
};

#define CBX_SENTENCES_END ((struct cbx_sentence_place){ INT64_MAX, CBX_FROM_FIGURES, INT64_MAX })

void cbx_sentences_free(struct cbx_sentences *sentences);
/* The place in one source behind which everything comes before sentences->before */
struct cbx_before cbx_sentences_before(const struct cbx_sentences *sentences,
				       enum cbx_sentence_source source);
/* @user is a struct cbx_sentences; what is not before its place, or about another job, is left out.
 * 0, or -ENOMEM */
int cbx_sentences_add_order(void *user, const struct cbx_order_row *row);
int cbx_sentences_add_history(void *user, const struct cbx_history_row *row);
int cbx_sentences_add_error(void *user, const struct cbx_error_row *row);
int cbx_sentences_add_event(void *user, const struct cbx_stream_entry *entry);
/* That a job stands still, which is known only as long as it does: @at_ms since when that is so,
 * @progress_at_ms when it last moved */
int cbx_sentences_add_stall(struct cbx_sentences *sentences, int64_t job_id, int64_t at_ms,
			    int64_t progress_at_ms);
/* That it moves again, which is known of its longest stand */
int cbx_sentences_add_stall_end(struct cbx_sentences *sentences, int64_t job_id,
				const struct cbx_figures *figures);
/* Newest first */
void cbx_sentences_sort(struct cbx_sentences *sentences);
/* "x<ms>.<source>.<id>", the cursor behind a sentence */
#define CBX_SENTENCE_CURSOR 64
void cbx_sentence_cursor(const struct cbx_sentence_place *place, char out[CBX_SENTENCE_CURSOR]);
bool cbx_sentence_cursor_read(const char *cursor, struct cbx_sentence_place *out);

#endif
