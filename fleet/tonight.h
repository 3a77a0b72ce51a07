/* SPDX-License-Identifier: MIT */
/*
 * tonight.h - what becomes of the lists that the fleet of --demo has for tonight
 *
 * Every third system has one. Most have it already, some are still at it, and a few have a trouble
 * that anybody can see, each of its own kind, from the first minute on. No chance meets the jobs of
 * these lists, so the same few are late or at risk after ten minutes.
 */
#ifndef CBX_FLEET_TONIGHT_H
#define CBX_FLEET_TONIGHT_H

#include "fleet/world.h"

enum cbx_tonight {
	CBX_TONIGHT_NONE,    /* it has no list */
	CBX_TONIGHT_READY,   /* all is there */
	CBX_TONIGHT_LOADING, /* some of it is still to come, in good time */
	CBX_TONIGHT_PAUSED,
	CBX_TONIGHT_FAILED,  /* its disk is full */
	CBX_TONIGHT_AWAY,    /* it goes offline in the first minute */
	CBX_TONIGHT_STUCK,   /* it answers, and its download does not move */
	CBX_TONIGHT_SLOW,    /* it takes hours longer than there is time */
	CBX_TONIGHT_OVERDUE, /* its time comes in the first minute */
};

/* By the system's index in the world */
enum cbx_tonight cbx_tonight_of(size_t index);
/* When its list is activated, ms after the start */
int64_t cbx_tonight_activates_ms(size_t index);
/* The world's part: gives the system its list, and what is to be downloaded of it. 0, -ENOMEM */
int cbx_tonight_play(struct cbx_fleet_world *world, struct cbx_fleet_system *system, size_t index);

#endif
