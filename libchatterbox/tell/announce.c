// SPDX-License-Identifier: MIT
/* announce.c - publishes the two periodic events: job_status in chunks, and jobs_data (contract
 * 3.3) */
#include "runtime/envelope.h"
#include "tell/tell.h"

#include "base/number.h"
#include "base/read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* The size of a chunk: far below what brokers take (max_message_size is 16 MiB since RabbitMQ 4) */
#define CHUNK_BYTES ((size_t)4 << 20)

void cbx_jobs_data_json(const struct cbx_totals *totals, bool open, struct cbx_text *out)
{
	char speed[CBX_NUMBER_TEXT];

	cbx_number_format(totals->speed, speed);
	cbx_text_printf(out,
			"{\"job_count\":%lld,\"activte_jobs\":%lld,\"total_download_speed\":%s,"
			"\"active_ocd_jobs\":%lld,\"total_ocd_jobs\":%lld%s",
			(long long)totals->live, (long long)totals->running, speed,
			(long long)totals->running_ocd, (long long)totals->live_ocd,
			open ? "" : "}");
}

/* The headers that say which chunk of which snapshot this is */
struct place {
	char snapshot_id[CBX_UUID_TEXT];
	char chunk[24];
	char chunks[24];
};

static int publish(struct cbx_teller *teller, const char *name, const struct cbx_text *body,
		   const struct place *place)
{
	const struct cbx_settings *settings = teller->settings;
	struct cbx_bus_message message = { .exchange = settings->event_exchange,
					   .body = body->bytes,
					   .body_len = body->len };
	char trace[CBX_UUID_TEXT];
	char key[160];
	int result;

	if (body->failed)
		return -ENOMEM;
	cbx_uuid(trace);
	snprintf(key, sizeof(key), "%s.event.%s", settings->app_name, name);
	message.routing_key = message.type = key;
	cbx_envelope_properties(settings, teller->clock, trace, &message);
	if (place) {
		cbx_bus_add_header(&message, "snapshot", place->snapshot_id);
		cbx_bus_add_integer(&message, "chunk", place->chunk);
		cbx_bus_add_integer(&message, "chunks", place->chunks);
	}
	result = teller->bus->ops->publish(teller->bus, &message, NULL,
					   cbx_now(teller->clock) + 2 * CBX_SECOND);
	cbx_metric_add(teller->counters->events_published, name, result < 0 ? "error" : "ok", 1);
	if (result < 0)
		cbx_link_lost(&teller->bus_link, result);
	return result;
}

static void open_event(const struct cbx_teller *teller, const char *name, struct cbx_text *body)
{
	char method[160];

	snprintf(method, sizeof(method), "%s.event.%s", teller->settings->app_name, name);
	cbx_envelope_open(teller->settings, body, NULL, method);
}

/* A position in a walk over the statuses of all live jobs */
struct walk {
	const struct cbx_frozen_jobs *frozen;
	size_t entry, job;
};

static const struct cbx_status *next_status(struct walk *walk)
{
	for (; walk->entry < walk->frozen->count; walk->entry++, walk->job = 0) {
		const struct cbx_job_list *list = cbx_frozen_jobs_at(walk->frozen, walk->entry);

		while (walk->job < list->count) {
			const struct cbx_job *job = list->jobs[walk->job++];

			if (job->phase == CBX_LIVE)
				return job->status;
		}
	}
	return NULL;
}

/* How full a chunk is */
struct filling {
	size_t statuses;
	size_t bytes;
};

/* Adds a status; false when it begins a new chunk. A single status may be larger than CHUNK_BYTES.
 */
static bool fits(const struct cbx_teller *teller, struct filling *filling,
		 const struct cbx_status *status)
{
	bool room = filling->statuses < teller->settings->max_jobs_per_event &&
		    filling->bytes + status->json_len + 1 <= CHUNK_BYTES;

	if (!room && filling->statuses)
		*filling = (struct filling){ 0 };
	else
		room = true;
	filling->statuses++;
	filling->bytes += status->json_len + 1;
	return room;
}

static size_t count_chunks(const struct cbx_teller *teller, const struct cbx_frozen_jobs *frozen)
{
	struct walk walk = { .frozen = frozen };
	struct filling filling = { 0 };
	const struct cbx_status *status;
	size_t chunks = 0;

	while ((status = next_status(&walk)))
		chunks += !fits(teller, &filling, status);
	return chunks + (filling.statuses > 0);
}

static int publish_chunk(struct cbx_teller *teller, struct cbx_text *body, struct place *place,
			 size_t number)
{
	int result;

	cbx_text_putc(body, ']');
	cbx_envelope_close(teller->settings, body);
	snprintf(place->chunk, sizeof(place->chunk), "%zu", number);
	result = publish(teller, "job_status", body, place);
	cbx_text_clear(body);
	return result;
}

static int announce_statuses(struct cbx_teller *teller, const struct cbx_frozen_jobs *frozen)
{
	cbx_auto(cbx_text_free) struct cbx_text body = { 0 };
	struct walk walk = { .frozen = frozen };
	struct filling filling = { 0 };
	const struct cbx_status *status;
	struct place place;
	size_t chunk = 0;
	int result = 0;

	cbx_uuid(place.snapshot_id);
	snprintf(place.chunks, sizeof(place.chunks), "%zu", count_chunks(teller, frozen));
	while (!result && (status = next_status(&walk))) {
		if (!fits(teller, &filling, status))
			result = publish_chunk(teller, &body, &place, ++chunk);
		if (filling.statuses == 1)
			open_event(teller, "job_status", &body);
		cbx_text_putc(&body, filling.statuses == 1 ? '[' : ',');
		cbx_text_add(&body, status->json, status->json_len);
	}
	if (!result && filling.statuses)
		result = publish_chunk(teller, &body, &place, ++chunk);
	return result;
}

static void announce_data(struct cbx_teller *teller, const struct cbx_totals *totals, int64_t epoch)
{
	cbx_auto(cbx_text_free) struct cbx_text data = { 0 };
	cbx_auto(cbx_text_free) struct cbx_text body = { 0 };
	int result;

	cbx_jobs_data_json(totals, false, &data);
	if (data.failed)
		return;
	if (teller->state_link.up) {
		result = teller->state->ops->write_jobs_data(teller->state, epoch, data.bytes,
							     data.len);
		if (result > 0)
			cbx_leadership_note_newer(teller->leadership, epoch, teller->state->newer);
		if (result < 0)
			cbx_link_lost(&teller->state_link, result);
	}
	if (!teller->bus_link.up || teller->bus->blocked)
		return;
	open_event(teller, "jobs_data", &body);
	cbx_text_add(&body, data.bytes, data.len);
	cbx_envelope_close(teller->settings, &body);
	publish(teller, "jobs_data", &body, NULL);
}

void cbx_announce(struct cbx_teller *teller, const struct cbx_snapshot *snapshot, int64_t epoch)
{
	const struct cbx_frozen_jobs *frozen = snapshot->jobs;

	/* jobs_data alone finds out whether the exchange takes anything again */
	if (teller->bus_link.up && !teller->bus->blocked && !teller->refusals.exchange_wait &&
	    frozen->totals.live)
		announce_statuses(teller, frozen);
	announce_data(teller, &frozen->totals, epoch);
}
