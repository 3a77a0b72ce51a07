/* SPDX-License-Identifier: MIT */
/*
 * hdms.h - an nl-hdms by hand: answers as a test has told it, and notes what it was asked
 *
 * It works only when hdms_pump() is called, on a bus of its own.
 */
#ifndef CBX_TESTS_HDMS_H
#define CBX_TESTS_HDMS_H

#include "common/text.h"
#include "fake_clock.h"
#include "port/bus.h"

#define HDMS_SYSTEMS 64
#define HDMS_REQUESTS 2048

/* How a system answers; a request to several is an error when one of them is HDMS_FAILS */
enum hdms_mood { HDMS_ANSWERS, HDMS_NO_ANSWER, HDMS_OFFLINE, HDMS_FAILS };

struct hdms {
	struct fake_clock *clock;
	struct cbx_bus *bus;
	struct hdms_system {
		char name[16];
		char jobs[512]; /* as in status_texts.h */
		enum hdms_mood mood;
		char code[32];  /* of HDMS_FAILS */
		uint64_t delay; /* ns until its answer is sent */
	} systems[HDMS_SYSTEMS];
	size_t count;
	bool without_systems; /* its answers have no `systems` */
	bool hold;            /* nothing is answered except by hdms_reply() */
	char next[1024];      /* if not empty, the whole body of the next answer */
	unsigned copies;      /* of each answer; 1 */
	struct hdms_request {
		char *event, *correlation_id, *reply_to, *trace_id, *body;
		int64_t expiration_ms;
		uint64_t due;
		bool answered;
	} requests[HDMS_REQUESTS];
	size_t request_count, taken;
	size_t waiting, most_waiting; /* requests without an answer: now, and the most at a time */
	struct cbx_text asked;        /* "job_status ABC1:17,18 ABC2:1" a line each */
};

void hdms_open(struct hdms *hdms, struct cbx_bus *bus, struct fake_clock *clock);
void hdms_close(struct hdms *hdms); /* the bus is freed */
/* Sets its jobs; a new system answers at once */
struct hdms_system *hdms_system(struct hdms *hdms, const char *name, const char *jobs);
/* Takes what was asked, answers what is due */
void hdms_pump(void *hdms);
/* Sends an answer to request number @n (0 is the first), even if that was answered */
void hdms_reply(struct hdms *hdms, size_t n, const char *body);
/* Compares with what was asked since the last call, one line each */
void hdms_expect(struct hdms *hdms, const char *asked);

#endif
