/* SPDX-License-Identifier: MIT */
/*
 * outlooks.h - the table of outlooks: schedules, what others were told, and what waits to be told
 *
 * It belongs to one thread and reads no clock. Whoever knows jobs and systems is asked about them;
 * an outlook is judged again only when its system was touched, its schedule moved, or its verdict
 * holds no longer.
 */
#ifndef CBX_DOMAIN_OUTLOOKS_H
#define CBX_DOMAIN_OUTLOOKS_H

#include "domain/outlook_record.h"

/* What is known of a system now; borrowed until the next question */
struct cbx_outlook_facts {
	const struct cbx_job_list *jobs; /* NULL = none */
	bool offline, denied;
	unsigned timeouts;
	int64_t listed_ms;
};

struct cbx_outlook_world {
	struct cbx_outlook_rules rules;
	const char *const *ignored; /* job types that never count */
	size_t ignored_count;
	uint64_t now;
	int64_t now_ms;       /* by the database's clock */
	int64_t new_until_ms; /* until then the leader is new */
	struct cbx_fleet_evidence fleet;
	void (*facts)(void *user, const char *system, struct cbx_outlook_facts *out);
	/* The code of an open error of an errored job whose status says none; NULL = none */
	const char *(*code)(void *user, const char *system, int64_t job_id);
	void *user;
};

/* A job that vanished: it is waited for, though no list holds it */
struct cbx_lost_job {
	struct cbx_lost_job *next;
	int64_t job_id;
	int64_t first_seen_ms;
	char list_id[CBX_LIST_ID + 1]; /* "" = none */
	char job_type[65];             /* "" = none */
	bool is_of_row;                /* as a row of errors says it, which knows no list */
	unsigned read;                 /* the last read that held it */
};

/* A system with activations or lost jobs */
struct cbx_outlook_system;

struct cbx_outlook_entry {
	struct cbx_outlook_system *system;
	const char *system_name;
	struct cbx_outlook_entry *next; /* of its system */
	int64_t activate_at_ms;
	struct cbx_outlook_told told;
	int64_t since_ms;
	int64_t look_ms;                /* when it is judged next */
	struct cbx_outlook *shown;      /* counted; NULL: nothing was told yet */
	struct cbx_outlook *next_shown; /* counted: what is to be told, while it is */
	bool wanted;                    /* it is to be told */
	bool kept;                      /* a row says what was told */
	bool gone;                      /* that row is to go */
	bool over;                      /* it is not shown any more, but may be in the schedule */
	unsigned read;                  /* the last read of the schedule that held it */
	char list_id[];
};

struct cbx_outlooks;

int cbx_outlooks_new(struct cbx_outlooks **out);
void cbx_outlooks_free(struct cbx_outlooks *outlooks); /* takes NULL */
void cbx_outlooks_clear(struct cbx_outlooks *outlooks);

/* What was told before, as it was kept: before the first read of the schedule */
int cbx_outlooks_restore(struct cbx_outlooks *outlooks, const char *system, const char *list_id,
			 enum cbx_outlook_state state, int64_t since_ms);
/* A read of the schedule: each of its rows, then the end. Entries that it did not hold are gone. */
void cbx_outlooks_read_begin(struct cbx_outlooks *outlooks);
int cbx_outlooks_read_row(struct cbx_outlooks *outlooks, const char *system, const char *list_id,
			  int64_t activate_at_ms);
void cbx_outlooks_read_end(struct cbx_outlooks *outlooks);

/* Something about the system has changed */
void cbx_outlooks_touch(struct cbx_outlooks *outlooks, const char *system);
void cbx_outlooks_touch_all(struct cbx_outlooks *outlooks);
/* A job vanished, or was read as one that did; -ENOMEM */
int cbx_outlooks_lose(struct cbx_outlooks *outlooks, const char *system,
		      const struct cbx_lost_job *job);
/* It was found again, or nobody waits for it any more */
void cbx_outlooks_find(struct cbx_outlooks *outlooks, const char *system, int64_t job_id);
/* A read of all jobs that vanished and are not cleaned up, each by lose(): others are not waited
 * for any more */
void cbx_outlooks_lost_begin(struct cbx_outlooks *outlooks);
void cbx_outlooks_lost_end(struct cbx_outlooks *outlooks);

/* Judges what is due. *changed: what is shown is another than before. -ENOMEM: the rest stays due.
 */
int cbx_outlooks_judge(struct cbx_outlooks *outlooks, const struct cbx_outlook_world *world,
		       bool *changed);
/* How many wait to be told, or to be forgotten */
size_t cbx_outlooks_waiting(const struct cbx_outlooks *outlooks);
/* Calls @each for every one of those */
int cbx_outlooks_each_waiting(struct cbx_outlooks *outlooks,
			      int (*each)(void *user, struct cbx_outlook_entry *entry), void *user);
/* All that waits was recorded: it is told now, and those that are gone are dropped */
void cbx_outlooks_recorded(struct cbx_outlooks *outlooks);
/* Those that were told, frozen; the same list again while nothing has changed */
int cbx_outlooks_freeze(struct cbx_outlooks *outlooks, struct cbx_outlook_list **out);

#endif
