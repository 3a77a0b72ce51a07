// SPDX-License-Identifier: MIT
/*
 * tail.c - reads the stream of events through the library
 *
 * One question follows the newest events, for all. Another reads older ones for those who resume:
 * from the oldest place that somebody waits at, and everybody whose place is in the answer gets it,
 * so that a thousand clients that come back together cost one question. The library answers with
 * nothing that its lists do not hold.
 */
#include "sse/internal.h"
#include "sse/page.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 200
#define IDLE_MS 250 /* between two questions; while nobody listens: */
#define ALONE_MS 1000
/* After an event of the library, which comes into the stream at once. Many are woken, so with many
 * it is waited for those that follow it, as in a round, until each has something to send. */
#define HURRY_MS 20
#define HURRY_MOST_MS 250
#define SUBSCRIBERS_PER_MS 20
#define HURRY_FOR_MS 200
#define AWAY_MS 500 /* Redis is down */
/* A burst is read as fast as those who keep up can take it; that is looked at after so much */
#define AHEAD (CBD_RING_BYTES / 4)
#define LOOK_AFTER (AHEAD / 8)
#define STALLED_MS 1000
#define AHEAD_MS 10

struct question {
	struct cbd_hub *hub;
	struct cbd_past *past; /* what is read; of the newest events, too */
};

static int keep_event(void *user, const struct cbd_page_event *event)
{
	struct cbd_past *past = user;
	const struct cbd_frame_parts parts = { .id = &event->id,
					       .name = event->name,
					       .system = event->system,
					       .data = event->params,
					       .counts = true };
	cbx_auto(cbd_frame_unrefp) struct cbd_frame *frame =
		cbd_frame_new(&parts, cbd_hub_now_ms());
	int result = frame ? cbd_past_add(past, frame) : -ENOMEM;

	if (!result)
		frame = NULL;
	return result;
}

/* 0, or why nothing is known */
static int read_answer(struct question *question, const struct chatterbox_answer *answer)
{
	struct cbd_past *past = question->past;
	struct cbd_page_end end = { 0 };
	int result = answer->result;

	if (result >= 0)
		result = cbd_page_read(answer->json, keep_event, past, &end);
	if (result < 0)
		return result;
	past->next = end.next;
	past->lost = end.lost;
	return 0;
}

static void question_free(struct question *question)
{
	struct cbd_hub *hub = question->hub;

	pthread_mutex_lock(&hub->lock);
	cbd_past_unref(question->past);
	pthread_mutex_unlock(&hub->lock);
	cbd_hub_unref(hub);
	free(question);
}

/* @since: NULL = where is the stream? */
static int ask(struct cbd_hub *hub, const struct cbd_position *since, chatterbox_done_fn done)
{
	struct question *question = calloc(1, sizeof(*question));
	char at[CBD_POSITION_TEXT];
	char params[128];
	int result;

	if (!question)
		return -ENOMEM;
	question->past = cbd_past_new(since ? *since : (struct cbd_position){ 0 });
	if (!question->past) {
		free(question);
		return -ENOMEM;
	}
	question->hub = hub;
	pthread_mutex_lock(&hub->lock);
	hub->refs++;
	pthread_mutex_unlock(&hub->lock);
	snprintf(params, sizeof(params), "{\"limit\":%d}", PAGE);
	if (since) {
		cbd_position_write(*since, at);
		snprintf(params, sizeof(params), "{\"limit\":%d,\"since\":\"%s\"}", PAGE, at);
	}
	result = chatterbox_query(hub->settings.box, CHATTERBOX_TOPIC_EVENTS, params, done,
				  question, NULL, NULL);
	if (result < 0)
		question_free(question);
	return result;
}

/* --- the newest events --- */

static void reset(struct cbd_subscriber *one)
{
	const struct cbd_frame_parts parts = { .id = &one->hub->ring.newest,
					       .name = cbd_slice_of("reset", 5),
					       .data = cbd_slice_of("{}", 2) };
	struct cbd_frame *frame = cbd_frame_new(&parts, cbd_hub_now_ms());

	if (frame) {
		cbd_subscriber_begin(one, frame);
		return;
	}
	/* one that does not know that it missed something must not go on */
	one->ended = true;
	cbd_subscriber_wake(one);
}

