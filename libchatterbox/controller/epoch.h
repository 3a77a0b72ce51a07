/* SPDX-License-Identifier: MIT */
/* epoch.h - the poller begins to lead, and ends */
#ifndef CBX_CONTROLLER_EPOCH_H
#define CBX_CONTROLLER_EPOCH_H

#include "controller/poller.h"

/* Begins and ends epochs as leadership says; true: the tasks of one are to be served */
bool cbx_poller_follow_leadership(struct cbx_poller *poller);
/* Forgets what was known under this epoch */
void cbx_poller_end_epoch(struct cbx_poller *poller);

#endif
