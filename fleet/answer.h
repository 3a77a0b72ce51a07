/* SPDX-License-Identifier: MIT */
/*
 * answer.h - what nl-hdms would answer: takes the body of a request, gives the body of the reply
 * (contract 3.2)
 *
 * The reply has the envelope of its request, or the given one if the request can't be read.
 */
#ifndef CBX_FLEET_ANSWER_H
#define CBX_FLEET_ANSWER_H

#include "common/text.h"
#include "fleet/world.h"

enum cbx_fleet_envelope { CBX_FLEET_JSONRPC, CBX_FLEET_BARE };

/*
 * Appends the reply to @reply. Codes of error answers: bad_request, unknown_event,
 * unknown_system, system_offline (asked singly; a batch names it in `offline`), unknown_job and
 * job_ended (commands; then no job of the request is touched).
 * Return: 0 when it answers, 1 when it answers an error, -ENOMEM.
 */
int cbx_fleet_answer(struct cbx_fleet_world *world, const char *body, size_t len,
		     enum cbx_fleet_envelope envelope, struct cbx_text *reply);

#endif
