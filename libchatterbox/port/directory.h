/* SPDX-License-Identifier: MIT */
/* directory.h - reads tables that OCD or others keep, and the settings kept in SQL */
#ifndef CBX_PORT_DIRECTORY_H
#define CBX_PORT_DIRECTORY_H

#include "domain/kind.h"
#include "port/ledger.h"

typedef int (*cbx_name_fn)(void *user, const char *name, int64_t ms);

/* A row of completed_jobs, by what they are listed */
struct cbx_ended_place {
	int64_t ended_ms; /* INT64_MAX: before all */
	const char *system;
	int64_t job_id;
};

struct cbx_directory_ops {
	/* connections.actor_id, trimmed and unique; @ms is 0. 1 = there is no such table or view.
	 */
	int (*online_systems)(struct cbx_sql *sql, cbx_name_fn each, void *user);
	/* server_conf.info of @name; *info is allocated, NULL when there is no row */
	int (*read_conf)(struct cbx_sql *sql, const char *name, char **info);
	int (*write_conf)(struct cbx_sql *sql, const struct cbx_guard *guard, const char *name,
			  const char *info);
	/* Writes it if there is no such row; *kept is then what it says, allocated. Anybody may. */
	int (*keep_conf)(struct cbx_sql *sql, const char *name, const char *info, char **kept);
	/* recently_checked: @ms = checked_at */
	int (*recently_checked)(struct cbx_sql *sql, cbx_name_fn each, void *user);
	/* list_activation_schedule: the next activate_at of each system from now on */
	int (*next_activations)(struct cbx_sql *sql, cbx_name_fn each, void *user);
	/* One job, monitored or ended: 0 and one call of each(); 1 = it does not exist */
	int (*find_job)(struct cbx_sql *sql, const char *system, int64_t job_id, cbx_row_fn each,
			void *user);
	/* The rows of status_monitor whose status is one of these texts, without case (ASCII), by
	 * system (bytewise), job_id */
	int (*jobs_with)(struct cbx_sql *sql, const struct cbx_kind_texts *texts, cbx_row_fn each,
			 void *user);
	/* The rows of completed_jobs after @place, newest first: by the ms of completed_at (absent
	 * counts as 0), downwards, then by system (bytewise), job_id, upwards. 1 = there may be
	 * more: @limit rows were read; or each() said so. */
	int (*ended_jobs)(struct cbx_sql *sql, const struct cbx_ended_place *place, size_t limit,
			  cbx_row_fn each, void *user);
};

#endif
