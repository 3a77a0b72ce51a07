// SPDX-License-Identifier: MIT
/*
 * pushes.c - removes from a message that is delivered again what was recorded before
 *
 * Every message of the queue is remembered, not only statuses: an old system_offline would stop the
 * questions to a system that has answered since, and an old interval would undo a newer one.
 */
#include "road/batch.h"
#include "road/flight.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static uint64_t hash_text(uint64_t hash, const char *text)
{
	return cbx_push_hash(hash, text, strlen(text));
}

static struct cbx_push_identity identity_of(const struct cbx_inbound *inbound,
					    const struct cbx_status *status)
{
	uint64_t subject = hash_text(0, status->system);

	return (struct cbx_push_identity){
		.subject = cbx_push_hash(subject, &status->job_id, sizeof(status->job_id)),
		.content = cbx_push_hash(inbound->properties, status->json, status->json_len),
		.message = inbound->message,
	};
}

/* The identity of one part of a message without statuses: a system, or @text "" */
static struct cbx_push_identity identity_of_text(const struct cbx_inbound *inbound,
						 const char *text)
{
	const char *about = inbound->reply ? "system" : inbound->event;

	return (struct cbx_push_identity){
		.subject = hash_text(hash_text(0, about), text),
		.content = hash_text(hash_text(inbound->properties, inbound->text), text),
		.message = inbound->message,
	};
}

/* How many parts of a message can be distinguished, each of which may have been recorded or not */
static size_t count_parts(const struct cbx_inbound *inbound)
{
	if (!inbound->reply)
		return 1;
	return inbound->type == CBX_IN_REPORT ? inbound->reply->count
					      : inbound->reply->system_count;
}

static struct cbx_push_identity identity_of_part(const struct cbx_inbound *inbound, size_t i)
{
	if (inbound->type == CBX_IN_REPORT)
		return identity_of(inbound, inbound->reply->statuses[i]);
	return identity_of_text(inbound, inbound->reply ? inbound->reply->systems[i] : "");
}

/* Removes the recorded parts and returns how many they were. A message with a single part can't be
 * reduced; @done says that nothing remains to be done. */
static size_t remove_recorded(struct cbx_inbound *inbound, const bool *recorded, bool *done)
{
	struct cbx_reply *reply = inbound->reply;
	size_t count = count_parts(inbound);
	size_t kept = 0;
	size_t i;

	for (i = 0; reply && i < count; i++) {
		if (inbound->type == CBX_IN_REPORT) {
			if (recorded[i])
				cbx_status_unref(reply->statuses[i]);
			else
				reply->statuses[kept++] = reply->statuses[i];
		} else if (recorded[i]) {
			free(reply->systems[i]);
		} else {
			reply->systems[kept++] = reply->systems[i];
		}
	}
	if (!reply)
		kept = !recorded[0];
	else if (inbound->type == CBX_IN_REPORT)
		reply->count = kept;
	else
		reply->system_count = kept;
	*done = !kept;
	return count - kept;
}

static void requeue_run(struct cbx_pushes *pushes)
{
	struct cbx_inbound *inbound = pushes->run;
	struct cbx_inbound *next;

	pushes->run = NULL;
	pushes->run_is_whole = false;
	for (; inbound; inbound = next) {
		next = inbound->next;
		cbx_inbound_requeue(inbound);
	}
}

void cbx_pushes_forget(struct cbx_road *road)
{
	requeue_run(&road->pushes);
	cbx_push_identities_clear(&road->pushes.recorded);
	cbx_text_free(&road->pushes.refused);
	road->pushes.known = false;
}

static int note_recorded(void *user, int64_t connection, const char *identities)
{
	struct cbx_pushes *pushes = user;

	/* what came by this connection can't be delivered again by it */
	if ((uint64_t)connection == pushes->connection)
		return 0;
	return cbx_push_identities_read(&pushes->recorded, identities);
}

/* At the beginning of a connection, while the log still ends with what came by the last one */
static int read_recorded(struct cbx_road *road)
{
	int result;

	if (road->pushes.known)
		return 0;
	cbx_push_identities_clear(&road->pushes.recorded);
	result = road->sql->ledger->pushes(road->sql, note_recorded, &road->pushes);
	road->pushes.known = !result;
	if (result < 0 && result != -ENOMEM)
		cbx_link_lost(&road->sql_link, result);
	return result;
}

void cbx_pushes_note_connection(struct cbx_road *road, uint64_t connection)
{
	if (road->pushes.connection == connection)
		return;
	if (road->batch.inbounds)
		cbx_flight_break(road, "redelivered");
	cbx_aside_return(road);
	cbx_batch_drop_connection(road, road->pushes.connection);
	cbx_pushes_forget(road);
	road->pushes.connection = connection;
	if (road->sql_link.up)
		read_recorded(road);
}

