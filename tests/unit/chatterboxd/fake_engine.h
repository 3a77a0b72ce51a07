/* SPDX-License-Identifier: MIT */
/* fake_engine.h - an engine with settled answers, for the tests of the daemon's own rooms */
#ifndef CBX_TESTS_FAKE_ENGINE_H
#define CBX_TESTS_FAKE_ENGINE_H

#include <chatterbox/chatterbox.h>
#include <pthread.h>

#define FAKE_CALLS_MAX 80

struct fake_call {
	chatterbox_call_fn done;
	void *user;
};

/* One live job: LIVE/1. One ended job: LIVE/2, whose question waits while @hold is set. */
struct chatterbox {
	int references;
	pthread_mutex_t lock; /* of everything below */
	pthread_cond_t changed;
	bool hold;
	int waiting;       /* questions that wait */
	char params[1024]; /* of the last jobs or systems query */
	char system[300];  /* of the last question about a system or job */
	char counted[128]; /* "route code" of the last request counted */
	int count;         /* requests counted */
	bool ready;
	bool stuck; /* not alive */

	char method[128];                  /* of the last call */
	struct chatterbox_outcome outcome; /* of each call; a result of NULL is {"ok":true} */
	int call_result;                   /* what chatterbox_call() returns; negative = refuses */
	bool keep_calls;                   /* their outcomes wait for fake_engine_finish() */
	struct fake_call kept[FAKE_CALLS_MAX];
	int kept_count;
	int poll_result;
	int polls;
	bool discovery; /* of the last poll */
	const char *leader;
};

struct chatterbox *fake_engine_new(void);
void fake_engine_hold(struct chatterbox *box, bool hold);
/* Waits, at most 5 s, until so many questions wait */
bool fake_engine_wait(struct chatterbox *box, int waiting);
/* The same for calls that are kept */
bool fake_engine_wait_calls(struct chatterbox *box, int kept);
/* Ends all that are kept, with the outcome that is set */
void fake_engine_finish(struct chatterbox *box);

#endif
