/* SPDX-License-Identifier: MIT */
/*
 * pause.h - the pause of the tasks, which holds across a take-over (contract 2.5)
 *
 * The orders that begin and end it are in orders.h. The poller's thread only.
 */
#ifndef CBX_CONTROLLER_PAUSE_H
#define CBX_CONTROLLER_PAUSE_H

#include "controller/poller.h"

/* The end of the pause that an earlier leader kept, by the database's clock; 0 = there is none */
int cbx_pause_kept(struct cbx_road *road, int64_t *until_ms);
/* At a take-over: the tasks stay paused until then */
void cbx_pause_begin(struct cbx_poller *poller, int64_t until_ms);
/* The snapshot tells that the pause has ended by itself */
void cbx_pause_turn(struct cbx_poller *poller);

#endif
