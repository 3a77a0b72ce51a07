// SPDX-License-Identifier: MIT
/*
 * share_mend.c - makes whole what others deleted in Redis (contract 4): a key, or a field
 *
 * What we write is the difference to what we wrote before, so that what is gone would stay away. So
 * each round counts what is there, and writes again where something is missing. What others put
 * beside ours in APP:online_systems is left alone, and its number remembered.
 */
#include "road/share_internal.h"

#include <errno.h>
#include <stdlib.h>

struct mending {
	struct cbx_road *road;
	const struct cbx_frozen_jobs *frozen;
	const char **names; /* of the systems with live jobs */
	const struct cbx_job_list **lists;
	struct cbx_hash_sizes *fields; /* of their hashes */
	size_t count;
	struct share_writes writes;
	size_t mended;         /* keys and fields that were missing */
	size_t found, foreign; /* of the systems in APP:online_systems */
};

static void mending_close(struct mending *m)
{
	free(m->names);
	free(m->lists);
	free(m->fields);
	cbx_share_writes_free(&m->writes);
}

static int mending_open(struct cbx_road *road, const struct cbx_frozen_jobs *frozen,
			struct mending *m)
{
	size_t fields = 0;
	size_t i;

	*m = (struct mending){ .road = road, .frozen = frozen };
	m->names = calloc(frozen->count + 1, sizeof(*m->names));
	m->lists = calloc(frozen->count + 1, sizeof(*m->lists));
	m->fields = calloc(frozen->count + 1, sizeof(*m->fields));
	if (!m->names || !m->lists || !m->fields)
		return -ENOMEM;
	for (i = 0; i < frozen->count; i++) {
		const struct cbx_job_list *list = cbx_frozen_jobs_at(frozen, i);

		if (!list->live)
			continue;
		m->names[m->count] = cbx_job_list_system(list);
		m->lists[m->count++] = list;
		fields += list->count;
	}
	/* each may be written for its hash, or for its place in the index */
	return cbx_share_writes_begin(&m->writes, m->count, fields) ? 0 : -ENOMEM;
}

static int note_member(void *user, const char *system, int64_t ms)
{
	struct mending *m = user;
	struct cbx_system_entry *entry = cbx_systems_find(m->road->systems, system);

	(void)ms;
	if (entry)
		entry->listed = true;
	return 0;
}

/* Which systems are missing in the index? Those without live jobs that are there do no harm:
 * readers find no hash. */
static int look_at_index(struct mending *m)
{
	return m->road->state->ops->read_active(m->road->state, note_member, m);
}

static int mend_jobs(struct mending *m, bool index)
{
	size_t i;

	for (i = 0; i < m->count; i++) {
		struct cbx_system_entry *entry = cbx_systems_find(m->road->systems, m->names[i]);
		bool listed = !index || (entry && entry->listed);

		if (entry)
			entry->listed = false;
		if (m->fields[i].jobs == m->lists[i]->live &&
		    m->fields[i].figures == m->lists[i]->figured && listed)
			continue;
		cbx_share_add_write(m->road, &m->writes, m->names[i], NULL, m->lists[i], true);
		m->mended++;
	}
	return m->writes.count ? cbx_share_write_jobs(m->road, &m->writes) : 0;
}

static int note_system(void *user, const char *key, const struct cbx_field *field)
{
	struct mending *m = user;
	struct cbx_system_entry *entry = cbx_systems_find(m->road->systems, field->name);

	(void)key;
	if (!entry || !entry->dirty)
		m->foreign++;
	else
		entry->dirty = false, m->found++;
	return 0;
}

/* How many systems have something to show in APP:online_systems; @mark: makes them dirty */
static size_t shown_systems(struct cbx_road *road, bool mark)
{
	struct cbx_system_entry *const *entries = cbx_systems_all(road->systems);
	size_t count = entries ? cbx_systems_count(road->systems) : 0;
	size_t shown = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		bool shows = entries[i]->system->last_check_ms != 0;

		shown += shows;
		if (mark)
			entries[i]->dirty = shows;
	}
	return shown;
}

static int mend_systems(struct mending *m)
{
	struct cbx_road *road = m->road;
	size_t missing = shown_systems(road, true);
	int result;

	/* whatever fails now, they are written later */
	road->systems_dirty = true;
	result = road->state->ops->read_systems(road->state, CBX_ONLINE_SYSTEMS, note_system, m);
	if (result)
		return result;
	missing -= m->found;
	m->mended += missing;
	road->foreign_systems = m->foreign;
	return cbx_share_systems(road, false);
}

static int mend(struct mending *m)
{
	struct cbx_road *road = m->road;
	struct cbx_state_sizes sizes;
	bool index;
	int result = road->state->ops->count(road->state, m->names, m->count, m->fields, &sizes);

	if (!result && !sizes.rev) {
		result = cbx_road_claim(road, road->epoch);
		m->mended++;
	}
	index = !result && sizes.active < m->count;
	if (index)
		result = look_at_index(m);
	if (!result)
		result = mend_jobs(m, index);
	if (!result && sizes.online != shown_systems(road, false) + road->foreign_systems)
		result = mend_systems(m);
	if (!result && !sizes.jobs_data && road->announced) {
		result = cbx_share_figures(road);
		m->mended++;
	}
	return result > 0 ? cbx_road_fenced(road, road->epoch) : result;
}

int cbx_share_mend(struct cbx_road *road)
{
	cbx_auto(cbx_frozen_jobs_unrefp) struct cbx_frozen_jobs *frozen = NULL;
	cbx_auto(mending_close) struct mending m = { 0 };
	int result = cbx_active_jobs_freeze(road->jobs, &frozen);

	/* what has changed since is no loss */
	if (!result && road->systems_dirty)
		result = cbx_share_systems(road, false);
	if (!result)
		result = mending_open(road, frozen, &m);
	if (!result)
		result = mend(&m);
	if (!result && m.mended)
		cbx_warn(road->log, CBX_FIELDS({ "server", "redis" }),
			 "others deleted or evicted keys or fields of %s:* in Redis: %zu were "
			 "written again",
			 road->settings->app_name, m.mended);
	return result;
}
