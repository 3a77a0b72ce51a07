// SPDX-License-Identifier: MIT
/*
 * outlook_judge.c - gathers what one list waits for, judges it, and decides what is to be told
 *
 * Jobs that say to which list they belong are waited for by that list alone. Where no job of a
 * system says so, each list waits for all of them (contract 9.1).
 */
#include "domain/outlooks_internal.h"

#include "common/array.h"

#include <errno.h>
#include <string.h>

/* A job that some list of the system may wait for */
struct candidate {
	struct cbx_waited waited;
	char list_id[CBX_LIST_ID + 1];
	bool any_list; /* nobody knows any more to which it belongs, so each list waits for it */
};

struct gather {
	const struct cbx_outlook_world *world;
	const char *system;
	struct candidate *all;
	size_t count, capacity;
	bool listed; /* one of them says to which list it belongs */
};

static bool is_ignored(const struct cbx_outlook_world *world, const char *job_type)
{
	size_t i;

	for (i = 0; job_type && i < world->ignored_count; i++)
		if (!strcmp(world->ignored[i], job_type))
			return true;
	return false;
}

static struct candidate *add(struct gather *gather, const struct cbx_waited *waited)
{
	struct candidate *added;

	if (cbx_grow(gather->all, gather->capacity, gather->count + 1) < 0)
		return NULL;
	added = &gather->all[gather->count++];
	added->waited = *waited;
	added->list_id[0] = '\0';
	added->any_list = false;
	return added;
}

static int add_job(struct gather *gather, const struct cbx_job *job)
{
	const struct cbx_outlook_world *world = gather->world;
	struct cbx_waited waited;
	struct candidate *added;

	if (is_ignored(world, job->status->job_type) ||
	    !cbx_waited_of(&world->rules, job, world->now, world->now_ms, &waited))
		return 0;
	if (waited.kind == CBX_WAITED_ERRORED && !waited.error_code && world->code)
		waited.error_code = world->code(world->user, gather->system, waited.job_id);
	added = add(gather, &waited);
	if (!added)
		return -ENOMEM;
	if (cbx_status_list_id(job->status, added->list_id))
		gather->listed = true;
	/* of one that errored before a take-over SQL has kept no such member */
	else
		added->any_list = waited.kind == CBX_WAITED_ERRORED &&
				  job->status->tail_offset + 1 == job->status->json_len;
	return 0;
}

static int add_lost(struct gather *gather, const struct cbx_lost_job *lost)
{
	const struct cbx_waited waited = { .job_id = lost->job_id,
					   .kind = CBX_WAITED_VANISHED,
					   .left_s = -1,
					   .first_seen_ms = lost->first_seen_ms,
					   .error_code = "vanished" };
	struct candidate *added;

	if (is_ignored(gather->world, *lost->job_type ? lost->job_type : NULL))
		return 0;
	added = add(gather, &waited);
	if (!added)
		return -ENOMEM;
	memcpy(added->list_id, lost->list_id, sizeof(added->list_id));
	gather->listed |= *added->list_id != '\0';
	added->any_list = lost->is_of_row;
	return 0;
}

static int gather_all(struct gather *gather, const struct cbx_job_list *jobs,
		      const struct cbx_lost_job *lost)
{
	size_t i;
	int result = 0;

	for (i = 0; jobs && !result && i < jobs->count; i++)
		result = add_job(gather, jobs->jobs[i]);
	for (; lost && !result; lost = lost->next)
		result = add_lost(gather, lost);
	return result;
}

static int compare(const void *a, const void *b)
{
	int64_t first = ((const struct cbx_waited *)a)->job_id;
	int64_t second = ((const struct cbx_waited *)b)->job_id;

	return first < second ? -1 : first > second;
}

/* Those that this list waits for, by job_id */
static int choose(const struct gather *gather, const struct cbx_outlook_entry *entry,
		  struct cbx_waited **out, size_t *count)
{
	struct cbx_waited *chosen = malloc((gather->count + 1) * sizeof(*chosen));
	size_t i;

	if (!chosen)
		return -ENOMEM;
	*count = 0;
	for (i = 0; i < gather->count; i++) {
		const struct candidate *one = &gather->all[i];

		if (one->waited.first_seen_ms >= entry->activate_at_ms ||
		    (gather->listed && !one->any_list && strcmp(one->list_id, entry->list_id) != 0))
			continue;
		chosen[(*count)++] = one->waited;
	}
	qsort(chosen, *count, sizeof(*chosen), compare);
	*out = chosen;
	return 0;
}

/* --- what is shown --- */

static struct cbx_cause_facts facts_of(const struct cbx_outlook_world *world,
				       const struct cbx_outlook_facts *facts,
				       const struct cbx_waited *worst)
{
	struct cbx_cause_facts out = { .fleet = &world->fleet,
				       .offline = facts->offline,
				       .timeouts = facts->timeouts,
				       .denied = facts->denied };

	if (!worst)
		return out;
	out.paused = worst->kind == CBX_WAITED_PAUSED;
	out.stalled = worst->kind == CBX_WAITED_STALLED;
	out.moves = worst->kind == CBX_WAITED_MOVING;
	out.error_code = worst->error_code;
	return out;
}

