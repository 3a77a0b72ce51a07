// SPDX-License-Identifier: MIT
/*
 * share.c - writes changes to Redis after the commit (contract 4), in one call, each hash under its
 * write number
 *
 * Redis is a cache, so a failed write is not an error of the round; everything is written again
 * when the server is back.
 */
#include "road/share_internal.h"

#include "road/road.h"
#include "tell/tell.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdlib.h>

int cbx_share_failed(struct cbx_road *road, int error)
{
	if (error == CHATTERBOX_E_FENCED)
		return error;
	road->share_whole = true;
	road->share_retry_at = cbx_now(road->clock) + CBX_SHARE_RETRY;
	cbx_link_lost(&road->state_link, error);
	return error;
}

void cbx_share_writes_free(struct share_writes *w)
{
	free(w->all);
	free(w->fields);
	free(w->ids);
	free(w->figures);
	free(w->texts);
}

bool cbx_share_writes_begin(struct share_writes *w, size_t systems, size_t fields)
{
	w->capacity = systems;
	w->field_capacity = w->id_capacity = fields;
	w->all = calloc(systems + 1, sizeof(*w->all));
	w->fields = calloc(fields + 1, sizeof(*w->fields));
	w->ids = calloc(fields + 1, sizeof(*w->ids));
	w->figures = calloc(fields + 1, sizeof(*w->figures));
	w->texts = calloc(fields + 1, sizeof(*w->texts));
	return w->all && w->fields && w->ids && w->figures && w->texts;
}

static void add_field(struct share_writes *w, int64_t job_id, const struct cbx_status *status)
{
	struct cbx_field *field = &w->fields[w->field_count];
	char *id = w->ids[w->field_count];

	cbx_integer_text(job_id, id);
	*field = (struct cbx_field){ .name = id };
	if (status) {
		field->value = status->json;
		field->value_len = status->json_len;
	}
	w->field_count++;
}

static const struct cbx_job *shown(const struct cbx_job *job)
{
	return job && job->phase == CBX_LIVE ? job : NULL;
}

/* Figures change with a status, so the job's own field was added just before */
static void add_figures(struct share_writes *w, const struct cbx_job *was, const struct cbx_job *is)
{
	struct cbx_field *field = &w->figures[w->figure_count];
	char *text = w->texts[w->figure_count];

	if (!is || !cbx_figures_are_shared(&is->figures) ||
	    (was && cbx_figures_share_same(&was->figures, &is->figures)))
		return;
	*field = (struct cbx_field){ w->fields[w->field_count - 1].name, text,
				     cbx_figures_format(&is->figures, text) };
	w->figure_count++;
}

/* Has a job of it lost its figures, since it ended and came back? Then its old ones have to go. */
static bool has_lost_figures(const struct cbx_job_list *before, const struct cbx_job_list *after)
{
	size_t i;

	for (i = 0; before && after && i < after->count; i++) {
		const struct cbx_job *is = after->jobs[i];
		const struct cbx_job *was;

		if (is->phase != CBX_LIVE || cbx_figures_are_shared(&is->figures))
			continue;
		was = shown(cbx_job_list_find(before, is->status->job_id));
		if (was && cbx_figures_are_shared(&was->figures))
			return true;
	}
	return false;
}

/* Adds the fields that differ between two lists of one system, both sorted by job_id */
static void add_differences(struct share_writes *w, const struct cbx_job_list *before,
			    const struct cbx_job_list *after)
{
	size_t i = 0;
	size_t k = 0;
	size_t n = before ? before->count : 0;
	size_t m = after ? after->count : 0;

	while (i < n || k < m) {
		int64_t left = i < n ? before->jobs[i]->status->job_id : INT64_MAX;
		int64_t right = k < m ? after->jobs[k]->status->job_id : INT64_MAX;
		int64_t id = left < right ? left : right;
		const struct cbx_job *was = shown(left == id ? before->jobs[i++] : NULL);
		const struct cbx_job *is = shown(right == id ? after->jobs[k++] : NULL);

		if ((was ? was->status : NULL) == (is ? is->status : NULL))
			continue;
		add_field(w, id, is ? is->status : NULL);
		add_figures(w, was, is);
	}
}

/* Higher than those of every earlier leader */
static uint64_t next_number(struct cbx_road *road)
{
	return ((uint64_t)road->epoch << 32) | (++road->share_next & 0xffffffffU);
}

void cbx_share_add_write(struct cbx_road *road, struct share_writes *w, const char *system,
			 const struct cbx_job_list *before, const struct cbx_job_list *after,
			 bool whole)
{
	size_t first = w->field_count;
	size_t first_figure = w->figure_count;
	struct cbx_state_write *write = &w->all[w->count];

	whole = whole || has_lost_figures(before, after);
	add_differences(w, whole ? NULL : before, after);
	if (!whole && w->field_count == first)
		return;
	*write = (struct cbx_state_write){
		.system = system,
		.number = next_number(road),
		.whole = whole,
		.live = after && after->live,
		.changed_ms = cbx_wall(road->clock),
		.scored = true,
		.fields = w->fields + first,
		.field_count = w->field_count - first,
		.figures = w->figures + first_figure,
		.figure_count = w->figure_count - first_figure,
	};
	w->count++;
}

