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

struct gather {
	const struct cbx_outlook_world *world;
	const char *system;
	struct cbx_outlook_scratch *scratch;
	size_t count;
	size_t unreported, ignored;
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

static struct cbx_candidate *add(struct gather *gather, const struct cbx_waited *waited)
{
	struct cbx_outlook_scratch *scratch = gather->scratch;
	struct cbx_candidate *added;

	if (cbx_grow(scratch->all, scratch->capacity, gather->count + 1) < 0)
		return NULL;
	added = &scratch->all[gather->count++];
	added->waited = *waited;
	added->list_id[0] = '\0';
	added->any_list = false;
	return added;
}

static int add_job(struct gather *gather, const struct cbx_job *job)
{
	const struct cbx_outlook_world *world = gather->world;
	struct cbx_waited waited;
	struct cbx_candidate *added;

	if (job->phase == CBX_UNREPORTED)
		gather->unreported++;
	if (!cbx_waited_of(&world->rules, job, world->now, world->now_ms, &waited))
		return 0;
	if (is_ignored(world, job->status->job_type)) {
		gather->ignored++;
		return 0;
	}
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
	struct cbx_candidate *added;

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

/* Lists of jobs are in that order already, unless one of them vanished */
static void sort(struct cbx_waited *jobs, size_t count)
{
	size_t i = 1;

	while (i < count && jobs[i - 1].job_id <= jobs[i].job_id)
		i++;
	if (i < count)
		qsort(jobs, count, sizeof(*jobs), compare);
}

/* Those that this list waits for, by job_id, and their ids */
static int choose(const struct gather *gather, const struct cbx_outlook_entry *entry, size_t *count)
{
	struct cbx_outlook_scratch *scratch = gather->scratch;
	size_t n = 0;
	size_t i;

	if (cbx_grow(scratch->chosen, scratch->chosen_capacity, gather->count + 1) < 0 ||
	    cbx_grow(scratch->ids, scratch->id_capacity, gather->count + 1) < 0)
		return -ENOMEM;
	for (i = 0; i < gather->count; i++) {
		const struct cbx_candidate *one = &scratch->all[i];

		/* what was seen later than now was seen before the clock was set back */
		if ((one->waited.first_seen_ms >= entry->activate_at_ms &&
		     gather->world->now_ms >= entry->activate_at_ms) ||
		    (gather->listed && !one->any_list && strcmp(one->list_id, entry->list_id) != 0))
			continue;
		scratch->chosen[n++] = one->waited;
	}
	sort(scratch->chosen, n);
	for (i = 0; i < n; i++)
		scratch->ids[i] = scratch->chosen[i].job_id;
	*count = n;
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

/* What an outlook says; its texts and jobs are borrowed from the scratch */
struct saying {
	const int64_t *jobs;
	size_t count;
	struct cbx_outlook parts; /* the last member: it ends in an array */
};

static int say(const struct cbx_outlook_entry *entry, const struct cbx_outlook_world *world,
	       const struct cbx_outlook_facts *facts, const struct cbx_outlook_view *view,
	       const struct cbx_verdict *verdict, struct cbx_outlook_scratch *scratch,
	       struct saying *out)
{
	const struct cbx_waited *worst =
		verdict->worst == SIZE_MAX ? NULL : &view->jobs[verdict->worst];
	struct cbx_cause_facts why = facts_of(world, facts, worst);
	struct cbx_text *reason = &scratch->reason;

	out->parts.system = entry->system_name;
	out->parts.list_id = entry->list_id;
	out->parts.activate_at_ms = entry->activate_at_ms;
	out->parts.state = verdict->state;
	out->parts.since_ms = entry->since_ms;
	out->parts.left_s = verdict->left_s;
	out->parts.cause = verdict->state >= CBX_AT_RISK ? cbx_cause_of(&why) : CBX_NO_CAUSE;
	out->jobs = scratch->ids;
	out->count = view->count;
	cbx_text_clear(reason);
	cbx_outlook_reason(view, verdict, out->parts.cause, &why, reason);
	cbx_text_putc(reason, '\0');
	if (reason->failed) {
		cbx_text_free(reason);
		return -ENOMEM;
	}
	out->parts.reason = reason->bytes;
	return 0;
}

/* While another state is told than the verdict, its reason is that of the verdict, as its figures
 * are, and says why the state is another; the cause of a bad one stays the one that led there */
static int say_as_told(const struct cbx_outlook_entry *entry, const struct cbx_outlook_hold *hold,
		       struct cbx_text *reason, struct cbx_outlook *parts)
{
	enum cbx_outlook_state told = entry->told.state;

	parts->state = told;
	parts->since_ms = entry->since_ms;
	if (hold->verdict == told)
		return 0;
	if (told < CBX_AT_RISK)
		parts->cause = CBX_NO_CAUSE;
	else if (hold->verdict < CBX_AT_RISK && entry->shown)
		parts->cause = entry->shown->cause;
	reason->len--;
	cbx_outlook_write_hold(told, hold, reason);
	cbx_text_putc(reason, '\0');
	if (reason->failed) {
		cbx_text_free(reason);
		return -ENOMEM;
	}
	parts->reason = reason->bytes;
	return 0;
}

/* @reason is that of @saying, and gets longer */
static int keep_shown(struct cbx_outlook_entry *entry, const struct saying *saying,
		      const struct cbx_outlook_hold *hold, struct cbx_text *reason, bool *changed)
{
	struct saying told = *saying;
	struct cbx_outlook *shown = NULL;
	int result = say_as_told(entry, hold, reason, &told.parts);

	if (result < 0)
		return result;
	if (entry->shown && cbx_outlook_says(entry->shown, &told.parts, told.jobs, told.count))
		return 0;
	result = cbx_outlook_new(&told.parts, told.jobs, told.count, &shown);
	if (result < 0)
		return result;
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

static int want(struct cbx_outlook_entry *entry, const struct saying *saying,
		enum cbx_outlook_state state, int64_t now_ms)
{
	struct saying news = *saying;
	struct cbx_outlook *next = NULL;
	int result;

	news.parts.state = state;
	news.parts.since_ms = now_ms;
	result = cbx_outlook_new(&news.parts, news.jobs, news.count, &next);
	if (result < 0)
		return result;
	cbx_outlook_unref(entry->next_shown);
	entry->next_shown = next;
	entry->wanted = true;
	return 0;
}

static void want_nothing(struct cbx_outlook_entry *entry)
{
	cbx_outlook_unref(entry->next_shown);
	entry->next_shown = NULL;
	entry->wanted = false;
}

static int conclude(struct cbx_outlook_entry *entry, const struct cbx_outlook_world *world,
		    const struct cbx_verdict *verdict, enum cbx_outlook_state cautious,
		    const struct saying *saying, struct cbx_text *reason, bool *changed)
{
	const struct cbx_outlook_hold hold = { verdict->state, cautious,
					       says_nothing(entry, world, verdict) };
	enum cbx_outlook_state state = verdict->state;
	bool wanted = !hold.is_new && cbx_outlook_told_note(&entry->told, verdict->state, cautious,
							    world->now_ms, &state);
	int64_t due = cbx_outlook_told_due_ms(&entry->told);
	int result = 0;

	if (wanted)
		result = want(entry, saying, state, world->now_ms);
	else
		want_nothing(entry);
	if (!result && entry->told.told)
		result = keep_shown(entry, saying, &hold, reason, changed);
	if (result < 0)
		return result;
	entry->look_ms = due < verdict->until_ms ? due : verdict->until_ms;
	return 0;
}

static int judge(struct cbx_outlook_entry *entry, const struct cbx_outlook_world *world,
		 const struct cbx_outlook_facts *facts, const struct cbx_outlook_view *view,
		 struct cbx_outlook_scratch *scratch, bool *changed)
{
	struct cbx_outlook_view again = *view;
	struct cbx_verdict verdict;
	struct cbx_verdict cautious;
	struct saying saying;
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
	result = say(entry, world, facts, view, &verdict, scratch, &saying);
	return result ? result
		      : conclude(entry, world, &verdict, cautious.state, &saying, &scratch->reason,
				 changed);
}

int cbx_outlook_entry_judge(struct cbx_outlook_entry *entry, const struct cbx_outlook_world *world,
			    struct cbx_outlook_scratch *scratch, bool *changed)
{
	struct gather gather = { .world = world, .system = entry->system_name, .scratch = scratch };
	struct cbx_outlook_view view = { .now_ms = world->now_ms,
					 .activate_at_ms = entry->activate_at_ms,
					 .new_until_ms = world->new_until_ms };
	struct cbx_outlook_facts facts = { 0 };
	int result;

	world->facts(world->user, gather.system, &facts);
	view.listed_ms = facts.listed_ms;
	view.offline = facts.offline;
	result = gather_all(&gather, facts.jobs, entry->system->lost);
	if (!result)
		result = choose(&gather, entry, &view.count);
	view.jobs = scratch->chosen;
	view.unreported = gather.unreported;
	view.others = gather.ignored + gather.count - view.count;
	return result ? result : judge(entry, world, &facts, &view, scratch, changed);
}

void cbx_outlook_scratch_free(struct cbx_outlook_scratch *scratch)
{
	free(scratch->all);
	free(scratch->chosen);
	free(scratch->ids);
	cbx_text_free(&scratch->reason);
}
