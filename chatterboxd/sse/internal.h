/* SPDX-License-Identifier: MIT */
/* internal.h - what hub.c, subscriber.c and tail.c share */
#ifndef CBD_SSE_INTERNAL_H
#define CBD_SSE_INTERNAL_H

#include "sse/hub.h"
#include "sse/ring.h"

#include <pthread.h>
#include <time.h>

/* Older events, read from the stream for those who resume; shared by all that were there */
struct cbd_past {
	unsigned refs; /* by the hub's lock */
	struct cbd_position since, next;
	bool lost; /* nobody knows what came after @since */
	struct cbd_frame **frames;
	size_t count, capacity;
};

struct cbd_subscriber {
	struct cbd_subscriber *next;
	struct cbd_subscriber **link; /* what points to this one */
	struct cbd_hub *hub;
	struct MHD_Connection *connection;
	int fd;
	struct cbd_filter filter;
	bool live; /* it gets what comes into the ring; else it still waits for older events */
	bool wants_start;       /* as soon as it is known where the stream is */
	bool wants_past;        /* those after @at have to be read */
	struct cbd_position at; /* what is not after it was sent, or is not wanted */
	uint64_t cursor;        /* when live: the next frame of the ring */
	struct cbd_past *past;
	size_t past_next;
	struct cbd_frame *sending;
	size_t sent;
	struct cbd_frame *notice; /* to be sent before any other */
	bool suspended;
	bool ended;          /* after the frame that is being sent */
	int64_t live_at_ms;  /* since then it might have sent all there is */
	int64_t sent_at_ms;  /* when it last took some bytes */
	int64_t woken_at_ms; /* when something came for it */
};

struct cbd_hub {
	struct cbd_hub_settings settings;
	pthread_mutex_t lock; /* of everything below */
	pthread_cond_t left;
	int refs; /* one of the owner, one of each question under way */
	bool stopping;
	struct cbd_ring ring;
	struct cbd_subscriber *head;
	size_t count;
	bool wants_past; /* of some subscriber, perhaps */
	struct cbd_frame *greeting;
	struct cbd_frame *beat; /* the comment without anything */
	struct cbd_frame *mark; /* the same with the id of the ring's newest; NULL = to be made */
	int wake_fd;

	/* the main thread's alone */
	bool asks_tail, asks_past; /* a question is under way */
	bool more;                 /* the last answer was full */
	struct cbd_past *incoming; /* new events that are added little by little, or NULL */
	size_t incoming_next;
	int64_t ask_at_ms;      /* the next question */
	int64_t hurry_until_ms; /* an event is about to come into the stream */
	int64_t past_at_ms;
	int64_t check_at_ms;
};

static inline int64_t cbd_hub_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* hub.c */
void cbd_hub_unref(struct cbd_hub *hub);
/* marks.c: frames that are no events; NULL when out of memory */
struct cbd_frame *cbd_mark_new(const char *comment, const struct cbd_position *id);
/* With the lock held: a comment that tells where the stream is */
struct cbd_frame *cbd_hub_mark(struct cbd_hub *hub);

/* subscriber.c; with the lock held */
void cbd_subscriber_wake(struct cbd_subscriber *one);
/* It is sent what comes from now on: @notice first, which is taken over and may be NULL */
void cbd_subscriber_begin(struct cbd_subscriber *one, struct cbd_frame *notice);
/* Gives older events to it, which must be what it waits for */
void cbd_subscriber_give_past(struct cbd_subscriber *one, struct cbd_past *past);
/* Is there a frame for it? Those in between that it does not want are passed over. */
bool cbd_subscriber_has_next(struct cbd_subscriber *one);

/* Wakes whom something new in the ring is for */
void cbd_subscribers_wake(struct cbd_hub *hub, int64_t now_ms);

/* past.c */
struct cbd_past *cbd_past_new(struct cbd_position since);
int cbd_past_add(struct cbd_past *past, struct cbd_frame *frame); /* takes it over on success */
void cbd_past_unref(struct cbd_past *past);                       /* takes NULL */
CBX_DEFINE_CLEANUP(struct cbd_past *, cbd_past_unref)

/* tail.c, the main thread. Asks what is to be asked. Return: when it wants to be called again. */
int64_t cbd_tail_turn(struct cbd_hub *hub, int64_t now_ms);
/* An event is about to come into the stream */
void cbd_tail_hurry(struct cbd_hub *hub, int64_t now_ms);

#endif
