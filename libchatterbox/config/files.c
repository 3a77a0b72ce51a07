// SPDX-License-Identifier: MIT
/*
 * files.c - checks the certificates and keys that the servers' libraries are told to read
 *
 * Only what can't become right by itself is wrong here: a FIFO, a directory, a device in the place
 * of a file, and a certificate without its key. A file that is absent may be mounted a moment
 * later.
 */
#include "common/file.h"
#include "config/slots.h"

#include <stdio.h>
#include <string.h>

struct place {
	const char *section;
	const char *used_key; /* these files matter where it has this value */
	const char *used_value;
	const char *ca, *cert, *key; /* members; NULL: there is none */
};

static const struct place places[] = {
	{ "redis.tls", "chatterbox.store", "redis", "ca", NULL, NULL },
	{ "rmq.tls", "chatterbox.bus", "rmq", "ca", "cert", "key" },
	{ "sequelize", "chatterbox.sql", "postgres", "sslrootcert", "sslcert", "sslkey" },
	{ "live_temp", "chatterbox.sql", "postgres", "sslrootcert", "sslcert", "sslkey" },
};

static const struct cbx_key *member_of(const struct place *place, const char *member)
{
	char path[CBX_KEY_PATH];
	bool overlay;

	snprintf(path, sizeof(path), "%s.%s", place->section, member);
	return cbx_key_find(path, false, &overlay);
}

static const struct cbx_slot *slot_of(const struct chatterbox_config *config,
				      const struct cbx_key *key)
{
	return &config->slots[key - cbx_keys];
}

static bool is_used(const struct chatterbox_config *config, const struct place *place)
{
	const struct cbx_key *flag = member_of(place, "ca");

	if (strcmp(chatterbox_config_get_text(config, place->used_key), place->used_value) != 0)
		return false;
	flag = flag ? cbx_key_switch(flag) : NULL;
	return !flag || slot_of(config, flag)->number;
}

static int check_file(struct chatterbox_config *config, const struct place *place,
		      const char *member)
{
	const struct cbx_key *key = member ? member_of(place, member) : NULL;
	const struct cbx_slot *slot = key ? slot_of(config, key) : NULL;
	const char *trouble = slot ? cbx_file_trouble(slot->value.text) : NULL;

	if (!trouble)
		return 0;
	return cbx_problem_add(&config->crossed, CHATTERBOX_PROBLEM_ERROR,
			       "%s: got \"%s\", takes a file: %s (from %s)", key->path,
			       slot->value.text, trouble, slot->from ? slot->from : "default");
}

static int check_pair(struct chatterbox_config *config, const struct place *place)
{
	const struct cbx_key *keys[2];
	const struct cbx_slot *given;
	size_t missing;

	if (!place->cert)
		return 0;
	keys[0] = member_of(place, place->cert);
	keys[1] = member_of(place, place->key);
	missing = slot_of(config, keys[0])->value.text ? 1 : 0;
	given = slot_of(config, keys[1 - missing]);
	if (!given->value.text || slot_of(config, keys[missing])->value.text)
		return 0;
	return cbx_problem_add(&config->crossed, CHATTERBOX_PROBLEM_ERROR,
			       "%s: got nothing, takes the path of a PEM file, since %s is given "
			       "(from %s)",
			       keys[missing]->path, keys[1 - missing]->path,
			       given->from ? given->from : "default");
}

int cbx_config_check_files(struct chatterbox_config *config)
{
	size_t i;
	int r = 0;

	for (i = 0; i < CBX_COUNT(places) && !r; i++) {
		if (!is_used(config, &places[i]))
			continue;
		r = check_file(config, &places[i], places[i].ca);
		if (!r)
			r = check_file(config, &places[i], places[i].cert);
		if (!r)
			r = check_file(config, &places[i], places[i].key);
		if (!r)
			r = check_pair(config, &places[i]);
	}
	return r;
}
