/* SPDX-License-Identifier: MIT */
/*
 * facts.h - what was told, as it was recorded and as it was played, side by side
 *
 * A fact is an event without its ids and times: "Paused after Running (user)" of the job ABC1/17.
 * Of each job, and of the groups and errors of each system, both sides tell the same facts in the
 * same order. Events that depend on the hour alone are no facts.
 */
#ifndef REPLAY_FACTS_H
#define REPLAY_FACTS_H

#include "port/outbox.h"

#include <stdbool.h>
#include <stdio.h>

enum facts_side { FACTS_RECORDED, FACTS_PLAYED };

struct facts_list;

struct facts {
	struct facts_list *lists;
	uint64_t agreed; /* facts that both sides told */
	uint64_t differ; /* jobs, groups and systems of which they did not */
	uint64_t shown;  /* of those */
	FILE *out;       /* where differences are written */
	uint64_t line;   /* of the recording, and */
	double seconds;  /* since its begin: where it is now */
	uint64_t open;   /* the line of a commit of which more may have been told; 0 = none */
	uint64_t unsaid; /* facts of it that were played alone */
};

/* @payload is that of the event, JSON. 0; 1 = it is no fact; CHATTERBOX_E_DECODE: it can't be
 * understood; -ENOMEM. */
int facts_add(struct facts *facts, enum facts_side side, const struct cbx_outbox_row *event,
	      size_t payload_len);
/* What was told up to here is all: writes down what differs, and forgets it all */
void facts_close(struct facts *facts);

#endif
