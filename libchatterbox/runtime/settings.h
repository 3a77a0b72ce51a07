/* SPDX-License-Identifier: MIT */
/*
 * settings.h - the configured values, as the threads use them
 *
 * The members are those of config/keys.def: each line there is a member here. Settings never
 * change. A reload makes new ones and puts them in place of the old; each thread takes them over at
 * a safe point of its loop. Times are in nanoseconds.
 */
#ifndef CBX_RUNTIME_SETTINGS_H
#define CBX_RUNTIME_SETTINGS_H

#include "decode/decode.h"
#include "domain/kind.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chatterbox_config;

struct cbx_texts {
	char **items;
	size_t count;
};

/* Section sequelize or live_temp */
struct cbx_database_settings {
	char *host; /* NULL: not configured */
	int64_t port;
	char *database;
	char *username;
	char *password;
	char *sslmode;
	char *sslrootcert;
	char *sslcert;
	char *sslkey;
	char *schema;
};

/* Choices, in the order in which keys.def lists them */
enum cbx_store_choice { CBX_STORE_REDIS, CBX_STORE_MEMORY };
enum cbx_bus_choice { CBX_BUS_RMQ, CBX_BUS_MEMORY };
enum cbx_sql_choice { CBX_SQL_POSTGRES, CBX_SQL_SQLITE };
enum cbx_role_choice { CBX_ROLE_AUTO, CBX_ROLE_OBSERVER };
enum cbx_envelope_choice { CBX_ENVELOPE_JSONRPC, CBX_ENVELOPE_BARE };

#define CBX_MEMBER_FLAG(member) bool member;
#define CBX_MEMBER_INTEGER(member) int64_t member;
#define CBX_MEMBER_COUNT(member) size_t member;
#define CBX_MEMBER_SECONDS(member) uint64_t member;
#define CBX_MEMBER_MILLISECONDS(member) uint64_t member;
#define CBX_MEMBER_DURATION(member) uint64_t member;
#define CBX_MEMBER_TEXT(member) char *member;
#define CBX_MEMBER_NAME(member) char *member;
#define CBX_MEMBER_CHOICE(member) int member;
#define CBX_MEMBER_LIST(member) struct cbx_texts member;
#define CBX_PLACE_OWN(type, member) CBX_MEMBER_##type(member)
#define CBX_PLACE_IN(type, member)
#define CBX_PLACE_OUT(type, member)

struct cbx_settings {
	_Atomic unsigned refs;
#define GROUP(type, member) type member;
#define KEY(place, type, member, ...) CBX_PLACE_##place(type, member)
#include "config/keys.def"
};

/* The settings of @config. Keys that need a restart keep their value from @old; NULL = no old
 * settings. Return: 0, -ENOMEM. */
int cbx_settings_new(const struct chatterbox_config *config, const struct cbx_settings *old,
		     struct cbx_settings **out);
struct cbx_settings *cbx_settings_ref(struct cbx_settings *settings);
void cbx_settings_unref(struct cbx_settings *settings); /* takes NULL */
CBX_DEFINE_CLEANUP(struct cbx_settings *, cbx_settings_unref)

/* Where an engine keeps its present settings */
struct cbx_settings_place {
	pthread_mutex_t lock;
	struct cbx_settings *present;
};

void cbx_settings_place_init(struct cbx_settings_place *place);
void cbx_settings_place_close(struct cbx_settings_place *place);
/* Puts @settings in place and takes them over. Any thread. */
void cbx_settings_put(struct cbx_settings_place *place, struct cbx_settings *settings);
/* Makes *@mine the present settings; true when they are new. @mine is the caller's reference, NULL
 * at first. Any thread. */
bool cbx_settings_take(struct cbx_settings_place *place, struct cbx_settings **mine);

#endif
