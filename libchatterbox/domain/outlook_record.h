/* SPDX-License-Identifier: MIT */
/* outlook_record.h - the outlook of one list of one system, as readers see it: frozen, counted */
#ifndef CBX_DOMAIN_OUTLOOK_RECORD_H
#define CBX_DOMAIN_OUTLOOK_RECORD_H

#include "domain/cause.h"
#include "domain/outlook.h"

struct cbx_outlook {
	_Atomic unsigned refs;
	int64_t activate_at_ms;
	enum cbx_outlook_state state; /* as others are told */
	int64_t since_ms;
	int64_t left_s; /* 0: nothing is waited for; -1 = not known */
	enum cbx_cause cause;
	/* Inside this allocation */
	const char *system;
	const char *list_id;
	const char *reason; /* a sentence or two */
	size_t count;       /* jobs that it waits for, by job_id */
	int64_t jobs[];
};

/* A copy of what @parts says, with these jobs; -ENOMEM */
int cbx_outlook_new(const struct cbx_outlook *parts, const int64_t *jobs, size_t count,
		    struct cbx_outlook **out);
struct cbx_outlook *cbx_outlook_ref(struct cbx_outlook *outlook);
void cbx_outlook_unref(struct cbx_outlook *outlook);
CBX_DEFINE_CLEANUP(struct cbx_outlook *, cbx_outlook_unref)
/* Does it say just that? Its system and list are not compared. */
bool cbx_outlook_says(const struct cbx_outlook *outlook, const struct cbx_outlook *parts,
		      const int64_t *jobs, size_t count);
/* By activate_at, then by system and list */
int cbx_outlook_compare(const struct cbx_outlook *a, const struct cbx_outlook *b);
/* The object of contract 9.1, as of @now_ms */
void cbx_outlook_json(const struct cbx_outlook *outlook, int64_t now_ms, struct cbx_text *out);
/* The sentences: why the verdict is what it is. @cause that of its worst job. */
void cbx_outlook_reason(const struct cbx_outlook_view *view, const struct cbx_verdict *verdict,
			enum cbx_cause cause, const struct cbx_cause_facts *facts,
			struct cbx_text *out);

/* Why another state is told than the verdict */
struct cbx_outlook_hold {
	enum cbx_outlook_state verdict, cautious;
	bool is_new; /* the leader does not know yet, and takes nothing back */
};

/* Its sentence, behind the others */
void cbx_outlook_write_hold(enum cbx_outlook_state told, const struct cbx_outlook_hold *hold,
			    struct cbx_text *out);

/* All of them, soonest first: frozen, counted */
struct cbx_outlook_list {
	_Atomic unsigned refs;
	size_t count;
	size_t totals[CBX_OUTLOOK_STATES];
	struct cbx_outlook *items[];
};

struct cbx_outlook_list *cbx_outlook_list_ref(struct cbx_outlook_list *list);
void cbx_outlook_list_unref(struct cbx_outlook_list *list); /* takes NULL */
CBX_DEFINE_CLEANUP(struct cbx_outlook_list *, cbx_outlook_list_unref)

#endif
