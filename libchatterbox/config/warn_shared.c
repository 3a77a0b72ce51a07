// SPDX-License-Identifier: MIT
/*
 * warn_shared.c - warns of what OCD and chatterbox can't both use when one file serves both
 *
 * A file is OCD's when it has app_meta, which names the service. Nothing is refused: in containers
 * of their own both may well listen on one port, and each has its own stdout.log.
 */
#include "config/slots.h"

static const struct cbx_slot *slot_of(const struct chatterbox_config *config, const char *path)
{
	bool overlay;

	return &config->slots[cbx_key_find(path, false, &overlay) - cbx_keys];
}

/* Is it from OCD's own section, or by default what OCD's own is? */
static bool is_shared(const struct cbx_slot *slot)
{
	const struct cbx_value_source file = { .source = CBX_SOURCE_FILE };

	return !cbx_rank_is_above(slot->rank, cbx_value_rank(&file, false));
}

static int warn(struct chatterbox_config *config, const char *path, const char *why)
{
	return cbx_problem_add(&config->crossed, CHATTERBOX_PROBLEM_WARNING, "%s: %s (from %s)",
			       path, why, slot_of(config, path)->from ?: "default");
}

static int warn_port(struct chatterbox_config *config)
{
	if (!is_shared(slot_of(config, "http_server.port")))
		return 0;
	return warn(config, "http_server.port",
		    "OCD listens there: on one host chatterbox.http_server.port has to be another");
}

static int warn_log(struct chatterbox_config *config)
{
	const struct cbx_slot *slot = slot_of(config, "log.path");

	if (!is_shared(slot) || !slot->value.text || !*slot->value.text)
		return 0;
	return warn(config, "log.path",
		    "OCD writes this file: chatterbox.log.path has to be another, or \"\" for "
		    "stdout");
}

/* OCD's object names a host for each; where it was left empty, this machine is meant by default */
static int warn_hosts(struct chatterbox_config *config)
{
	static const char *const paths[] = { "redis.host", "rmq.host", "sequelize.host",
					     "http_server.host" };
	size_t i;
	int r = 0;

	for (i = 0; !r && i < CBX_COUNT(paths); i++)
		if (!slot_of(config, paths[i])->from &&
		    (i || (!slot_of(config, "redis.sentinels")->value.count &&
			   !slot_of(config, "redis.cluster")->value.count)))
			r = warn(
				config, paths[i],
				i + 1 < CBX_COUNT(paths)
					? "names no host, so 127.0.0.1 is connected to"
					: "nobody on another host reaches the API and the metrics: "
					  "chatterbox.http_server.host \"::\" lets them");
	if (!r && slot_of(config, "live_temp.database")->from &&
	    !slot_of(config, "live_temp.host")->from)
		r = warn(config, "live_temp.host",
			 "names no host, so connections is looked for in sequelize.database");
	return r;
}

int cbx_config_warn_shared(struct chatterbox_config *config)
{
	int r = config->is_ocds ? warn_port(config) : 0;

	if (!r && config->is_ocds)
		r = warn_log(config);
	return r || !config->is_ocds ? r : warn_hosts(config);
}
