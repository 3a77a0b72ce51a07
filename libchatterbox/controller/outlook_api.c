// SPDX-License-Identifier: MIT
/*
 * outlook_api.c - the call outlook: will every list be there in time, and if not, why
 * (contract 9.1)
 *
 * Soonest first. The cursor is the place of the last one shown, so it is valid on every instance.
 * Only who leads knows: another instance asks the leader.
 */
#include "base/read.h"
#include "controller/job_api.h"
#include "controller/job_filter.h"
#include "controller/orders.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WEEK_S (7 * 86400)

struct listing {
	const struct cbx_outlook_list *list;
	int64_t now_ms;
	size_t limit;
	unsigned states; /* bits; 0 = all */
	struct cbx_values systems, lists;
	int64_t until_ms; /* INT64_MAX: no matter when */
	/* The last one shown on the page before; "" = from the start */
	int64_t after_ms;
	char after_system[65], after_list[65];
};

static unsigned bit_of(const char *name)
{
	enum cbx_outlook_state state;

	return cbx_outlook_state_read(name, &state) ? 1u << state : 0;
}

static int read_states(const json_t *params, struct listing *listing, char error[CBX_API_ERROR])
{
	struct cbx_values values = { 0 };
	int result = cbx_take_values(params, "state", true, &values, error);
	const char *value = values.texts;
	size_t i;

	for (i = 0; !result && i < values.count; i++, value += strlen(value) + 1) {
		unsigned bit = bit_of(value);

		listing->states |= bit;
		if (bit)
			continue;
		snprintf(
			error, CBX_API_ERROR,
			"state: takes on_time, unknown, at_risk or late, or some of them by comma");
		result = -EINVAL;
	}
	free(values.texts);
	return result;
}

static int read_within(const json_t *params, struct listing *listing, char error[CBX_API_ERROR])
{
	const json_t *value = json_object_get(params, "within");
	int64_t seconds = -1;

	listing->until_ms = INT64_MAX;
	if (!value || json_is_null(value))
		return 0;
	if (json_is_integer(value))
		seconds = json_integer_value(value);
	else if (json_is_string(value) &&
		 !cbx_parse_count(json_string_value(value), json_string_length(value), &seconds))
		seconds = -1;
	if (seconds < 0 || seconds > WEEK_S) {
		snprintf(error, CBX_API_ERROR, "within: takes seconds, 0..%d", WEEK_S);
		return -EINVAL;
	}
	listing->until_ms = listing->now_ms + seconds * 1000;
	return 0;
}

/* "<activate_at>.<system in hex>.<list in hex>" */
static bool parse_cursor(const char *text, struct listing *listing)
{
	const char *dot = strchr(text, '.');
	const char *second = dot ? strchr(dot + 1, '.') : NULL;

	return second && cbx_parse_count(text, (size_t)(dot - text), &listing->after_ms) &&
	       cbx_hex_read(dot + 1, (size_t)(second - dot - 1), listing->after_system) &&
	       cbx_hex_read(second + 1, strlen(second + 1), listing->after_list);
}

static int read_page(const json_t *params, struct listing *listing, char error[CBX_API_ERROR])
{
	const json_t *cursor = json_object_get(params, "cursor");
	int result = cbx_page_limit(params, &listing->limit, error);

	if (result < 0 || !cursor || json_is_null(cursor))
		return result;
	if (json_is_string(cursor) && parse_cursor(json_string_value(cursor), listing))
		return 0;
	snprintf(error, CBX_API_ERROR, "cursor: takes the `next` of an earlier page");
	return -EINVAL;
}

static bool is_after(const struct listing *listing, const struct cbx_outlook *outlook)
{
	const struct cbx_outlook last = { .activate_at_ms = listing->after_ms,
					  .system = listing->after_system,
					  .list_id = listing->after_list };

	return !*listing->after_system || cbx_outlook_compare(outlook, &last) > 0;
}

/* Whatever its state is */
static bool is_asked_for(const struct listing *listing, const struct cbx_outlook *outlook)
{
	return outlook->activate_at_ms <= listing->until_ms &&
	       cbx_values_have(&listing->systems, outlook->system) &&
	       cbx_values_have(&listing->lists, outlook->list_id);
}

static bool is_wanted(const struct listing *listing, const struct cbx_outlook *outlook)
{
	return (!listing->states || listing->states & 1u << outlook->state) &&
	       is_after(listing, outlook);
}

static void write_next(struct cbx_text *out, const struct cbx_outlook *last)
{
	if (!last) {
		cbx_text_puts(out, "null");
		return;
	}
	cbx_text_printf(out, "\"%lld.", (long long)last->activate_at_ms);
	cbx_hex_write(out, last->system);
	cbx_text_putc(out, '.');
	cbx_hex_write(out, last->list_id);
	cbx_text_putc(out, '"');
}

static void write_totals(const size_t totals[CBX_OUTLOOK_STATES], struct cbx_text *out)
{
	int state;

	cbx_text_puts(out, ",\"totals\":{");
	for (state = CBX_ON_TIME; state <= CBX_LATE; state++)
		cbx_text_printf(out, "%s\"%s\":%zu", state ? "," : "",
				cbx_outlook_state_name((enum cbx_outlook_state)state),
				totals[state]);
	cbx_text_puts(out, "}}");
}

static void write_listing(const struct listing *listing, struct cbx_text *out)
{
	const struct cbx_outlook_list *list = listing->list;
	const struct cbx_outlook *last = NULL;
	size_t totals[CBX_OUTLOOK_STATES] = { 0 };
	size_t shown = 0;
	bool more = false;
	size_t i;

	cbx_text_puts(out, "{\"outlook\":[");
	for (i = 0; list && i < list->count; i++) {
		const struct cbx_outlook *outlook = list->items[i];

		if (!is_asked_for(listing, outlook))
			continue;
		totals[outlook->state]++;
		if (more || !is_wanted(listing, outlook))
			continue;
		more = shown == listing->limit;
		if (more)
			continue;
		if (shown++)
			cbx_text_putc(out, ',');
		cbx_outlook_json(outlook, listing->now_ms, out);
		last = outlook;
	}
	cbx_text_puts(out, "],\"next\":");
	write_next(out, more ? last : NULL);
	write_totals(totals, out);
}

int cbx_job_api_outlook(const struct cbx_snapshot *snapshot, const json_t *params, int64_t now_ms,
			struct cbx_text *out, char error[CBX_API_ERROR])
{
	struct listing listing = { .list = snapshot->outlooks, .now_ms = now_ms };
	int result = read_states(params, &listing, error);

	if (!result)
		result = read_within(params, &listing, error);
	if (!result)
		result = read_page(params, &listing, error);
	if (!result)
		result = cbx_take_values(params, "system", true, &listing.systems, error);
	if (!result)
		result = cbx_take_values(params, "list", true, &listing.lists, error);
	cbx_values_trim(&listing.systems);
	if (!result)
		write_listing(&listing, out);
	free(listing.systems.texts);
	free(listing.lists.texts);
	return result;
}

void cbx_request_worker_outlook(struct cbx_request_worker *worker, struct cbx_call *call)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot =
		cbx_snapshot_slot_get(worker->slot);
	struct cbx_text text = { 0 };
	char error[CBX_API_ERROR] = "";

	if (!cbx_leadership_epoch(worker->calls->leadership)) {
		cbx_calls_to_poller(worker->calls, call);
		return;
	}
	cbx_call_end(call,
		     cbx_job_api_outlook(snapshot, call->params, cbx_wall(worker->clock), &text,
					 error),
		     &text, error);
}
