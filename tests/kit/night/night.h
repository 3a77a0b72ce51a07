/* SPDX-License-Identifier: MIT */
/*
 * night.h - a night of venues whose truth is known, told through the table of outlooks
 *
 * Each venue downloads what a list needs that is activated in the night; things happen to it by its
 * kind. The simulation alone knows how the downloads go on. What is reported, in steps as real
 * systems do it, goes through the same figures and the same table as in the program.
 */
#ifndef KIT_NIGHT_H
#define KIT_NIGHT_H

#include "domain/outlooks.h"

#define NIGHT_STEP_S 10
#define NIGHT_HOURS 8

enum venue_kind {
	STEADY,       /* a pace that varies by a tenth */
	SLOW,         /* the same, but too slow: late in truth */
	STALLED,      /* stands still from some time on, for a while or for good */
	AWAY,         /* offline for a while, or for good */
	FAILING,      /* a job errors, and half of them are begun again */
	VANISHING,    /* a job vanishes */
	RESCHEDULED,  /* the activation is moved, hours or minutes before */
	CLOCK_CHANGE, /* the activation is moved by an hour in the night, since the local time was
		       */
	WITHOUT_JOBS,
	VENUE_KINDS,
};

const char *venue_kind_name(enum venue_kind kind);

struct venue_job {
	struct cbx_job *job;
	double done; /* in truth, 0..1 */
	double rate; /* per second, in truth */
	int64_t begins_s;
	double grain; /* progress is reported in steps of this */
};

#define VENUE_JOBS 4
#define MOST_CHANGES 256

struct venue_change {
	int64_t at_s;
	enum cbx_outlook_state state;
};

struct venue {
	char name[24];
	enum venue_kind kind;
	struct venue_job jobs[VENUE_JOBS];
	size_t job_count;
	struct cbx_job_list *list;
	int64_t activate_s;                   /* as planned now */
	int64_t moves_at_s, moves_to_s;       /* when it is planned anew; 0 = never */
	int64_t trouble_from_s, trouble_to_s; /* what happens to it by its kind */
	int64_t disturbed_s;                  /* when its pace last changed but for noise */
	int64_t listed_s;
	bool offline;
	/* What happened */
	int64_t done_s; /* all that is waited for is there; INT64_MAX = never in this night */
	struct venue_change changes[MOST_CHANGES];
	size_t change_count;
};

struct night {
	struct venue *venues;
	size_t count;
	int64_t report_s; /* between two reports of a venue */
	struct cbx_outlooks *table;
	struct cbx_outlook_world world;
	uint64_t random;
	int64_t at_s;
	double judged_s; /* CPU time of the table alone */
};

/* A night of @count venues, from a seed; everything is allocated or the process ends */
void night_begin(struct night *night, size_t count, uint64_t seed, int64_t report_s);
void night_play(struct night *night); /* to its end */
void night_end(struct night *night);

/* What was told of the venue at this time; unknown before anything was */
enum cbx_outlook_state venue_told_at(const struct venue *venue, int64_t at_s);
/* Was it later than its activation, by more than @margin_s? */
bool venue_is_late(const struct venue *venue, int64_t margin_s);
/* For how long before its activation it was told at risk or late without a break; 0 = it was not */
int64_t venue_warned_s(const struct venue *venue);
/* Was its pace the same for the last @seconds before that? */
bool venue_is_steady(const struct venue *venue, int64_t at_s, int64_t seconds);
/* The most changes that were told within one hour, after its jobs had begun and were measured */
size_t venue_most_changes(const struct venue *venue);

#endif
