/* SPDX-License-Identifier: MIT */
/*
 * figures.h - what can be derived of a job's progress: how fast it grows, how long it will take,
 * whether it stands still (contract 1.10)
 *
 * Each job keeps a few numbers, which change only with its status; the rest is worked out when
 * somebody asks. What is not known is absent and never guessed. No clock is read here: times named
 * _at are ns of the clock's now(), times named _ms are of the wall clock.
 */
#ifndef CBX_DOMAIN_FIGURES_H
#define CBX_DOMAIN_FIGURES_H

#include "domain/status.h"

/* All zero: nothing is known yet */
struct cbx_figures {
	int64_t progress_at_ms; /* when progress last grew, or was first reported; 0 = not known */
	uint64_t counted_at;    /* up to when running time is counted */
	double progress;        /* as last reported, 0..1 */
	double rate;            /* progress per second of running time; 0 = not measured yet */
	double begun;           /* the progress with which the first measurement began */
	/* Its longest stand until now: how long it ran without growth, from when to when */
	int64_t stood_from_ms, stood_until_ms;
	uint32_t stood_ms;   /* 0 = none */
	uint32_t idle_ms;    /* running time since progress last grew */
	int32_t measured_ms; /* running time of the first measurement until progress last grew;
				negative: it began so long after that */
};

/* 0..1, from percent_completed, else from the numbers of files; -1 = not known */
double cbx_status_progress(const struct cbx_status *status);

/* Counts the time up to @at as running time if the job @ran until then */
void cbx_figures_count(struct cbx_figures *figures, bool ran, uint64_t at);
/* The job has a new status, reported @at; @before is the last one (NULL: none) */
void cbx_figures_report(struct cbx_figures *figures, const struct cbx_status *before,
			const struct cbx_status *status, int64_t wall_ms);

/* The rate in six digits; 0 = not known */
double cbx_figures_rate(const struct cbx_figures *figures);

/* The part that others are told (contract 4.1): {"progress_at","rate"} */
bool cbx_figures_are_shared(const struct cbx_figures *figures);
bool cbx_figures_share_same(const struct cbx_figures *a, const struct cbx_figures *b);
#define CBX_FIGURES_TEXT 96
size_t cbx_figures_format(const struct cbx_figures *figures, char out[CBX_FIGURES_TEXT]);
/* Reads it again, and guesses nothing: *out holds nothing else. False: it is not understood. */
bool cbx_figures_read(const char *bytes, size_t len, struct cbx_figures *out);
/* Goes on with what was read of a job that has @status, @runs or not, and has had the text of its
 * status since @since_ms; an empty one begins anew */
void cbx_figures_resume(struct cbx_figures *figures, const struct cbx_status *status, bool runs,
			int64_t since_ms, uint64_t now, int64_t wall_ms);

/* How much running time has passed without growth, ns */
uint64_t cbx_figures_idle(const struct cbx_figures *figures, bool runs, uint64_t now);
/* Whole seconds until it is done, -1 = not known */
int64_t cbx_figures_left(const struct cbx_figures *figures);

#endif
