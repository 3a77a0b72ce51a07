/* SPDX-License-Identifier: MIT */
/* incident_groups.h - troubles of the window that belong to no incident yet, and how many systems
 * or jobs have the same; for incident.c alone */
#ifndef CBX_DOMAIN_INCIDENT_GROUPS_H
#define CBX_DOMAIN_INCIDENT_GROUPS_H

#include "domain/incident.h"

/* A group that a trouble is in */
struct cbx_group_name {
	enum cbx_incident_kind kind;
	char key[CBX_INCIDENT_KEY];
};

#define CBX_GROUPS_OF_ONE (2 + CBX_TROUBLE_FILES)

/* The groups of a trouble, its code's first; returns how many there are */
size_t cbx_trouble_groups(const struct cbx_trouble *trouble,
			  struct cbx_group_name out[CBX_GROUPS_OF_ONE]);

/* A copy of a trouble that waits */
struct cbx_waiting {
	struct cbx_waiting *next, *before;
	struct cbx_trouble trouble; /* its texts belong to it */
	bool placed; /* it belongs to the incident of its system, and counts for others alone */
};

struct cbx_group;

struct cbx_groups {
	struct cbx_group *all;
	struct cbx_waiting *oldest, *newest;
	size_t count;
};

void cbx_groups_clear(struct cbx_groups *groups);
/* @placed: as above. -ENOMEM */
int cbx_groups_add(struct cbx_groups *groups, const struct cbx_trouble *trouble, bool placed);
void cbx_groups_drop(struct cbx_groups *groups, struct cbx_waiting *waiting);
/* It counts for its system no more */
void cbx_groups_place(struct cbx_groups *groups, struct cbx_waiting *waiting);
/* Drops what is older than that */
void cbx_groups_expire(struct cbx_groups *groups, int64_t before_ms);
/* How many different systems (of CBX_SAME_SYSTEM: jobs) are in the group */
size_t cbx_groups_size(const struct cbx_groups *groups, const struct cbx_group_name *name);
bool cbx_waiting_is_in(const struct cbx_waiting *waiting, const struct cbx_group_name *name);
/* {"systems":[…],"job":{…}} of what waits in the group; -ENOMEM */
int cbx_groups_sample(const struct cbx_groups *groups, const struct cbx_group_name *name,
		      struct cbx_text *out);

/* A set of members; all zero: an empty one */
struct cbx_seen {
	uint64_t *places;       /* hashes; 0 = an empty place */
	size_t count, capacity; /* a power of two */
};

/* 1 = it was not there; -ENOMEM */
int cbx_seen_add(struct cbx_seen *seen, const char *system, int64_t job_id);
void cbx_seen_clear(struct cbx_seen *seen);

#endif
