/* SPDX-License-Identifier: MIT */
/* fake_engine.h - an engine with settled answers, for the tests of the daemon's own rooms */
#ifndef CBX_TESTS_FAKE_ENGINE_H
#define CBX_TESTS_FAKE_ENGINE_H

#include <chatterbox/chatterbox.h>
#include <pthread.h>

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
};

struct chatterbox *fake_engine_new(void);
void fake_engine_hold(struct chatterbox *box, bool hold);
/* Waits, at most 5 s, until so many questions wait */
bool fake_engine_wait(struct chatterbox *box, int waiting);

#endif
