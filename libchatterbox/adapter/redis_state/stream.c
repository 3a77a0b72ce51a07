// SPDX-License-Identifier: MIT
/*
 * stream.c - appends events to APP:events
 *
 * A piece of them is one script call, so that a server which runs out of memory takes all or none
 * of it, and no event overtakes an earlier one that was refused. Behind Sentinels and in
 * a cluster an event counts as appended when a replica has it, too: else the master's end could
 * take back what was told.
 */
#include "adapter/redis_state/link.h"

#include <inttypes.h>
#include <stdio.h>

static void add_entry(struct cbx_redis *me, const struct cbx_stream_entry *entry,
		      const char *max_length)
{
	cbx_redis_puts(me, entry->previous_status ? "13" : "11");
	cbx_redis_puts(me, "XADD");
	cbx_redis_puts(me, "MAXLEN");
	cbx_redis_puts(me, "~");
	cbx_redis_puts(me, max_length);
	cbx_redis_puts(me, "*");
	cbx_redis_puts(me, "name");
	cbx_redis_puts(me, entry->name);
	cbx_redis_puts(me, "id");
	cbx_redis_puts(me, entry->id);
	cbx_redis_puts(me, "params");
	cbx_redis_arg(me, entry->params, entry->params_len);
	if (entry->previous_status) {
		cbx_redis_puts(me, "previous_status");
		cbx_redis_puts(me, entry->previous_status);
	}
}

static int append_piece(struct cbx_redis *me, int64_t epoch, const char *key,
			const struct cbx_stream_entry *entries, size_t count,
			const char *max_length)
{
	int error = cbx_redis_begin_guarded(me, CBX_SCRIPT_GUARDED, key, epoch);
	size_t i;

	if (error)
		return error;
	for (i = 0; i < count; i++)
		add_entry(me, &entries[i], max_length);
	return cbx_redis_run_guarded(me, key);
}

static size_t piece(const struct cbx_stream_entry *entries, size_t count)
{
	size_t bytes = 0;
	size_t i;

	for (i = 0; i < count && i < CBX_REDIS_CHUNK && bytes < CBX_REDIS_CHUNK_BYTES; i++)
		bytes += entries[i].params_len;
	return i;
}

int cbx_redis_append_events(struct cbx_state *state, int64_t epoch,
			    const struct cbx_stream_entry *entries, size_t count,
			    int64_t max_length)
{
	struct cbx_redis *me = cbx_redis_of(state);
	const char *key = cbx_redis_key(me, &me->key, "events");
	char length[24];
	size_t done;
	size_t step;
	int result = cbx_redis_caught_up(me, key);

	snprintf(length, sizeof(length), "%" PRId64, max_length);
	for (done = 0; done < count && !result; done += step) {
		step = piece(entries + done, count - done);
		result = append_piece(me, epoch, key, entries + done, step, length);
	}
	return result ? result : cbx_redis_replicated(me, key);
}
