// SPDX-License-Identifier: MIT
/*
 * share.c - writes the shared state after the commit (contract 4)
 *
 * It is a cache: a write that fails is never an error of the round. It only means that everything
 * is written anew, when the server is back and says whose state it holds.
 */
#include "road/share_internal.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdlib.h>

int share_failed(struct cbx_flow *flow, int error)
{
	if (error == CHATTERBOX_E_FENCED)
		return error;
	flow->share_whole = true;
	flow->share_retry_at = cbx_now(flow->clock) + CBX_SHARE_RETRY;
	cbx_link_lost(&flow->state_link, error);
	return error;
}

static size_t list_count(const struct cbx_job_list *list)
{
	return list ? list->count : 0;
}

static int share_touched(struct cbx_flow *flow)
{
	const struct cbx_touched *touched;
	struct share_writes w = { 0 };
	size_t systems = 0;
	size_t fields = 0;
	int result = 0;

	for (touched = flow->batch.touched; touched; touched = touched->hh.next) {
		systems++;
		fields += list_count(touched->before) + list_count(touched->after);
	}
	if (!systems)
		return 0;
	if (!share_writes_begin(&w, systems, fields)) {
		share_writes_free(&w);
		return -ENOMEM;
	}
	for (touched = flow->batch.touched; touched; touched = touched->hh.next)
		share_add_write(flow, &w, touched->system, touched->before, touched->after, false);
	if (w.count)
		result = share_write_jobs(flow, &w);
	share_writes_free(&w);
	return result;
}

int share_systems(struct cbx_flow *flow, bool all)
{
	struct cbx_system_entry *const *entries = cbx_systems_all(flow->systems);
	size_t count = cbx_systems_count(flow->systems);
	cbx_auto(cbx_freep) struct cbx_field *fields = calloc(count + 1, sizeof(*fields));
	cbx_auto(cbx_freep) size_t *offsets = calloc(count + 1, sizeof(*offsets));
	cbx_auto(cbx_text_free) struct cbx_text json = { 0 };
	size_t n = 0;
	size_t i;
	int result = 0;

	if (!entries || !fields || !offsets)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		/* who was never heard of has nothing to show */
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
		result = flow->state->ops->write_systems(flow->state, flow->epoch,
							 CBX_ONLINE_SYSTEMS, fields, n);
	if (result)
		return result < 0 ? result : cbx_flow_held(flow, flow->epoch);
	for (i = 0; i < count; i++)
		entries[i]->dirty = false;
	flow->systems_dirty = false;
	return 0;
}

void cbx_flow_share(struct cbx_flow *flow)
{
	int result;

	if (!cbx_flow_leads(flow) || flow->share_whole || !flow->state_link.up) {
		flow->share_whole = true;
		flow->systems_dirty = false;
		return;
	}
	result = share_touched(flow);
	if (!result && flow->systems_dirty)
		result = share_systems(flow, false);
	if (result < 0)
		share_failed(flow, result);
}
