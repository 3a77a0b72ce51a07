// SPDX-License-Identifier: MIT
/*
 * refusal.c - which error replies mean that Redis does not let us work, and what to do about them
 *
 * Other errors are about one key or command. A server of the wrong kind, or a user without a right,
 * stays so until somebody changes it, the others may pass.
 */
#include "adapter/redis_state/link.h"

#include <chatterbox/error.h>
#include <string.h>

#define RIGHTS "give redis.username the rights that SECURITY.md lists"
#define REPLICA "redis.host has to name the master, or redis.sentinels who knows it"
#define CLUSTER "it is a node of a Redis Cluster: set redis.cluster to true"

static const struct cbx_redis_refusal refusals[] = {
	{ "NOPERM ", CHATTERBOX_E_CONFIG, RIGHTS },
	{ "The user executing the script", CHATTERBOX_E_CONFIG, RIGHTS },
	{ "CROSSSLOT ", CHATTERBOX_E_CONFIG, CLUSTER },
	{ "MOVED ", CHATTERBOX_E_CONFIG, CLUSTER },
	{ "CLUSTERDOWN ", CHATTERBOX_E_CONFIG, CLUSTER },
	{ "SELECT is not allowed", CHATTERBOX_E_CONFIG, CLUSTER },
	{ "cluster support disabled", CHATTERBOX_E_CONFIG,
	  "it is no node of a Redis Cluster: set redis.cluster to false" },
	{ "DB index is out of range", CHATTERBOX_E_CONFIG, "see redis.db" },
	{ "unknown command", CHATTERBOX_E_CONFIG,
	  "is it a Sentinel? redis.host and redis.port have to name the master itself, of Redis 6 "
	  "or newer; Sentinels go into redis.sentinels" },
	{ "READONLY ", CHATTERBOX_E_REFUSED, REPLICA },
	{ "MASTERDOWN ", CHATTERBOX_E_REFUSED, REPLICA },
	{ "OOM ", CHATTERBOX_E_REFUSED, "raise its maxmemory, or make room in it" },
	{ "MISCONF ", CHATTERBOX_E_REFUSED, "see its log" },
	{ "NOREPLICAS ", CHATTERBOX_E_REFUSED, "see its min-replicas-to-write" },
};

const struct cbx_redis_refusal *cbx_redis_refusal_of(const char *text, bool clustered)
{
	size_t i;

	for (i = 0; i < CBX_COUNT(refusals); i++)
		if (strstr(text, refusals[i].word) &&
		    !(clustered && !strcmp(refusals[i].advice, CLUSTER)))
			return &refusals[i];
	return NULL;
}