/* The stream is read from @next on; nobody knows what came before */
static void restart(struct cbd_hub *hub, struct cbd_position next)
{
	struct cbd_subscriber *one;

	cbd_ring_restart(&hub->ring, next);
	for (one = hub->head; one; one = one->next) {
		/* what it was being sent is of the same stream, but maybe not what follows */
		one->wants_past = one->wants_past || one->past;
		hub->wants_past = hub->wants_past || one->wants_past;
		cbd_past_unref(cbx_steal(one->past));
		if (one->live)
			reset(one);
		else if (one->wants_start)
			cbd_subscriber_begin(one, cbd_hub_mark(hub));
	}
}

/* Does somebody who takes what we send have much to take? Who takes nothing is not waited for. */
static bool is_ahead(const struct cbd_hub *hub, int64_t now_ms)
{
	const struct cbd_subscriber *one;

	for (one = hub->head; one; one = one->next)
		if (one->live &&
		    (now_ms - one->sent_at_ms < STALLED_MS ||
		     now_ms - one->woken_at_ms < STALLED_MS) &&
		    cbd_ring_behind(&hub->ring, one->cursor) > AHEAD)
			return true;
	return false;
}

/* Return: true when all are added. What there is no memory for is tried again. */
static bool add_some(struct cbd_hub *hub, int64_t now_ms)
{
	struct cbd_past *past = hub->incoming;
	uint64_t looked = hub->ring.end;
	bool may = !is_ahead(hub, now_ms);

	while (may && hub->incoming_next < past->count) {
		struct cbd_frame *frame = past->frames[hub->incoming_next];

		frame->at_ms = now_ms; /* until now it was not there to be sent */
		if (cbd_ring_add(&hub->ring, frame) < 0)
			break;
		past->frames[hub->incoming_next++] = NULL;
		if (hub->ring.end - looked < LOOK_AFTER)
			continue;
		looked = hub->ring.end;
		cbd_subscribers_wake(hub, now_ms);
		may = !is_ahead(hub, now_ms);
	}
	cbd_subscribers_wake(hub, now_ms);
	if (hub->incoming_next < past->count)
		return false;
	hub->ring.newest = past->next;
	cbd_past_unref(cbx_steal(hub->incoming));
	hub->incoming_next = 0;
	return true;
}

/* How long is waited for what follows an event: the longer, the more there are to be woken */
static int64_t gather_ms(size_t subscribers)
{
	size_t ms = HURRY_MS + subscribers / SUBSCRIBERS_PER_MS;

	return ms < HURRY_MOST_MS ? (int64_t)ms : HURRY_MOST_MS;
}

static int64_t until_next(struct cbd_hub *hub, int64_t now_ms)
{
	if (hub->more)
		return 0;
	if (now_ms < hub->hurry_until_ms)
		return HURRY_MS;
	return hub->count ? IDLE_MS : ALONE_MS;
}

static void tail_answered(void *user, const struct chatterbox_answer *answer)
{
	struct question *question = user;
	struct cbd_hub *hub = question->hub;
	struct cbd_past *past = question->past;
	int result = read_answer(question, answer);
	int64_t now = cbd_hub_now_ms();

	hub->asks_tail = false;
	hub->more = !result && past->count == PAGE;
	if (past->count && !hub->more)
		hub->hurry_until_ms = 0;
	pthread_mutex_lock(&hub->lock);
	hub->ask_at_ms = now + (result < 0 ? AWAY_MS : until_next(hub, now));
	if (!result && (past->lost || !hub->ring.positioned)) {
		restart(hub, past->next);
	} else if (!result) {
		hub->incoming = cbx_steal(question->past);
		add_some(hub, now);
	}
	pthread_mutex_unlock(&hub->lock);
	question_free(question);
}

/* Return: true when there is nothing to add any more */
static bool go_on_adding(struct cbd_hub *hub, int64_t now_ms)
{
	bool done;

	if (!hub->incoming)
		return true;
	pthread_mutex_lock(&hub->lock);
	done = add_some(hub, now_ms);
	pthread_mutex_unlock(&hub->lock);
	return done;
}

