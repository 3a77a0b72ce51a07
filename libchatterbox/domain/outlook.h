/* SPDX-License-Identifier: MIT */
/*
 * outlook.h - will a list be there when it is activated? (contract 9.1)
 *
 * Pure rules: what is known of the jobs that an activation waits for becomes one of four states. No
 * clock is read here. A verdict says until when it holds if nothing is reported, so nobody has to
 * judge again and again. What others are told is a second thing: it changes only when a verdict has
 * held for a while.
 */
#ifndef CBX_DOMAIN_OUTLOOK_H
#define CBX_DOMAIN_OUTLOOK_H

#include "domain/active_jobs.h"

/* From good to bad */
enum cbx_outlook_state {
	CBX_ON_TIME,
	CBX_OUTLOOK_UNKNOWN,
	CBX_AT_RISK,
	CBX_LATE,
};
#define CBX_OUTLOOK_STATES 4

/* "on_time", "unknown", "at_risk", "late" */
const char *cbx_outlook_state_name(enum cbx_outlook_state state);
bool cbx_outlook_state_read(const char *text, enum cbx_outlook_state *out);

#define CBX_SETTLING_MS \
	180000 /* the first of a job, or of a leader: what is missing is not yet bad */
/* How long a verdict that is worse, or better, than what is told has to hold */
#define CBX_WORSE_HOLDS_MS 30000
#define CBX_BETTER_HOLDS_MS 120000
#define CBX_LIST_ID 64 /* bytes */

struct cbx_outlook_rules {
	int64_t margin_ms, horizon_ms, keep_ms;
	int64_t listed_ms; /* for so long the answer to a job_list holds */
	uint64_t stall_after;
};

/* What a job that is waited for is like, from bad to good */
enum cbx_waited_kind {
	CBX_WAITED_VANISHED,
	CBX_WAITED_ERRORED,
	CBX_WAITED_STALLED,
	CBX_WAITED_PAUSED,
	CBX_WAITED_UNMEASURED, /* nobody knows how long it will take */
	CBX_WAITED_MOVING,
};

struct cbx_waited {
	int64_t job_id;
	enum cbx_waited_kind kind;
	int64_t left_s; /* of a moving one, else -1 */
	int64_t first_seen_ms;
	int64_t stalls_ms; /* when it will have stalled, if nothing grows; 0 = it does not run */
	const char *error_code; /* borrowed, or NULL */
};

/* A live or errored job at this time; false: it is none that anything waits for */
bool cbx_waited_of(const struct cbx_outlook_rules *rules, const struct cbx_job *job, uint64_t now,
		   int64_t now_ms, struct cbx_waited *out);

struct cbx_outlook_view {
	int64_t now_ms; /* by the database's clock, as all times here */
	int64_t activate_at_ms;
	int64_t new_until_ms; /* until then the leader is new */
	int64_t listed_ms;    /* when the system's job_list was answered last; 0 = never */
	bool offline;
	/* Each time left is taken as longer than it is: what is better even so stays so */
	bool cautious;
	const struct cbx_waited *jobs; /* that it waits for */
	size_t count;
	/* Others of its system, for the reason alone: those that OCD started and nobody has
	 * reported yet, and those that are live and not waited for */
	size_t unreported, others;
};

struct cbx_verdict {
	enum cbx_outlook_state state;
	int64_t left_s;   /* the largest that is known; 0: nothing is waited for; -1 = not known */
	size_t worst;     /* the job that decides; SIZE_MAX = none does */
	int64_t until_ms; /* it holds until then, as long as nothing is reported */
};

void cbx_outlook_judge(const struct cbx_outlook_rules *rules, const struct cbx_outlook_view *view,
		       struct cbx_verdict *out);
/* It has passed, and nothing is waited for any more, or nobody waits any longer */
bool cbx_outlook_is_over(const struct cbx_outlook_rules *rules,
			 const struct cbx_outlook_view *view);

/* What others are told */
struct cbx_outlook_told {
	bool told;
	enum cbx_outlook_state state;
	/* Since when verdicts have been this bad or worse, and cautious ones this good or better,
	 * without a break; 0 = they are not */
	int64_t worse_ms[CBX_OUTLOOK_STATES], better_ms[CBX_OUTLOOK_STATES];
};

/* A verdict at @now_ms, and a cautious one. True: @out is to be told now; nothing is told before
 * cbx_outlook_told_set(). */
bool cbx_outlook_told_note(struct cbx_outlook_told *told, enum cbx_outlook_state verdict,
			   enum cbx_outlook_state cautious, int64_t now_ms,
			   enum cbx_outlook_state *out);
void cbx_outlook_told_set(struct cbx_outlook_told *told, enum cbx_outlook_state state);
/* When it may have held long enough; INT64_MAX: nothing waits for that */
int64_t cbx_outlook_told_due_ms(const struct cbx_outlook_told *told);

/* The member list_id of a status, a text or a count: its length, 0 = there is none that can be
 * used */
size_t cbx_status_list_id(const struct cbx_status *status, char out[CBX_LIST_ID + 1]);
/* Checks the id of a list: 1..64 bytes of UTF-8 without control characters */
bool cbx_list_id_is_valid(const char *bytes, size_t len);

#endif
