/* SPDX-License-Identifier: MIT */
/*
 * hdms.h - nl-hdms by hand: it answers what a test has told it, and notes what it was asked
 *
 * It works when hdms_pump() is called, on a bus of its own; nothing happens by itself.
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
		char jobs[512]; /* as words.h takes them */
		enum hdms_mood mood;
		char code[32];  /* of HDMS_FAILS */
		uint64_t delay; /* ns until its answer goes out */
	} systems[HDMS_SYSTEMS];
	size_t count;
	bool without_systems; /* its answers leave out `systems` */
	bool hold;            /* nothing is answered but by hdms_reply() */
	char next[1024];      /* the whole body of the next answer, when not empty */
	unsigned copies;      /* of each answer; 1 */
	struct hdms_request {
		char *event, *correlation_id, *reply_to, *trace_id, *body;
		int64_t expiration_ms;
		uint64_t due;
		bool answered;
	} requests[HDMS_REQUESTS];
	size_t request_count, taken;
	size_t waiting, most_waiting; /* requests without an answer, now and at most */
	struct cbx_text asked;        /* "job_status ABC1:17,18 ABC2:1" a line each */
};

void hdms_open(struct hdms *hdms, struct cbx_bus *bus, struct fake_clock *clock);
void hdms_close(struct hdms *hdms); /* the bus is freed */
/* Its jobs from now on; a new system answers at once */
struct hdms_system *hdms_system(struct hdms *hdms, const char *name, const char *jobs);
/* Takes what was asked, answers what is due */
void hdms_pump(void *hdms);
/* An answer to request number @n (0 is the first), whatever was said before */
void hdms_reply(struct hdms *hdms, size_t n, const char *body);
/* What was asked since the last call, a line each; compares */
void hdms_expect(struct hdms *hdms, const char *asked);

#endif
