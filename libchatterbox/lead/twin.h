/* SPDX-License-Identifier: MIT */
/* twin.h - for the lease keeper: another chatterbox with the same Redis and app_name, and another
 * database (runtime/leadership.h) */
#ifndef CBX_LEAD_TWIN_H
#define CBX_LEAD_TWIN_H

#include "lead/lease_keeper.h"

/* Reads the id of our database, and makes one if it has none. 0, or a failure of SQL. */
int cbx_twin_identify(struct cbx_lease_keeper *keeper);
/* Does its mark stand in Redis? Says in the log when that begins and ends. */
bool cbx_twin_is_there(struct cbx_lease_keeper *keeper);
/* Gives the lease back, if we hold it, and looks whether the database is still the one that we take
 * it for. 0, or a failure of SQL. */
int cbx_twin_stand_by(struct cbx_lease_keeper *keeper);
/* Not before that may the lease be taken */
bool cbx_twin_was_looked_for(struct cbx_lease_keeper *keeper);

#endif