static int show(const struct cbx_outlook_entry *entry, const struct cbx_outlook_world *world,
		const struct cbx_outlook_facts *facts, const struct cbx_outlook_view *view,
		const struct cbx_verdict *verdict, struct cbx_outlook **out)
{
	const struct cbx_waited *worst =
		verdict->worst == SIZE_MAX ? NULL : &view->jobs[verdict->worst];
	struct cbx_cause_facts why = facts_of(world, facts, worst);
	cbx_auto(cbx_text_free) struct cbx_text reason = { 0 };
	cbx_auto(cbx_freep) int64_t *jobs = malloc((view->count + 1) * sizeof(*jobs));
	struct cbx_outlook parts = { .system = entry->system_name,
				     .list_id = entry->list_id,
				     .activate_at_ms = entry->activate_at_ms,
				     .state = verdict->state,
				     .since_ms = entry->since_ms,
				     .left_s = verdict->left_s };
	size_t i;

	if (!jobs)
		return -ENOMEM;
	for (i = 0; i < view->count; i++)
		jobs[i] = view->jobs[i].job_id;
	if (verdict->state >= CBX_AT_RISK)
		parts.cause = cbx_cause_of(&why);
	cbx_outlook_reason(view, verdict, parts.cause, &why, &reason);
	cbx_text_putc(&reason, '\0');
	if (reason.failed)
		return -ENOMEM;
	parts.reason = reason.bytes;
	return cbx_outlook_new(&parts, jobs, view->count, out);
}

/* While another state is told than the verdict, its reason stays the one that led there */
static int show_as_told(const struct cbx_outlook_entry *entry, const struct cbx_outlook *judged,
			struct cbx_outlook **out)
{
	struct cbx_outlook parts = *judged;

	parts.state = entry->told.state;
	parts.since_ms = entry->since_ms;
	if (entry->shown && judged->state != parts.state) {
		parts.cause = entry->shown->cause;
		parts.reason = entry->shown->reason;
	}
	return cbx_outlook_new(&parts, judged->jobs, judged->count, out);
}

static int keep_shown(struct cbx_outlook_entry *entry, const struct cbx_outlook *judged,
		      bool *changed)
{
	struct cbx_outlook *shown = NULL;
	int result = show_as_told(entry, judged, &shown);

	if (result < 0)
		return result;
	if (entry->shown && cbx_outlook_equal(entry->shown, shown)) {
		cbx_outlook_unref(shown);
		return 0;
	}
	cbx_outlook_unref(entry->shown);
	entry->shown = shown;
	*changed = true;
	return 0;
}

/* --- the verdict, and what is to be told of it --- */

/* A new leader that does not know yet takes nothing back */
static bool says_nothing(const struct cbx_outlook_entry *entry,
			 const struct cbx_outlook_world *world, const struct cbx_verdict *verdict)
{
	return entry->told.told && verdict->state == CBX_OUTLOOK_UNKNOWN &&
	       world->now_ms < world->new_until_ms;
}

static int conclude(struct cbx_outlook_entry *entry, const struct cbx_outlook_world *world,
		    const struct cbx_verdict *verdict, enum cbx_outlook_state cautious,
		    struct cbx_outlook *judged, bool *changed)
{
	enum cbx_outlook_state state = verdict->state;
	bool wanted = !says_nothing(entry, world, verdict) &&
		      cbx_outlook_told_note(&entry->told, verdict->state, cautious, world->now_ms,
					    &state);
	int64_t due = cbx_outlook_told_due_ms(&entry->told);
	int result = 0;

	if (entry->told.told)
		result = keep_shown(entry, judged, changed);
	if (result < 0)
		return result;
	cbx_outlook_unref(entry->next_shown);
	entry->next_shown = wanted ? cbx_outlook_ref(judged) : NULL;
	if (wanted) {
		judged->state = state;
		judged->since_ms = world->now_ms;
	}
	entry->wanted = wanted;
	entry->look_ms = due < verdict->until_ms ? due : verdict->until_ms;
	return 0;
}

static int judge(struct cbx_outlook_entry *entry, const struct cbx_outlook_world *world,
		 const struct cbx_outlook_facts *facts, const struct cbx_outlook_view *view,
		 bool *changed)
{
	cbx_auto(cbx_outlook_unrefp) struct cbx_outlook *judged = NULL;
	struct cbx_outlook_view again = *view;
	struct cbx_verdict verdict;
	struct cbx_verdict cautious;
	int result;

	if (cbx_outlook_is_over(&world->rules, view)) {
		entry->over = *changed = true;
		entry->gone = entry->kept;
		entry->wanted = false;
		return 0;
	}
	cbx_outlook_judge(&world->rules, view, &verdict);
	again.cautious = true;
	cbx_outlook_judge(&world->rules, &again, &cautious);
	if (cautious.until_ms < verdict.until_ms)
		verdict.until_ms = cautious.until_ms;
	result = show(entry, world, facts, view, &verdict, &judged);
	return result ? result : conclude(entry, world, &verdict, cautious.state, judged, changed);
}

int cbx_outlook_entry_judge(struct cbx_outlook_entry *entry, const struct cbx_outlook_world *world,
			    bool *changed)
{
	struct gather gather = { .world = world, .system = entry->system_name };
	struct cbx_outlook_view view = { .now_ms = world->now_ms,
					 .activate_at_ms = entry->activate_at_ms,
					 .new_until_ms = world->new_until_ms };
	struct cbx_waited *chosen = NULL;
	struct cbx_outlook_facts facts = { 0 };
	int result;

	world->facts(world->user, gather.system, &facts);
	view.listed_ms = facts.listed_ms;
	view.offline = facts.offline;
	result = gather_all(&gather, facts.jobs, entry->system->lost);
	if (!result)
		result = choose(&gather, entry, &chosen, &view.count);
	view.jobs = chosen;
	if (!result)
		result = judge(entry, world, &facts, &view, changed);
	free(chosen);
	free(gather.all);
	return result;
}
