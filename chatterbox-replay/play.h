/* SPDX-License-Identifier: MIT */
/* play.h - plays a recording, line by line, and compares what is told */
#ifndef REPLAY_PLAY_H
#define REPLAY_PLAY_H

#include "facts.h"
#include "line.h"
#include "world.h"

struct replay_play {
	struct replay_source source;
	struct replay_world world;
	struct facts facts;
	struct cbx_log log;
	double speed; /* of the recorded clock; 0 = as fast as it goes */
	bool anonymous;
	/* where it is: between a state and what breaks it lines are played, else left out */
	enum { PLAY_OUTSIDE, PLAY_STATE, PLAY_RUNS } phase;
	uint64_t first_at; /* of the recorded clock; 0 = nothing yet */
	uint64_t at;
	uint64_t began;    /* of the machine's, when the first line was played */
	uint64_t shown_at; /* when progress was shown */
	uint64_t size;     /* of the file; 0 = not known: no progress is shown */
	uint64_t states, breaks, gaps, commits;
	uint64_t left_out; /* events in what could not be compared */
	bool ended;        /* it has an end */
};

/* @file and @out are borrowed, @name is how messages call the file */
void replay_play_init(struct replay_play *play, FILE *file, const char *name, FILE *out);
void replay_play_close(struct replay_play *play);
/* Plays it to its end. 0; CHATTERBOX_E_DECODE: play->source.error says which line is wrong;
 * -ENOMEM, -errno. What was played before is compared in any case. */
int replay_play_run(struct replay_play *play);

/* state.c: the lines of a state */
int replay_state_begin(struct replay_play *play);
int replay_state_system(struct replay_play *play);
int replay_state_job(struct replay_play *play);

/* came.c: what came */
int replay_came_answer(struct replay_play *play);
int replay_came_push(struct replay_play *play);
int replay_came_row(struct replay_play *play);
int replay_came_look(struct replay_play *play);
int replay_came_connection(struct replay_play *play);
int replay_came_cleared(struct replay_play *play);

#endif
