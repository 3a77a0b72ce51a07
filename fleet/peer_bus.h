/* SPDX-License-Identifier: MIT */
/*
 * peer_bus.h - an engine's embedded bus, seen from outside through <chatterbox/peer.h>
 *
 * It can do what a fleet needs: one queue, bound to one exchange, and publishing.
 */
#ifndef CBX_FLEET_PEER_BUS_H
#define CBX_FLEET_PEER_BUS_H

#include "port/bus.h"

#include <chatterbox/peer.h>

/* @box and @clock are borrowed. 0, -ENOMEM. */
int cbx_peer_bus_new(struct chatterbox *box, struct cbx_clock *clock, struct cbx_bus **out);

#endif
