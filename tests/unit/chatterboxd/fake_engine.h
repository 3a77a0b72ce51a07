/* SPDX-License-Identifier: MIT */
/* fake_engine.h - an engine with settled answers, for the tests of the daemon's own rooms */
#ifndef CBX_TESTS_FAKE_ENGINE_H
#define CBX_TESTS_FAKE_ENGINE_H

#include <chatterbox/chatterbox.h>
#include <pthread.h>
#include <stdint.h>

#define FAKE_CALLS_MAX 80

/* What the stream holds of an event; static texts */
struct fake_event {
	const char *name, *message_id, *params;
};

#define FAKE_EVENTS_MAX 20000

struct fake_call {
	chatterbox_done_fn done;
	void *user;
};

/* One live job: LIVE/1. One ended job: LIVE/2, whose question waits while @hold is set. */
struct chatterbox {
	int references;
	pthread_mutex_t lock; /* of everything below */
	pthread_cond_t changed;
	bool hold;
	int waiting;       /* questions that wait */
	char params[1024]; /* of the last question or order */
	char who[128];     /* on whose behalf */
	bool by_http;
	bool stands_by;
	bool ready;
	bool stuck; /* not alive */

	char order[64];                  /* the last order: "kill_job"; params: "A 17" */
	const char *answer;              /* of each order; NULL is {"ok":true} */
	int answer_result;               /* of each order that succeeds */
	struct chatterbox_error failure; /* of each order, when its code is set */
	int refusal;                     /* what the call itself returns; negative = refuses */
	bool keep_calls;                 /* their answers wait for fake_engine_finish() */
	struct fake_call kept[FAKE_CALLS_MAX];
	int kept_count;

	/* The stream of events: they are at 1-0, 2-0, ... */
	struct fake_event *events;
	uint64_t first_event, next_event; /* of those that are still there; 0 = none ever */
	bool away;                        /* the stream can't be read */
	int event_questions;
};

struct chatterbox *fake_engine_new(void);
void fake_engine_hold(struct chatterbox *box, bool hold);
/* Waits, at most 5 s, until so many questions wait */
bool fake_engine_wait(struct chatterbox *box, int waiting);
/* The same for calls that are kept */
bool fake_engine_wait_calls(struct chatterbox *box, int kept);
/* Appends an event to the stream, or forgets so many of the oldest ones */
void fake_engine_append(struct chatterbox *box, const char *name, const char *message_id,
			const char *params);
void fake_engine_trim(struct chatterbox *box, uint64_t count);
/* Answers CHATTERBOX_TOPIC_EVENTS at once, as if the host had dispatched */
int fake_engine_give_events(struct chatterbox *box, const char *params, chatterbox_done_fn done,
			    void *user);
/* Ends all that are kept, with the answer that is set */
void fake_engine_finish(struct chatterbox *box);

#endif
