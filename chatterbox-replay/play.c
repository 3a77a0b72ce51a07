// SPDX-License-Identifier: MIT
/*
 * play.c - plays a recording: moves the clock to each line, does what the line says, and compares
 * what is told
 *
 * Each state begins a new world. A break (what came next does not follow from what came before,
 * such as a transaction that SQL refused) leaves out everything up to the next one.
 */
#include "play.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#define FORMAT 1

void replay_play_init(struct replay_play *play, FILE *file, const char *name, FILE *out)
{
	*play = (struct replay_play){ .facts.out = out, .log.level = CHATTERBOX_LOG_FATAL };
	replay_source_init(&play->source, file, name);
}

void replay_play_close(struct replay_play *play)
{
	facts_close(&play->facts);
	replay_world_close(&play->world);
	replay_source_close(&play->source);
}

/* --- what is told now --- */

/* The events of one portion of the outbox */
struct portion {
	struct replay_play *play;
	int64_t ids[256];
	size_t count;
};

static int take_event(void *user, const struct cbx_outbox_row *row)
{
	struct portion *portion = user;
	int result = facts_add(&portion->play->facts, FACTS_PLAYED, row, strlen(row->payload));

	portion->ids[portion->count++] = row->id;
	return result < 0 ? result : 0;
}

/* Tells what is in the outbox, in its order */
static int tell(struct replay_play *play)
{
	struct cbx_road *road = &play->world.road;
	struct cbx_guard guard = cbx_leadership_guard(road->leadership, road->epoch);
	const struct cbx_outbox_wish wish = { .side = CBX_TO_BROKER,
					      .limit = CBX_COUNT(((struct portion *)NULL)->ids) };
	struct portion portion = { .play = play };
	int result;

	do {
		portion.count = 0;
		result = road->sql->outbox->heads(road->sql, &wish, take_event, &portion);
		if (!result && portion.count)
			result = road->sql->outbox->told(road->sql, &guard, CBX_TO_BROKER,
							 portion.ids, portion.count);
		if (!result && portion.count)
			result = road->sql->outbox->told(road->sql, &guard, CBX_TO_STREAM,
							 portion.ids, portion.count);
	} while (!result && portion.count);
	return result;
}

static int commit(struct replay_play *play)
{
	int result = cbx_road_commit(&play->world.road);

	play->commits++;
	play->facts.open = play->facts.line;
	replay_rows_clear(&play->world.rows, REPLAY_COMPLETED);
	replay_rows_clear(&play->world.rows, REPLAY_OCD);
	return result ? result : tell(play);
}

/* --- what was told then --- */

static int note_told(struct replay_play *play)
{
	struct replay_line *line = &play->source.line;
	const struct cbx_json *body = replay_member(line, "body");
	struct cbx_outbox_row event = {
		.name = replay_text(line, "event"),
		.previous_status = replay_text(line, "previous_status"),
		.origin = replay_text(line, "origin"),
	};
	int result;

	if (!event.name || !body)
		return replay_refuse(&play->source, "has no event or body");
	event.payload = body->raw;
	result = facts_add(&play->facts, FACTS_RECORDED, &event, body->raw_len);
	return result == CHATTERBOX_E_DECODE ? replay_refuse(&play->source, "has no good body")
					     : (result < 0 ? result : 0);
}

/* --- the lines --- */

static int begin_state(struct replay_play *play)
{
	facts_close(&play->facts);
	replay_world_close(&play->world);
	play->phase = PLAY_STATE;
	return replay_state_begin(play);
}

static int begin_running(struct replay_play *play)
{
	play->phase = PLAY_RUNS;
	return 0;
}

/* What was under way is not finished any more */
static int stop_running(struct replay_play *play)
{
	facts_close(&play->facts);
	play->phase = PLAY_OUTSIDE;
	return 0;
}

static int note_break(struct replay_play *play)
{
	play->breaks++;
	return stop_running(play);
}

static int note_gap(struct replay_play *play)
{
	play->gaps++;
	return stop_running(play);
}

static int note_end(struct replay_play *play)
{
	play->ended = true;
	return stop_running(play);
}

