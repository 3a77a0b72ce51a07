/* SPDX-License-Identifier: MIT */
/* incident_table.h - where incidents are kept; for incident.c alone */
#ifndef CBX_DOMAIN_INCIDENT_TABLE_H
#define CBX_DOMAIN_INCIDENT_TABLE_H

#include "domain/incident_groups.h"

struct cbx_incident_handle;

struct cbx_incidents {
	struct cbx_incident_rules rules;
	struct cbx_groups groups;
	struct cbx_incident_handle *by_name;
	struct cbx_incident *all;
	size_t open;
	size_t members; /* in all of them */
};

/* The open one of that kind and key; NULL: none */
struct cbx_incident *cbx_incident_find(const struct cbx_incidents *incidents,
				       const struct cbx_group_name *name);
/* An open one; NULL: out of memory */
struct cbx_incident *cbx_incident_make(struct cbx_incidents *incidents, enum cbx_incident_kind kind,
				       const char *key, const char *sample);
/* It is closed: found by its name no more, and its members count for nothing */
void cbx_incident_unlist(struct cbx_incidents *incidents, struct cbx_incident *incident);
/* How many of the two are new: the system, and the job if it is one; -ENOMEM */
int cbx_incident_count_member(struct cbx_incidents *incidents, struct cbx_incident *incident,
			      const char *system, int64_t job_id);
/* Keeps it until the incident is written; -ENOMEM */
int cbx_incident_join_unwritten(struct cbx_incident *incident, const struct cbx_trouble *trouble);

#endif
