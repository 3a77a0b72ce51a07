/* SPDX-License-Identifier: MIT */
/* status.h - a job of the fleet as JSON, with the members that nl-hdms sends (contract 1.1) */
#ifndef CBX_FLEET_STATUS_H
#define CBX_FLEET_STATUS_H

#include "common/text.h"
#include "fleet/world.h"

void cbx_fleet_status_write(struct cbx_text *out, const struct cbx_fleet_system *system,
			    const struct cbx_fleet_job *job, int64_t now);
/* The error code of an errored job */
const char *cbx_fleet_error_code(const struct cbx_fleet_job *job);

#endif
