/* SPDX-License-Identifier: MIT */
/* outlook.h - the role that reads what outlooks and causes need: schedules, what was told, open
 * errors; what is told is written by the ledger's record() */
#ifndef CBX_PORT_OUTLOOK_H
#define CBX_PORT_OUTLOOK_H

#include "port/directory.h"
#include "port/errors.h"

/* A row of list_activation_schedule, or of the table outlook. Texts are valid during the call. */
struct cbx_outlook_row {
	const char *system; /* trimmed */
	const char *list_id;
	int64_t at_ms;     /* activate_at, or since; never 0 */
	const char *state; /* of the table outlook */
};

typedef int (*cbx_outlook_row_fn)(void *user, const struct cbx_outlook_row *row);

struct cbx_outlook_ops {
	/* The rows of list_activation_schedule that are ahead, or have passed by less than
	 * @keep_s. One whose time is none is left out and counted (struct cbx_sql). */
	int (*schedule)(struct cbx_sql *sql, int64_t keep_s, cbx_outlook_row_fn each, void *user);
	/* What was told last, of each */
	int (*told)(struct cbx_sql *sql, cbx_outlook_row_fn each, void *user);
	/* The errors of jobs with the code vanished, or one that begins with disk or
	 * content_server: system, job_id, job_type, code and first_seen_ms */
	int (*open_errors)(struct cbx_sql *sql, cbx_error_fn each, void *user);
	/* The systems that content_server_access has as denied; @ms is 0 */
	int (*denied)(struct cbx_sql *sql, cbx_name_fn each, void *user);
};

#endif
