// SPDX-License-Identifier: MIT
/* flight.c - writes the lines of a recording: what came, what was recorded, what is told */
#include "road/flight.h"

#include "common/json.h"
#include "road/flight_line.h"
#include "runtime/call.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- what came --- */

static void put_asked(const struct cbx_poll *poll, const struct question *question,
		      struct cbx_text *line)
{
	size_t i;
	size_t k;

	cbx_line_time(line, "sent", question->sent_at);
	cbx_text_puts(line, ",\"asked\":[");
	for (i = 0; i < question->count; i++) {
		const struct target *target = &poll->targets[question->first + i];

		cbx_text_printf(line, "%s{\"system\":", i ? "," : "");
		cbx_text_json_string(line, target->entry->system->name);
		cbx_line_flag(line, "list", target->list);
		cbx_text_puts(line, ",\"jobs\":[");
		for (k = 0; k < target->count; k++)
			cbx_text_printf(line, "%s%" PRId64, k ? "," : "", target->jobs[k]);
		cbx_text_puts(line, "]}");
	}
	cbx_text_putc(line, ']');
}

void cbx_flight_answer(struct cbx_poll *poll, const struct question *question,
		       const struct cbx_bus_event *event, int decoded)
{
	const struct cbx_bus_message *message = &event->message;
	struct cbx_text line = { 0 };

	if (!poll->road->flight)
		return;
	cbx_line_begin(poll->road, &line, "answer");
	put_asked(poll, question, &line);
	if (event->type == CBX_BUS_DELIVERY)
		cbx_line_body(&line, message->body, message->body_len, !decoded);
	else
		cbx_line_flag(&line, "oversized", true);
	cbx_line_end(poll->road, &line);
}

void cbx_flight_unanswered(struct cbx_poll *poll, const struct question *question)
{
	struct cbx_text line = { 0 };

	if (!poll->road->flight)
		return;
	cbx_line_begin(poll->road, &line, "unanswered");
	put_asked(poll, question, &line);
	cbx_line_end(poll->road, &line);
}

/* What was understood: of a message that came again what was not recorded yet; of what the host
 * says, which has no body */
static void put_reply(struct cbx_text *line, const struct cbx_reply *reply)
{
	size_t i;

	cbx_text_puts(line, ",\"body\":[");
	for (i = 0; i < reply->count; i++) {
		cbx_text_puts(line, i ? "," : "");
		cbx_text_add(line, reply->statuses[i]->json, reply->statuses[i]->json_len);
	}
	for (i = 0; i < reply->system_count; i++) {
		cbx_text_puts(line, i ? "," : "");
		cbx_text_json_string(line, reply->systems[i]);
	}
	cbx_text_putc(line, ']');
}

static void note_order(struct cbx_road *road, const struct cbx_call *call)
{
	cbx_auto(cbx_freep) char *params = cbx_json_text(call->params);
	struct cbx_text line = { 0 };
	char order[64];
	char *dot;

	/* it asks for something that only the poller knows */
	if (call->method->poller == call->method->follower)
		return;
	snprintf(order, sizeof(order), "%s", call->method->name);
	while ((dot = strpbrk(order, ".-")))
		*dot = '_';

	cbx_line_begin(road, &line, "order");
	cbx_line_text(&line, "order", order);
	cbx_line_text(&line, "door", call->over_amqp ? "amqp" : "host");
	if (params)
		cbx_line_body(&line, params, strlen(params), true);
	cbx_line_end(road, &line);
}

void cbx_flight_push(struct cbx_road *road, const struct cbx_inbound *inbound)
{
	static const char *const events[] = { [CBX_IN_REPORT] = "job_status",
					      [CBX_IN_ONLINE] = "system_online",
					      [CBX_IN_OFFLINE] = "system_offline",
					      [CBX_IN_INTERVAL] = "update_time_till_next_check",
					      [CBX_IN_DISCOVER] = "update_database" };
	struct cbx_text line = { 0 };

	if (!road->flight)
		return;
	if (inbound->type == CBX_IN_CALL)
		note_order(road, inbound->call);
	if (inbound->type >= CBX_COUNT(events))
		return;
	cbx_line_begin(road, &line, "push");
	cbx_line_text(&line, "event", events[inbound->type]);
	cbx_line_time(&line, "arrived", inbound->at);
	if (inbound->until > inbound->at)
		cbx_line_time(&line, "until", inbound->until);
	cbx_line_flag(&line, "again", inbound->redelivered);
	if (inbound->raw.len && !inbound->redelivered)
		cbx_line_body(&line, inbound->raw.bytes, inbound->raw.len, true);
	else if (inbound->reply)
		put_reply(&line, inbound->reply);
	cbx_line_end(road, &line);
}

