// SPDX-License-Identifier: MIT
/*
 * properties.c - reads and writes the properties of a message
 *
 * Headers are texts, except for integers that we send. Numbers and booleans are read as decimal
 * text (1 and 0); nested tables, arrays and empty values are left out, and so are headers beyond
 * the number that a message holds.
 */
#include "adapter/amqp_bus/connection.h"
#include "base/number.h"
#include "base/read.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scratch {
	char *at;
	size_t left;
};

amqp_bytes_t cbx_amqp_text(const char *text)
{
	return amqp_cstring_bytes(text ? text : "");
}

/* A copy with a NUL; NULL when there is no room, which the frame's size rules out */
static const char *keep(struct scratch *scratch, const void *bytes, size_t len)
{
	char *copy = scratch->at;

	if (len >= scratch->left)
		return NULL;
	memcpy(copy, bytes, len);
	copy[len] = '\0';
	scratch->at += len + 1;
	scratch->left -= len + 1;
	return copy;
}

static const char *keep_bytes(struct scratch *scratch, const amqp_basic_properties_t *properties,
			      amqp_flags_t flag, const amqp_bytes_t *bytes)
{
	if (!(properties->_flags & flag))
		return NULL;
	return keep(scratch, bytes->len ? bytes->bytes : "", bytes->len);
}

/* Writes a numeric value as text; 0 = it is not a number */
static size_t number_text(const amqp_field_value_t *value, char out[CBX_NUMBER_TEXT])
{
	int64_t number;

	switch (value->kind) {
	case AMQP_FIELD_KIND_BOOLEAN:
		number = value->value.boolean != 0;
		break;
	case AMQP_FIELD_KIND_I8:
		number = value->value.i8;
		break;
	case AMQP_FIELD_KIND_U8:
		number = value->value.u8;
		break;
	case AMQP_FIELD_KIND_I16:
		number = value->value.i16;
		break;
	case AMQP_FIELD_KIND_U16:
		number = value->value.u16;
		break;
	case AMQP_FIELD_KIND_I32:
		number = value->value.i32;
		break;
	case AMQP_FIELD_KIND_U32:
		number = value->value.u32;
		break;
	case AMQP_FIELD_KIND_I64:
		number = value->value.i64;
		break;
	case AMQP_FIELD_KIND_U64:
	case AMQP_FIELD_KIND_TIMESTAMP:
		return (size_t)snprintf(out, CBX_NUMBER_TEXT, "%" PRIu64, value->value.u64);
	case AMQP_FIELD_KIND_F32:
		return cbx_number_format((double)value->value.f32, out);
	case AMQP_FIELD_KIND_F64:
		return cbx_number_format(value->value.f64, out);
	default:
		return 0;
	}
	return (size_t)snprintf(out, CBX_NUMBER_TEXT, "%" PRId64, number);
}

static void read_headers(const amqp_table_t *table, struct scratch *scratch,
			 struct cbx_bus_message *message)
{
	int i;

	for (i = 0; i < table->num_entries && message->header_count < CBX_BUS_HEADERS; i++) {
		const amqp_table_entry_t *entry = &table->entries[i];
		char number[CBX_NUMBER_TEXT];
		const char *name;
		const char *text;
		size_t len;

		if (entry->value.kind == AMQP_FIELD_KIND_UTF8 ||
		    entry->value.kind == AMQP_FIELD_KIND_BYTES) {
			text = entry->value.value.bytes.len ? entry->value.value.bytes.bytes : "";
			len = entry->value.value.bytes.len;
		} else {
			text = number;
			len = number_text(&entry->value, number);
			if (!len)
				continue;
		}
		name = keep(scratch, entry->key.len ? entry->key.bytes : "", entry->key.len);
		text = keep(scratch, text, len);
		if (name && text)
			cbx_bus_add_header(message, name, text);
	}
}

void cbx_amqp_properties_read(const amqp_basic_properties_t *p, char *memory, size_t size,
			      struct cbx_bus_message *message)
{
	struct scratch scratch = { memory, size };
	int64_t count = 0;