static const struct deed {
	const char *what;
	int phase; /* in which it is done; -1 = in any */
	int (*perform)(struct replay_play *play);
} deeds[] = {
	{ "answer", PLAY_RUNS, replay_came_answer },
	{ "begin", PLAY_STATE, begin_running },
	{ "break", -1, note_break },
	{ "cleared", PLAY_RUNS, replay_came_cleared },
	{ "commit", PLAY_RUNS, commit },
	{ "connection", PLAY_RUNS, replay_came_connection },
	{ "end", -1, note_end },
	{ "gap", -1, note_gap },
	{ "job", PLAY_STATE, replay_state_job },
	{ "look", PLAY_RUNS, replay_came_look },
	{ "push", PLAY_RUNS, replay_came_push },
	{ "row", PLAY_RUNS, replay_came_row },
	{ "state", -1, begin_state },
	{ "system", PLAY_STATE, replay_state_system },
	{ "told", PLAY_RUNS, note_told },
};

static const struct deed *find_deed(struct replay_line *line)
{
	size_t i;

	for (i = 0; i < CBX_COUNT(deeds); i++)
		if (replay_is(line, "what", deeds[i].what))
			return &deeds[i];
	return NULL;
}

static int perform(struct replay_play *play)
{
	const struct deed *deed = find_deed(&play->source.line);
	int result;

	/* for people (an order, a question without an answer), or of a newer version */
	if (!deed)
		return 0;
	if (deed->phase >= 0 && deed->phase != (int)play->phase) {
		if (play->phase == PLAY_STATE)
			return replay_refuse(&play->source, "stands in the middle of a state");
		if (deed->phase == PLAY_STATE)
			return replay_refuse(&play->source,
					     "belongs to a state that has not begun");
		play->left_out += deed->perform == note_told;
		return 0;
	}
	if (deed->perform != note_told && deed->perform != note_gap)
		play->facts.open = 0;
	result = deed->perform(play);
	if (!result || result == -ENOMEM || result == CHATTERBOX_E_DECODE)
		return result;
	return replay_refuse(&play->source, "can't be played: %s (%s)", chatterbox_strerror(result),
			     play->world.road.sql ? play->world.road.sql->error : "");
}

/* --- time --- */

static void wait_until(uint64_t at)
{
	struct timespec until = { .tv_sec = (time_t)(at / CBX_SECOND),
				  .tv_nsec = (long)(at % CBX_SECOND) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

static void show_progress(struct replay_play *play)
{
	uint64_t now = cbx_now(cbx_system_clock());

	if (!play->size || now - play->shown_at < CBX_SECOND)
		return;
	play->shown_at = now;
	fprintf(stderr, "\rchatterbox-replay: %3" PRIu64 " %%, %" PRIu64 " lines ",
		play->source.read * 100 / play->size, play->source.line.number);
}

/* The road's clock goes on to the present line; it never goes back */
static int move_clock(struct replay_play *play)
{
	uint64_t at;

	if (!replay_member(&play->source.line, "at"))
		return 0;
	if (!replay_time(&play->source.line, "at", &at) || !at)
		return replay_refuse(&play->source, "has no good time");
	if (at < play->at && !replay_is(&play->source.line, "what", "state"))
		return replay_refuse(&play->source, "is earlier than the line before it");
	if (!play->first_at) {
		play->first_at = at;
		play->began = cbx_now(cbx_system_clock());
	}
	play->at = play->world.clock.now = at;
	play->facts.line = play->source.line.number;
	play->facts.seconds = cbx_seconds(at > play->first_at ? at - play->first_at : 0);
	if (play->speed > 0)
		wait_until(play->began + cbx_ns(play->facts.seconds / play->speed));
	return 0;
}

static int read_header(struct replay_play *play)
{
	int64_t format;
	int result = replay_next(&play->source);

	if (!result)
		return replay_refuse(&play->source, "is no recording: it is empty");
	if (result == CHATTERBOX_E_DECODE ||
	    (result == 1 && !replay_number(&play->source.line, "chatterbox_recording", &format)))
		return replay_refuse(&play->source, "is no recording of chatterboxd --record");
	if (result < 0)
		return result;
	if (format != FORMAT)
		return replay_refuse(&play->source,
				     "has format %" PRId64 ", this chatterbox-replay knows %d",
				     format, FORMAT);
	play->anonymous = replay_flag(&play->source.line, "anonymous");
	return 0;
}

int replay_play_run(struct replay_play *play)
{
	int result = read_header(play);

	while (!result && (result = replay_next(&play->source)) == 1) {
		result = move_clock(play);
		if (!result)
			result = perform(play);
		show_progress(play);
	}
	if (play->shown_at)
		fputs("\r\033[K", stderr);
	if (!result && play->phase == PLAY_STATE)
		result = replay_refuse(&play->source, "is the last one, in the middle of a state");
	if (!result && !play->states)
		result = replay_refuse(&play->source, "is the last one, and no state has begun");
	facts_close(&play->facts);
	return result;
}
