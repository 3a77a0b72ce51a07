// SPDX-License-Identifier: MIT
/* fields.c - a hash of names and texts; a value is replaced only once memory for the new one is
 * there */
#include "adapter/memory_state/fields.h"

#include "common/cleanup.h"
#include "common/text.h"

#include <errno.h>
#include <string.h>

static void field_free(struct cbx_memory_field *field)
{
	free(field->name);
	free(field->value);
	free(field);
}
CBX_DEFINE_CLEANUP(struct cbx_memory_field *, field_free)

static struct cbx_memory_field *find(struct cbx_memory_field *table, const char *name)
{
	struct cbx_memory_field *field = NULL;

	HASH_FIND_STR(table, name, field);
	return field;
}

static void drop(struct cbx_memory_field **table, struct cbx_memory_field *field)
{
	HASH_DEL(*table, field);
	field_free(field);
}

static int add(struct cbx_memory_field **table, const char *name, char *value, size_t value_len)
{
	cbx_auto(field_freep) struct cbx_memory_field *field = calloc(1, sizeof(*field));

	if (!field)
		return -ENOMEM;
	field->name = strdup(name);
	if (!field->name)
		return -ENOMEM;
	if (cbx_hash_add(*table, field->name, strlen(field->name), field) < 0)
		return -ENOMEM;
	field->value = value;
	field->value_len = value_len;
	field = NULL;
	return 0;
}

static int set(struct cbx_memory_field **table, const struct cbx_field *new)
{
	cbx_auto(cbx_freep) char *value = cbx_strndup(new->value, new->value_len);
	struct cbx_memory_field *field = find(*table, new->name);
	int error;

	if (!value)
		return -ENOMEM;
	if (!field) {
		error = add(table, new->name, value, new->value_len);
		if (error)
			return error;
		value = NULL;
		return 0;
	}
	free(field->value);
	field->value = cbx_steal(value);
	field->value_len = new->value_len;
	return 0;
}

int cbx_memory_fields_write(struct cbx_memory_field **table, const struct cbx_field *fields,
			    size_t count)
{
	struct cbx_memory_field *field;
	size_t i;
	int error;

	for (i = 0; i < count; i++) {
		if (fields[i].value) {
			error = set(table, &fields[i]);
			if (error)
				return error;
			continue;
		}
		field = find(*table, fields[i].name);
		if (field)
			drop(table, field);
	}
	return 0;
}

void cbx_memory_fields_clear(struct cbx_memory_field **table)
{
	while (*table)
		drop(table, *table);
}

int cbx_memory_fields_each(struct cbx_memory_field *table, const char *key, cbx_field_fn each,
			   void *user)
{
	struct cbx_memory_field *field;
	int result;

	for (field = table; field; field = field->hh.next) {
		struct cbx_field row = { field->name, field->value, field->value_len };

		result = each(user, key, &row);
		if (result)
			return result;
	}
	return 0;
}

size_t cbx_memory_fields_drop(struct cbx_memory_field **table, const struct cbx_field *fields,
			      size_t count)
{
	size_t removed = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		struct cbx_memory_field *field = find(*table, fields[i].name);

		if (!field || field->value_len != fields[i].value_len ||
		    memcmp(field->value, fields[i].value, field->value_len) != 0)
			continue;
		drop(table, field);
		removed++;
	}
	return removed;
}
