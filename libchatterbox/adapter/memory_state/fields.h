/* SPDX-License-Identifier: MIT */
/* fields.h - a hash of names and texts, like those of Redis, for the embedded profile */
#ifndef CBX_ADAPTER_MEMORY_STATE_FIELDS_H
#define CBX_ADAPTER_MEMORY_STATE_FIELDS_H

#include "base/hash.h"
#include "port/state.h"

struct cbx_memory_field {
	char *name;
	char *value;
	size_t value_len;
	UT_hash_handle hh;
};

/* Sets each field, or deletes it where the value is NULL; stops at the first failed allocation */
int cbx_memory_fields_write(struct cbx_memory_field **table, const struct cbx_field *fields,
			    size_t count);
void cbx_memory_fields_clear(struct cbx_memory_field **table);
int cbx_memory_fields_each(struct cbx_memory_field *table, const char *key, cbx_field_fn each,
			   void *user);
/* Deletes those that still hold their value; returns how many */
size_t cbx_memory_fields_drop(struct cbx_memory_field **table, const struct cbx_field *fields,
			      size_t count);

#endif