	message->content_type =
		keep_bytes(&scratch, p, AMQP_BASIC_CONTENT_TYPE_FLAG, &p->content_type);
	message->correlation_id =
		keep_bytes(&scratch, p, AMQP_BASIC_CORRELATION_ID_FLAG, &p->correlation_id);
	message->reply_to = keep_bytes(&scratch, p, AMQP_BASIC_REPLY_TO_FLAG, &p->reply_to);
	message->message_id = keep_bytes(&scratch, p, AMQP_BASIC_MESSAGE_ID_FLAG, &p->message_id);
	message->type = keep_bytes(&scratch, p, AMQP_BASIC_TYPE_FLAG, &p->type);
	message->app_id = keep_bytes(&scratch, p, AMQP_BASIC_APP_ID_FLAG, &p->app_id);
	message->user_id = keep_bytes(&scratch, p, AMQP_BASIC_USER_ID_FLAG, &p->user_id);
	if (p->_flags & AMQP_BASIC_DELIVERY_MODE_FLAG)
		message->persistent = p->delivery_mode == AMQP_DELIVERY_PERSISTENT;
	if (p->_flags & AMQP_BASIC_TIMESTAMP_FLAG)
		message->timestamp = (int64_t)p->timestamp;
	if ((p->_flags & AMQP_BASIC_EXPIRATION_FLAG) && p->expiration.len &&
	    cbx_parse_count(p->expiration.bytes, p->expiration.len, &count))
		message->expiration_ms = count;
	if (p->_flags & AMQP_BASIC_HEADERS_FLAG)
		read_headers(&p->headers, &scratch, message);
}

static void set(amqp_basic_properties_t *properties, amqp_flags_t flag, amqp_bytes_t *to,
		const char *text)
{
	if (!text)
		return;
	properties->_flags |= flag;
	*to = amqp_cstring_bytes(text);
}

static void write_headers(const struct cbx_bus_message *message, amqp_basic_properties_t *p,
			  amqp_table_entry_t *entries)
{
	size_t i;

	if (!message->header_count)
		return;
	for (i = 0; i < message->header_count; i++) {
		const struct cbx_bus_header *header = &message->headers[i];

		entries[i].key = amqp_cstring_bytes(header->name);
		if (header->integer) {
			entries[i].value.kind = AMQP_FIELD_KIND_I64;
			entries[i].value.value.i64 = strtoll(header->value, NULL, 10);
			continue;
		}
		entries[i].value.kind = AMQP_FIELD_KIND_UTF8;
		entries[i].value.value.bytes = amqp_cstring_bytes(header->value);
	}
	p->_flags |= AMQP_BASIC_HEADERS_FLAG;
	p->headers.num_entries = (int)message->header_count;
	p->headers.entries = entries;
}

void cbx_amqp_properties_write(const struct cbx_bus_message *message, amqp_basic_properties_t *p,
			       amqp_table_entry_t *entries, char *expiration, size_t size)
{
	memset(p, 0, sizeof(*p));
	set(p, AMQP_BASIC_CONTENT_TYPE_FLAG, &p->content_type, message->content_type);
	set(p, AMQP_BASIC_CORRELATION_ID_FLAG, &p->correlation_id, message->correlation_id);
	set(p, AMQP_BASIC_REPLY_TO_FLAG, &p->reply_to, message->reply_to);
	set(p, AMQP_BASIC_MESSAGE_ID_FLAG, &p->message_id, message->message_id);
	set(p, AMQP_BASIC_TYPE_FLAG, &p->type, message->type);
	set(p, AMQP_BASIC_APP_ID_FLAG, &p->app_id, message->app_id);
	if (message->expiration_ms > 0) {
		snprintf(expiration, size, "%" PRId64, message->expiration_ms);
		set(p, AMQP_BASIC_EXPIRATION_FLAG, &p->expiration, expiration);
	}
	if (message->timestamp > 0) {
		p->_flags |= AMQP_BASIC_TIMESTAMP_FLAG;
		p->timestamp = (uint64_t)message->timestamp;
	}
	p->_flags |= AMQP_BASIC_DELIVERY_MODE_FLAG;
	p->delivery_mode =
		message->persistent ? AMQP_DELIVERY_PERSISTENT : AMQP_DELIVERY_NONPERSISTENT;
	write_headers(message, p, entries);
}
