// SPDX-License-Identifier: MIT
/* The worker runs each piece of work once, in order, refuses when full and abandons when stopped.
 */
#include "http/worker.h"
#include "unit.h"

#include <chatterbox/error.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

struct step {
	struct cbd_work work; /* first */
	int number;
};

static sem_t begun;
static sem_t go;
static atomic_int order[8];
static atomic_int ran;
static atomic_int abandoned_count;

static void run(struct cbd_work *work, bool abandoned)
{
	const struct step *step = (const struct step *)(const void *)work;

	if (abandoned) {
		abandoned_count++;
		return;
	}
	sem_post(&begun);
	sem_wait(&go);
	order[ran++] = step->number;
}

static struct step steps[4] = {
	{ { run, NULL }, 0 }, { { run, NULL }, 1 }, { { run, NULL }, 2 }, { { run, NULL }, 3 }
};

static void begin(void)
{
	sem_init(&begun, 0, 0);
	sem_init(&go, 0, 0);
	ran = 0;
	abandoned_count = 0;
}

START_TEST(keeps_order_and_refuses_when_full)
{
	struct cbd_worker *worker = NULL;
	int i;

	begin();
	ck_assert_int_eq(cbd_worker_new(2, &worker), 0);
	ck_assert_int_eq(cbd_worker_put(worker, &steps[0].work), 0);
	sem_wait(&begun); /* the first is out of the queue */
	ck_assert_int_eq(cbd_worker_put(worker, &steps[1].work), 0);
	ck_assert_int_eq(cbd_worker_put(worker, &steps[2].work), 0);
	ck_assert_int_eq(cbd_worker_put(worker, &steps[3].work), CHATTERBOX_E_FULL);
	for (i = 0; i < 3; i++)
		sem_post(&go);
	sem_wait(&begun);
	sem_wait(&begun);
	cbd_worker_freep(&worker);
	ck_assert_ptr_null(worker);
	ck_assert_int_eq(ran, 3);
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(order[i], i);
}
END_TEST

static void *release(void *arg)
{
	(void)arg;
	sem_post(&go);
	sem_post(&go);
	return NULL;
}

START_TEST(a_stop_waits_for_one_and_abandons_the_rest)
{
	struct cbd_worker *worker = NULL;
	pthread_t thread;

	begin();
	ck_assert_int_eq(cbd_worker_new(4, &worker), 0);
	ck_assert_int_eq(cbd_worker_put(worker, &steps[0].work), 0);
	sem_wait(&begun);
	ck_assert_int_eq(cbd_worker_put(worker, &steps[1].work), 0);
	ck_assert_int_eq(cbd_worker_put(worker, &steps[2].work), 0);
	sem_post(&go);
	/* others may have begun before the stop; let them end */
	pthread_create(&thread, NULL, release, NULL);
	cbd_worker_stop(worker);
	pthread_join(thread, NULL);
	ck_assert_int_eq(ran + abandoned_count, 3);
	ck_assert_int_ge(ran, 1);
	ck_assert_int_eq(cbd_worker_put(worker, &steps[3].work), CHATTERBOX_E_FULL);
	cbd_worker_freep(&worker);
}
END_TEST

START_TEST(an_idle_one_stops)
{
	struct cbd_worker *worker = NULL;

	ck_assert_int_eq(cbd_worker_new(1, &worker), 0);
	cbd_worker_freep(&worker);
	cbd_worker_freep(&worker);
}
END_TEST

UNIT_TESTS(keeps_order_and_refuses_when_full, a_stop_waits_for_one_and_abandons_the_rest,
	   an_idle_one_stops)
