/* SPDX-License-Identifier: MIT */
/*
 * job_figures.h - the figures of a job at one moment (contract 1.10), for documents and metrics
 *
 * Pure functions. What is not known is absent.
 */
#ifndef CBX_CONTROLLER_JOB_FIGURES_H
#define CBX_CONTROLLER_JOB_FIGURES_H

#include "runtime/snapshot.h"

/* When somebody asks, and what the settings say */
struct cbx_moment {
	uint64_t now;
	int64_t wall_ms;
	uint64_t stall_after; /* ns */
	uint64_t stale_after; /* ns; 0: this instance does not lead, and does not know */
	struct cbx_kind_keys kinds;
	struct cbx_settings *settings; /* the texts of the kinds belong to it */
};

struct cbx_job_figures {
	bool has_speed, has_stale;
	double speed;           /* bytes per second */
	int64_t reported_at_ms; /* 0 = absent, as progress_at_ms and rate */
	int64_t progress_at_ms;
	double rate;          /* progress per second of running time */
	int64_t seconds_left; /* -1 = absent */
	bool stalled, stale;
	enum cbx_cause cause; /* why it is stalled, stale or late */
};

bool cbx_job_is_stalled(const struct cbx_job *job, const struct cbx_moment *moment);
/* @offline: so is its system */
bool cbx_job_is_stale(const struct cbx_job *job, bool offline, const struct cbx_moment *moment);
/* @job NULL, or one that has ended: there is nothing to derive */
void cbx_job_figures_at(const struct cbx_job *job, bool offline, const struct cbx_moment *moment,
			struct cbx_job_figures *out);
/* Why a job with these figures is stalled, stale or late (contract 9.2); CBX_NO_CAUSE: it is not,
 * or this instance does not lead and does not know */
enum cbx_cause cbx_job_cause(const struct cbx_snapshot *snapshot, const struct cbx_job *job,
			     const struct cbx_job_figures *figures);
/* {"speed","heard_at","progress_at","rate","seconds_left","stalled","stale","cause"}, without what
 * is absent */
void cbx_job_figures_json(const struct cbx_job_figures *figures, struct cbx_text *out);

struct cbx_figure_counts {
	size_t stalled, stalled_ocd, stale;
};

void cbx_job_figures_count(const struct cbx_snapshot *snapshot, const struct cbx_moment *moment,
			   struct cbx_figure_counts *out);
/* Is the system of the list at i of jobs offline? @at begins at 0 and goes along with i. */
bool cbx_snapshot_is_offline(const struct cbx_snapshot *snapshot, size_t i, size_t *at);

#endif
