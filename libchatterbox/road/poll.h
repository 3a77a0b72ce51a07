/* SPDX-License-Identifier: MIT */
/*
 * poll.h - one round's questions to the systems, with a window of them in flight (contract 3.2)
 *
 * A system that does not answer is only counted; a lost broker cuts the poll short. For the files
 * of this room.
 */
#ifndef CBX_ROAD_POLL_H
#define CBX_ROAD_POLL_H

#include "base/read.h"
#include "road/round.h"

struct target {
	struct cbx_system_entry *entry;
	bool list;
	bool answered;
	int64_t *jobs;
	size_t count;
};

/* One message that was sent, about targets first..first+count-1 */
struct question {
	size_t first, count;
	uint64_t sent_at;
	bool done;
};

struct cbx_poll {
	struct cbx_road *road;
	char prefix[64]; /* of correlation ids: "<epoch>.<random>." */
	char trace[CBX_UUID_TEXT];
	struct target *targets;
	size_t target_count, target_capacity;
	size_t next; /* the first target that has not been asked */
	struct question *questions;
	size_t question_count, question_capacity;
	size_t oldest; /* the first question that may be unanswered */
	size_t in_flight;
	bool refused;   /* the exchange takes no questions */
	float *replies; /* seconds */
	size_t reply_count, reply_capacity;
	struct cbx_poll_figures figures;
};

/* ask.c */
int cbx_poll_new(struct cbx_road *road, struct cbx_poll **out);
void cbx_poll_free(struct cbx_poll *poll);
CBX_DEFINE_CLEANUP(struct cbx_poll *, cbx_poll_free)
/* Asks @entry's system for all its jobs (@list), or about @jobs (ascending; copied) */
int cbx_poll_add(struct cbx_poll *poll, struct cbx_system_entry *entry, bool list,
		 const int64_t *jobs, size_t count);
/* Adds every system that is to be asked: about its jobs, or at a @discovery for all of them */
int cbx_poll_add_all(struct cbx_poll *poll, bool discovery);
/* Adds systems that are to be asked at once; those for which there is no memory wait */
void cbx_poll_add_ask_now(struct cbx_poll *poll);
/* Sends what the window has room for; negative: the broker is lost */
int cbx_poll_ask(struct cbx_poll *poll);
const char *cbx_poll_event(const struct target *target);
/* How many questions wait in nl-hdms.request; -1 = unknown */
int64_t cbx_poll_depth(struct cbx_road *road);

/* receive.c */
/* Waits for an answer, decodes it and those that have come with it, and adds them to the batch;
 * then gives up overdue questions */
void cbx_poll_receive(struct cbx_poll *poll);
/* What take() gave, unless it belongs to others */
void cbx_poll_apply(struct cbx_poll *poll, const struct cbx_bus_event *event);
void cbx_poll_figures(struct cbx_poll *poll, struct cbx_poll_figures *figures);

/* known.c: for struct cbx_known; the road, and the system that was looked up last */
struct cbx_known_jobs {
	struct cbx_road *road;
	const struct cbx_job_list *list;
	char system[65];
};
struct cbx_status *cbx_known_find(void *user, const char *at, size_t left);

/* unanswered.c */
void cbx_question_done(struct cbx_poll *poll, struct question *question, const char *outcome);
/* It was not answered, and that is not the fault of the systems that it asked */
void cbx_question_failed(struct cbx_poll *poll, struct question *question);
/* Asks the system less and less often, so that a dead one does not delay every round */
void cbx_target_timed_out(struct cbx_poll *poll, const struct target *target);
/* Marks lists that were asked for in vain, among @count targets from @first on, to be asked for
 * again */
void cbx_poll_lists_due(struct cbx_poll *poll, size_t first, size_t count);
/* Gives up the questions whose time is over */
void cbx_poll_give_up_overdue(struct cbx_poll *poll);
/* Marks the poll as cut short: its open questions end as errors, which blames nobody, and lists
 * that were asked for in vain stay due */
void cbx_poll_cut(struct cbx_poll *poll);

/* round.c: asks all, receives what comes, commits batches on the way; returns when nobody is left
 * to ask */
void cbx_poll_run(struct cbx_poll *poll);

#endif