static void ask_tail(struct cbd_hub *hub, int64_t now_ms)
{
	struct cbd_position newest;
	bool positioned;

	pthread_mutex_lock(&hub->lock);
	newest = hub->ring.newest;
	positioned = hub->ring.positioned;
	pthread_mutex_unlock(&hub->lock);
	hub->asks_tail = true;
	if (ask(hub, positioned ? &newest : NULL, tail_answered) < 0) {
		hub->asks_tail = false;
		hub->ask_at_ms = now_ms + AWAY_MS;
	}
}

void cbd_tail_hurry(struct cbd_hub *hub, int64_t now_ms)
{
	size_t count = cbd_hub_count(hub);
	int64_t ask_at_ms = now_ms + gather_ms(count);

	/* the first event says when it is asked: those after it do not put it off */
	if (count && now_ms >= hub->hurry_until_ms)
		hub->ask_at_ms = ask_at_ms;
	hub->hurry_until_ms = ask_at_ms + HURRY_FOR_MS;
}

/* --- older events --- */

static void give(struct cbd_subscriber *one, struct cbd_past *past)
{
	if (past->lost)
		reset(one);
	else
		cbd_subscriber_give_past(one, past);
}

static void give_past(struct cbd_hub *hub, struct cbd_past *past)
{
	struct cbd_subscriber *one;

	for (one = hub->head; one; one = one->next) {
		if (!one->wants_past)
			continue;
		if (past->lost ? !cbd_position_compare(one->at, past->since)
			       : cbd_position_compare(one->at, past->since) >= 0 &&
					 cbd_position_compare(one->at, past->next) <= 0)
			give(one, past);
	}
}

static void past_answered(void *user, const struct chatterbox_answer *answer)
{
	struct question *question = user;
	struct cbd_hub *hub = question->hub;
	int result = read_answer(question, answer);

	hub->asks_past = false;
	hub->past_at_ms = result < 0 ? cbd_hub_now_ms() + AWAY_MS : 0;
	pthread_mutex_lock(&hub->lock);
	if (!result)
		give_past(hub, question->past);
	pthread_mutex_unlock(&hub->lock);
	question_free(question);
}

/* The oldest place that somebody waits at; of 0-0 nothing is known */
static bool oldest_wanted(struct cbd_hub *hub, struct cbd_position *out)
{
	const struct cbd_position nowhere = { 0 };
	struct cbd_subscriber *one;
	bool found = false;

	pthread_mutex_lock(&hub->lock);
	/* a reset says from where on events come */
	one = hub->ring.positioned && hub->wants_past ? hub->head : NULL;
	for (; one; one = one->next) {
		if (one->wants_past && !cbd_position_compare(one->at, nowhere))
			reset(one);
		if (!one->wants_past || (found && cbd_position_compare(one->at, *out) >= 0))
			continue;
		*out = one->at;
		found = true;
	}
	if (hub->ring.positioned)
		hub->wants_past = found;
	pthread_mutex_unlock(&hub->lock);
	return found;
}

static void ask_past(struct cbd_hub *hub, int64_t now_ms)
{
	struct cbd_position since;

	if (!oldest_wanted(hub, &since))
		return;
	hub->asks_past = true;
	if (ask(hub, &since, past_answered) < 0) {
		hub->asks_past = false;
		hub->past_at_ms = now_ms + AWAY_MS;
	}
}

int64_t cbd_tail_turn(struct cbd_hub *hub, int64_t now_ms)
{
	bool added = go_on_adding(hub, now_ms);

	if (added && !hub->asks_tail && now_ms >= hub->ask_at_ms)
		ask_tail(hub, now_ms);
	if (!hub->asks_past && now_ms >= hub->past_at_ms)
		ask_past(hub, now_ms);
	if (hub->incoming)
		return now_ms + AHEAD_MS;
	if (hub->asks_tail)
		return now_ms + AWAY_MS; /* the answer wakes us */
	return hub->past_at_ms > now_ms && hub->past_at_ms < hub->ask_at_ms ? hub->past_at_ms
									    : hub->ask_at_ms;
}