/* Hashes whose own guards reject our writes: the database was reset and an earlier life of this
 * epoch wrote them, or somebody set a guard by hand. If everything is being written again the lease
 * decides, else they stay as they are. */
static int stored_above(struct cbx_road *road, const struct cbx_state_write *held, size_t count)
{
	if (held->whole && road->state->stored < CBX_EPOCH_RAISE_END) {
		road->state->newer = road->state->stored;
		return cbx_road_fenced(road, road->epoch);
	}
	cbx_warn(road->log, CBX_FIELDS({ "server", "redis" }, { "system", held->system }),
		 "%zu hashes carry a newer write guard than epoch %lld: not written; if no other "
		 "instance leads, delete the keys %s:rev:*",
		 count, (long long)road->epoch, road->settings->app_name);
	return 0;
}

int cbx_share_write_jobs(struct cbx_road *road, struct share_writes *w)
{
	int result = road->state->ops->write_jobs(road->state, w->all, w->count);
	const struct cbx_state_write *held = NULL;
	size_t count = 0;
	size_t i;

	if (result)
		return result;
	if (road->state->newer)
		return cbx_road_fenced(road, road->epoch);
	for (i = 0; i < w->count; i++)
		if (!w->all[i].applied)
			held = &w->all[i], count++;
	return held ? stored_above(road, held, count) : 0;
}

static size_t list_count(const struct cbx_job_list *list)
{
	return list ? list->count : 0;
}

static int share_touched(struct cbx_road *road)
{
	const struct cbx_touched *touched;
	struct share_writes w = { 0 };
	size_t systems = 0;
	size_t fields = 0;
	int result = 0;

	for (touched = road->batch.touched; touched; touched = touched->hh.next) {
		systems++;
		fields += list_count(touched->before) + list_count(touched->after);
	}
	if (!systems)
		return 0;
	if (!cbx_share_writes_begin(&w, systems, fields)) {
		cbx_share_writes_free(&w);
		return -ENOMEM;
	}
	for (touched = road->batch.touched; touched; touched = touched->hh.next)
		cbx_share_add_write(road, &w, touched->system, touched->before, touched->after,
				    false);
	if (w.count)
		result = cbx_share_write_jobs(road, &w);
	cbx_share_writes_free(&w);
	return result;
}

int cbx_share_systems(struct cbx_road *road, bool all)
{
	struct cbx_system_entry *const *entries = cbx_systems_all(road->systems);
	size_t count = cbx_systems_count(road->systems);
	cbx_auto(cbx_freep) struct cbx_field *fields = calloc(count + 1, sizeof(*fields));
	cbx_auto(cbx_freep) size_t *offsets = calloc(count + 1, sizeof(*offsets));
	cbx_auto(cbx_text_free) struct cbx_text json = { 0 };
	size_t n = 0;
	size_t i;
	int result = 0;

	if (!entries || !fields || !offsets)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		/* a system that was never reported has nothing to show */
		if (!(entries[i]->dirty || all) || !entries[i]->system->last_check_ms)
			continue;
		fields[n].name = entries[i]->system->name;
		offsets[n] = json.len;
		cbx_system_json(entries[i]->system, &json);
		fields[n].value_len = json.len - offsets[n];
		n++;
	}
	if (json.failed)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		fields[i].value = json.bytes + offsets[i];
	if (n)
		result = road->state->ops->write_systems(road->state, road->epoch,
							 CBX_ONLINE_SYSTEMS, fields, n);
	if (result)
		return result < 0 ? result : cbx_road_fenced(road, road->epoch);
	for (i = 0; i < count; i++)
		if (entries[i]->dirty)
			entries[i]->dirty = false;
	road->systems_dirty = false;
	return 0;
}

int cbx_share_figures(struct cbx_road *road)
{
	cbx_auto(cbx_text_free) struct cbx_text data = { 0 };

	if (!road->announced)
		return 0;
	cbx_jobs_data_json(&road->announced_totals, false, &data);
	if (data.failed)
		return -ENOMEM;
	return road->state->ops->write_jobs_data(road->state, road->epoch, data.bytes, data.len);
}

void cbx_road_share(struct cbx_road *road)
{
	int result;

	if (!cbx_road_leads(road) || road->share_whole || !road->state_link.up) {
		road->share_whole = true;
		road->systems_dirty = false;
		return;
	}
	result = share_touched(road);
	if (!result && road->systems_dirty)
		result = cbx_share_systems(road, false);
	if (result < 0)
		cbx_share_failed(road, result);
}
