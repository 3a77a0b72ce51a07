/* SPDX-License-Identifier: MIT */
/* phrases.h - a row as a sentence in plain English, and as the JSON that it was made of */
#ifndef CBX_CONTROLLER_PHRASES_H
#define CBX_CONTROLLER_PHRASES_H

#include "common/text.h"
#include "domain/figures.h"
#include "port/errors.h"
#include "port/history.h"
#include "port/orders.h"
#include "port/state.h"

/* "seen": a system said it; "decided": we concluded it */
const char *cbx_phrase_of_history(const struct cbx_history_row *row, struct cbx_text *phrase,
				  struct cbx_text *data);
void cbx_phrase_of_order(const struct cbx_order_row *row, struct cbx_text *phrase,
			 struct cbx_text *data);
void cbx_phrase_of_error(const struct cbx_error_row *row, struct cbx_text *phrase,
			 struct cbx_text *data);
/* "told"; "decided": an outlook, which is told when it is judged */
const char *cbx_phrase_of_event(const struct cbx_stream_entry *entry, struct cbx_text *phrase,
				struct cbx_text *data);
void cbx_phrase_of_stall(const char *system, int64_t job_id, int64_t progress_at_ms,
			 struct cbx_text *phrase, struct cbx_text *data);
void cbx_phrase_of_stall_end(const char *system, int64_t job_id, const struct cbx_figures *figures,
			     struct cbx_text *phrase, struct cbx_text *data);
/* Does an event user_job_errors hold that job, or does an outlook wait for it? */
bool cbx_phrase_name_job(const struct cbx_stream_entry *entry, int64_t job_id);

#endif