void cbx_pushes_add_to_run(struct cbx_road *road, struct cbx_inbound *inbound)
{
	if (!road->pushes.run)
		road->pushes.run_end = &road->pushes.run;
	*road->pushes.run_end = inbound;
	road->pushes.run_end = &inbound->next;
	road->pushes.run_is_whole = inbound->run_ends;
}

static int find_recorded(struct cbx_road *road, bool **out, size_t *out_count)
{
	struct cbx_push_identities run = { 0 };
	const struct cbx_inbound *inbound;
	bool *recorded = NULL;
	size_t i;
	int result = 0;

	for (inbound = road->pushes.run; inbound; inbound = inbound->next)
		for (i = 0; !result && i < count_parts(inbound); i++) {
			struct cbx_push_identity identity = identity_of_part(inbound, i);

			result = cbx_push_identities_add(&run, &identity);
		}
	if (!result) {
		recorded = calloc(run.count + 1, sizeof(*recorded));
		result = recorded ? cbx_push_find_recorded(&road->pushes.recorded, &run, recorded)
				  : -ENOMEM;
	}
	*out_count = run.count;
	cbx_push_identities_clear(&run);
	if (result < 0) {
		free(recorded);
		return result;
	}
	*out = recorded;
	return 0;
}

/* Takes the recorded parts out of the run's messages, and applies the rest */
static int apply_run(struct cbx_road *road, const bool *recorded, size_t count)
{
	struct cbx_inbound *inbound;
	size_t old = 0;
	size_t at = 0;
	int result = 0;

	while (!result && (inbound = road->pushes.run)) {
		size_t parts = count_parts(inbound);
		bool done;

		road->pushes.run = inbound->next;
		inbound->next = NULL;
		old += remove_recorded(inbound, recorded + at, &done);
		at += parts;
		result = cbx_road_apply(road, inbound, done);
	}
	road->pushes.run_is_whole = false;
	cbx_info(road->log, CBX_NO_FIELDS,
		 "%zu reports were delivered again, of which %zu had been recorded", count, old);
	return result;
}

int cbx_pushes_resolve_run(struct cbx_road *road)
{
	cbx_auto(cbx_freep) bool *recorded = NULL;
	size_t count = 0;
	int result;

	if (!road->pushes.run_is_whole)
		return 0;
	result = read_recorded(road);
	if (!result)
		result = find_recorded(road, &recorded, &count);
	if (!result)
		result = apply_run(road, recorded, count);
	if (result == -ENOMEM)
		requeue_run(&road->pushes);
	return result;
}

/* A row of the log; empties @text */
static int add_row(struct cbx_road *road, uint64_t connection, struct cbx_text *text)
{
	struct cbx_push *push;
	char *identities = NULL;

	if (!text->len && !text->failed)
		return 0;
	if (cbx_text_take(text, &identities, NULL) < 0)
		return -ENOMEM;
	push = cbx_batch_add_push(&road->batch.record);
	if (!push) {
		free(identities);
		return -ENOMEM;
	}
	push->connection = (int64_t)connection;
	push->identities = identities;
	return 0;
}

static void write_statuses(const struct cbx_received *received, struct cbx_text *text)
{
	size_t i;

	for (i = 0; i < received->report.count; i++) {
		struct cbx_push_identity identity =
			identity_of(received->from, received->report.statuses[i]);

		cbx_push_identity_write(&identity, text);
	}
}

/* Messages that bring no statuses; they are recorded with the batch */
static int add_others(struct cbx_road *road)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	const struct cbx_inbound *inbound;
	int result = 0;
	size_t i;

	for (inbound = road->batch.inbounds; !result && inbound; inbound = inbound->next) {
		if (!inbound->answer || inbound->type == CBX_IN_REPORT)
			continue;
		for (i = 0; i < count_parts(inbound); i++) {
			struct cbx_push_identity identity = identity_of_part(inbound, i);

			cbx_push_identity_write(&identity, &text);
		}
		result = add_row(road, inbound->connection, &text);
	}
	return result;
}

int cbx_pushes_add_to_record(struct cbx_road *road)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	const struct cbx_received *received = road->batch.received;
	size_t left = road->batch.received_count;
	int result = 0;

	if (road->pushes.refused.len) {
		cbx_text_add(&text, road->pushes.refused.bytes, road->pushes.refused.len);
		result = add_row(road, road->pushes.connection, &text);
	}
	while (!result && left) {
		const struct cbx_inbound *from = received->from;

		for (; left && received->from == from; left--, received = received->next)
			if (from && from->answer)
				write_statuses(received, &text);
		result = from ? add_row(road, from->connection, &text) : 0;
	}
	if (!result && !received)
		result = add_others(road);
	return result;
}

void cbx_pushes_note_refused(struct cbx_road *road, const struct cbx_received *received)
{
	if (received->from && received->from->answer)
		write_statuses(received, &road->pushes.refused);
}
