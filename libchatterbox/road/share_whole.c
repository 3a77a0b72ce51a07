// SPDX-License-Identifier: MIT
/*
 * share_whole.c - writes everything to Redis again, when it is empty, belongs to another or is in
 * doubt
 *
 * First it is claimed, and last it is marked as ours: readers trust it only while the marker is
 * there.
 */
#include "common/array.h"
#include "road/share_internal.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WHOLE_CHUNK 256

/* Names of hashes whose system has no live job */
struct stale {
	struct cbx_road *road;
	char **names;
	size_t count, capacity;
};

static int note_stale(void *user, const char *key, const struct cbx_field *field)
{
	struct stale *stale = user;
	const struct cbx_job_list *list = cbx_active_jobs_get(stale->road->jobs, key);

	(void)field;
	if (list && list->live)
		return 0;
	if (cbx_grow(stale->names, stale->capacity, stale->count + 1) < 0)
		return -ENOMEM;
	stale->names[stale->count] = strdup(key);
	return stale->names[stale->count++] ? 0 : -ENOMEM;
}

static int note_listed(void *user, const char *system, int64_t ms)
{
	(void)ms;
	return note_stale(user, system, NULL);
}

/* Also cleans the index: a writer that died between hash and index left a name without a hash */
static int drop_stale(struct cbx_road *road)
{
	struct stale stale = { .road = road };
	struct share_writes w = { 0 };
	size_t i;
	int result = road->state->ops->list_systems(road->state, note_stale, &stale);

	if (!result)
		result = road->state->ops->read_active(road->state, note_listed, &stale);
	if (!result && !cbx_share_writes_begin(&w, stale.count, 0))
		result = -ENOMEM;
	for (i = 0; !result && i < stale.count; i++)
		cbx_share_add_write(road, &w, stale.names[i], NULL, NULL, true);
	if (!result && w.count)
		result = cbx_share_write_jobs(road, &w);
	for (i = 0; i < stale.count; i++)
		free(stale.names[i]);
	free(stale.names);
	cbx_share_writes_free(&w);
	return result;
}

static int share_chunk(struct cbx_road *road, const struct cbx_frozen_jobs *frozen, size_t first,
		       size_t last)
{
	struct share_writes w = { 0 };
	size_t fields = 0;
	size_t i;
	int result = -ENOMEM;

	for (i = first; i < last; i++)
		fields += cbx_frozen_jobs_at(frozen, i)->count;
	if (cbx_share_writes_begin(&w, last - first, fields)) {
		for (i = first; i < last; i++)
			cbx_share_add_write(road, &w,
					    cbx_job_list_system(cbx_frozen_jobs_at(frozen, i)),
					    NULL, cbx_frozen_jobs_at(frozen, i), true);
		result = cbx_share_write_jobs(road, &w);
	}
	cbx_share_writes_free(&w);
	return result;
}

static int share_everything(struct cbx_road *road)
{
	cbx_auto(cbx_frozen_jobs_unrefp) struct cbx_frozen_jobs *frozen = NULL;
	int result = cbx_active_jobs_freeze(road->jobs, &frozen);
	size_t first;

	if (!result)
		result = drop_stale(road);
	for (first = 0; !result && first < frozen->count; first += WHOLE_CHUNK)
		result = share_chunk(road, frozen, first,
				     first + WHOLE_CHUNK < frozen->count ? first + WHOLE_CHUNK
									 : frozen->count);
	if (!result)
		result = cbx_share_systems(road, true);
	if (!result)
		result = cbx_share_figures(road);
	/* the marker comes last: readers do not trust the state before it is there */
	if (!result)
		return cbx_road_write_mark(road, road->epoch, true);
	return result > 0 ? cbx_road_fenced(road, road->epoch) : result;
}

int cbx_road_share_check(struct cbx_road *road)
{
	int64_t epoch = 0;
	int result;

	if (!cbx_road_leads(road) || !road->state_link.up ||
	    cbx_now(road->clock) < road->share_retry_at)
		return CHATTERBOX_E_DOWN;
	result = road->state->ops->read_epoch(road->state, &epoch);
	if (result < 0)
		return cbx_share_failed(road, result);
	if (cbx_road_sees_twin(road))
		return CHATTERBOX_E_FENCED;
	if (epoch == road->epoch && cbx_road_mark_is_ours(road) && !road->share_whole) {
		result = cbx_share_mend(road);
		return result < 0 ? cbx_share_failed(road, result) : 0;
	}
	result = cbx_road_claim(road, road->epoch);
	if (!result)
		result = share_everything(road);
	if (result < 0)
		return cbx_share_failed(road, result);
	road->share_whole = false;
	cbx_road_note_shown(road);
	/* it may have waited for that */
	if (road->shown)
		road->wake_teller(road->wake_user);
	road->foreign_systems = 0;
	cbx_info(road->log, CBX_NO_FIELDS, "everything in Redis was written again (epoch %lld)",
		 (long long)road->epoch);
	return 0;
}
