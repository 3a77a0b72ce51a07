/* SPDX-License-Identifier: MIT */
/*
 * incidents.h - keeps SQL's incidents as the rules of domain/incident.h say (contract 9.3)
 */
#ifndef CBX_CONTROLLER_INCIDENTS_H
#define CBX_CONTROLLER_INCIDENTS_H

#include "common/text.h"
#include "port/incidents.h"

/* The row as HTTP, AMQP and the event show it */
void cbx_incident_json(const struct cbx_incident_row *row, struct cbx_text *out);
/* CHATTERBOX_E_UNKNOWN, and says so */
int cbx_incident_unknown(int64_t id, char error[256]);

#endif