/* --- what SQL says --- */

void cbx_flight_look(struct cbx_road *road, bool discovery)
{
	struct cbx_text line = { 0 };

	if (!road->flight)
		return;
	cbx_line_begin(road, &line, "look");
	cbx_line_flag(&line, "discovery", discovery);
	cbx_line_end(road, &line);
}

void cbx_flight_row(struct cbx_road *road, const char *table, const struct cbx_row *row)
{
	struct cbx_text line = { 0 };

	if (!road->flight)
		return;
	cbx_line_begin(road, &line, "row");
	cbx_line_text(&line, "table", table);
	cbx_line_text(&line, "system", row->system);
	cbx_line_number(&line, "job_id", row->job_id);
	cbx_line_text(&line, "job_type", row->job_type);
	cbx_line_text(&line, "status", row->status);
	cbx_line_text(&line, "percent_completed", row->percent_completed);
	cbx_line_number(&line, "downloaded", row->downloaded);
	cbx_line_number(&line, "total_files", row->total_files);
	cbx_line_text(&line, "download_speed", row->download_speed);
	cbx_line_text(&line, "origin", row->origin);
	cbx_line_number(&line, "revision", row->revision);
	cbx_line_number(&line, "started_ms", row->started_ms);
	cbx_line_number(&line, "updated_ms", row->updated_ms);
	cbx_line_flag(&line, "inferred", row->inferred);
	cbx_line_end(road, &line);
}

void cbx_flight_connection(struct cbx_road *road, const char *system, enum cbx_system_state state)
{
	struct cbx_text line = { 0 };

	if (!road->flight)
		return;
	cbx_line_begin(road, &line, "connection");
	cbx_line_text(&line, "system", system);
	cbx_line_text(&line, "state", cbx_system_state_name(state));
	cbx_line_end(road, &line);
}

void cbx_flight_cleared(struct cbx_road *road, const char *system, int64_t job_id)
{
	struct cbx_text line = { 0 };

	if (!road->flight)
		return;
	cbx_line_begin(road, &line, "cleared");
	cbx_line_text(&line, "system", system);
	cbx_line_number(&line, "job_id", job_id);
	cbx_line_end(road, &line);
}

/* --- what is told --- */

static void put_told(struct cbx_road *road, const struct cbx_event *event)
{
	struct cbx_text line = { 0 };

	cbx_line_begin(road, &line, "told");
	cbx_line_text(&line, "event", event->name);
	cbx_line_text(&line, "previous_status", event->previous_status);
	cbx_line_text(&line, "origin", event->origin);
	cbx_line_body(&line, event->payload, strlen(event->payload), true);
	cbx_line_end(road, &line);
}

void cbx_flight_commit(struct cbx_road *road)
{
	struct cbx_text line = { 0 };
	size_t i;

	if (!road->flight)
		return;
	cbx_line_begin(road, &line, "commit");
	cbx_line_number(&line, "reports", (int64_t)road->batch.received_count);
	cbx_line_number(&line, "changes", (int64_t)road->batch.record.change_count);
	cbx_line_end(road, &line);
	for (i = 0; i < road->batch.record.event_count; i++)
		put_told(road, &road->batch.record.events[i]);
}

void cbx_flight_break(struct cbx_road *road, const char *why)
{
	struct cbx_text line = { 0 };

	if (!road->flight || !road->flight_runs)
		return;
	road->flight_runs = false;
	cbx_line_begin(road, &line, "break");
	cbx_line_text(&line, "why", why);
	cbx_line_end(road, &line);
}
