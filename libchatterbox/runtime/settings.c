// SPDX-License-Identifier: MIT
/*
 * settings.c - makes typed settings of a configuration, by the table of keys, and hands them to the
 * threads
 *
 * A key that needs a restart keeps its old value, whatever the new configuration says.
 */
#include "runtime/settings.h"

#include "common/cleanup.h"
#include "config/slots.h"
#include "port/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum type {
	AS_NOTHING,
	AS_FLAG,
	AS_INTEGER,
	AS_COUNT,
	AS_SECONDS,
	AS_MILLISECONDS,
	AS_DURATION,
	AS_TEXT,
	AS_NAME,
	AS_CHOICE_TEXT,
	AS_CHOICE,
	AS_LIST,
};

/* Where the value of the key with the same index goes */
static const struct member {
	enum type type;
	size_t offset;
	size_t size;
} members[] = {
#define MEMBER_OWN(type, member)                                      \
	{                                                             \
		AS_##type, offsetof(struct cbx_settings, member),     \
			sizeof(((struct cbx_settings *)NULL)->member) \
	}
#define MEMBER_IN(type, member) MEMBER_OWN(type, member)
#define MEMBER_OUT(type, member) \
	{                        \
		AS_NOTHING, 0, 0 \
	}
#define KEY(place, type, member, ...) MEMBER_##place(type, member),
#include "config/keys.def"
};

static void *at(const struct cbx_settings *settings, const struct member *member)
{
	return (char *)(uintptr_t)settings + member->offset;
}

static bool is_text(const struct member *member)
{
	return member->type == AS_TEXT || member->type == AS_NAME || member->type == AS_CHOICE_TEXT;
}

static int copy_text(const char *from, char **to)
{
	char *copy = from ? strdup(from) : NULL;

	if (from && !copy)
		return -ENOMEM;
	*to = copy;
	return 0;
}

static int copy_list(char *const *items, size_t count, struct cbx_texts *to)
{
	int result = 0;

	to->items = calloc(count + 1, sizeof(*to->items));
	if (!to->items)
		return -ENOMEM;
	while (!result && to->count < count) {
		result = copy_text(items[to->count], &to->items[to->count]);
		if (!result)
			to->count++;
	}
	return result;
}

/* The index of @text in a list like "redis|memory" */
static int choice_of(const char *choices, const char *text)
{
	int choice = 0;
	size_t len = strlen(text);

	while (strncmp(choices, text, len) != 0 || (choices[len] && choices[len] != '|')) {
		choices += strcspn(choices, "|") + 1;
		choice++;
	}
	return choice;
}

static int fill(const struct cbx_key *key, const struct cbx_slot *slot, enum type type, void *to)
{
	switch (type) {
	case AS_NOTHING:
		return 0;
	case AS_FLAG:
		*(bool *)to = slot->number != 0;
		return 0;
	case AS_INTEGER:
		*(int64_t *)to = slot->number;
		return 0;
	case AS_COUNT:
		*(size_t *)to = (size_t)slot->number;
		return 0;
	case AS_SECONDS:
		*(uint64_t *)to = (uint64_t)slot->number * CBX_SECOND;
		return 0;
	case AS_MILLISECONDS:
	case AS_DURATION:
		*(uint64_t *)to = (uint64_t)slot->number * CBX_MS;
		return 0;
	case AS_CHOICE:
		*(int *)to = choice_of(key->hint, slot->value.text);
		return 0;
	case AS_LIST:
		return copy_list(slot->value.items, slot->value.count, to);
	case AS_TEXT:
	case AS_NAME:
	case AS_CHOICE_TEXT:
		break;
	}
	return copy_text(slot->value.text, to);
}

static int keep(const struct member *member, const void *from, void *to)
{
	char *const *text = from;
	const struct cbx_texts *list = from;

	if (is_text(member))
		return copy_text(*text, to);
	if (member->type == AS_LIST)
		return copy_list(list->items, list->count, to);
	memcpy(to, from, member->size);
	return 0;
}

/* A text may be a secret */
static void wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

static void drop(const struct member *member, void *value)
{
	struct cbx_texts *list = value;
	size_t i;

	if (is_text(member))
		wipe(*(char **)value);
	if (member->type != AS_LIST)
		return;
	for (i = 0; i < list->count; i++)
		wipe(list->items[i]);
	free(list->items);
}

int cbx_settings_new(const struct chatterbox_config *config, const struct cbx_settings *old,
		     struct cbx_settings **out)
{
	cbx_auto(cbx_settings_unrefp) struct cbx_settings *settings = calloc(1, sizeof(*settings));
	size_t i;
	int result = settings ? 0 : -ENOMEM;

	if (settings)
		settings->refs = 1;
	for (i = 0; !result && i < cbx_key_count; i++) {
		void *to = at(settings, &members[i]);

		if (old && !(cbx_keys[i].flags & CBX_KEY_RELOAD))
			result = keep(&members[i], at(old, &members[i]), to);
		else
			result = fill(&cbx_keys[i], &config->slots[i], members[i].type, to);
	}
	if (result < 0)
		return result;
	*out = cbx_steal(settings);
	return 0;
}

struct cbx_settings *cbx_settings_ref(struct cbx_settings *settings)
{
	settings->refs++;
	return settings;
}

void cbx_settings_unref(struct cbx_settings *settings)
{
	size_t i;

	if (!settings || --settings->refs > 0)
		return;
	for (i = 0; i < cbx_key_count; i++)
		drop(&members[i], at(settings, &members[i]));
	free(settings);
}

void cbx_settings_place_init(struct cbx_settings_place *place)
{
	pthread_mutex_init(&place->lock, NULL);
	place->present = NULL;
}

void cbx_settings_place_close(struct cbx_settings_place *place)
{
	cbx_settings_unref(place->present);
	place->present = NULL;
	pthread_mutex_destroy(&place->lock);
}

void cbx_settings_put(struct cbx_settings_place *place, struct cbx_settings *settings)
{
	struct cbx_settings *old;

	pthread_mutex_lock(&place->lock);
	old = place->present;
	place->present = settings;
	pthread_mutex_unlock(&place->lock);
	cbx_settings_unref(old);
}

bool cbx_settings_take(struct cbx_settings_place *place, struct cbx_settings **mine)
{
	struct cbx_settings *old = *mine;

	pthread_mutex_lock(&place->lock);
	if (place->present != old)
		*mine = cbx_settings_ref(place->present);
	pthread_mutex_unlock(&place->lock);
	if (*mine == old)
		return false;
	cbx_settings_unref(old);
	return true;
}
