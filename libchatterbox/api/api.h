/* SPDX-License-Identifier: MIT */
/* api.h - what the files of the public calls share: how an order or a question gets its answer */
#ifndef CBX_API_API_H
#define CBX_API_API_H

#include "engine/internal.h"

/* Where an answer goes, and what of it the call returns */
struct cbx_api_reply {
	chatterbox_done_fn done; /* NULL: the call waits */
	void *user;
	struct chatterbox_error *error; /* may be NULL */
	const char *number;             /* the member of the answer that is returned; NULL: 0 is */
	char **json;                    /* the answer of a call that waits; may be NULL */
};

/*
 * Has @method carried out with @params, an object, which is taken over. NULL is one that could not
 * be made: -ENOMEM, since without its parameters a call would mean something else.
 * Return: what the public call returns.
 */
int cbx_api_call(struct chatterbox *box, const char *method, json_t *params,
		 const struct cbx_api_reply *reply);
/* A call about one system, NULL = none is named */
int cbx_api_call_system(struct chatterbox *box, const char *method, const char *system,
			const struct cbx_api_reply *reply);

/* asker.c: on whose behalf the host's calls are made now */
void cbx_api_asker(struct chatterbox *box, struct cbx_asker *out);

/* An asynchronous call that has ended, in the host's queue; host.c delivers it */
struct cbx_api_ended {
	struct cbx_api_ended *next;
	void (*deliver)(struct cbx_api_ended *ended); /* calls @done; frees it */
	chatterbox_done_fn done;
	void *user;
	const char *number;
	struct cbx_call *call;
	struct chatterbox *box;
};

#endif
