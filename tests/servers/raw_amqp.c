// SPDX-License-Identifier: MIT
/* raw_amqp.c - another program at the same broker */
#include "raw_amqp.h"

#include "servers.h"

#include <check.h>
#include <string.h>

amqp_connection_state_t raw_open(void)
{
	amqp_connection_state_t raw = amqp_new_connection();
	amqp_socket_t *socket = amqp_tcp_socket_new(raw);
	const struct timeval limit = { 10, 0 };

	amqp_set_handshake_timeout(raw, &limit);
	amqp_set_rpc_timeout(raw, &limit);
	ck_assert_int_eq(amqp_socket_open_noblock(socket, "127.0.0.1", cbx_test_port("RMQ"),
						  &limit),
			 AMQP_STATUS_OK);
	ck_assert_int_eq(amqp_login(raw, "/", 0, 131072, 0, AMQP_SASL_METHOD_PLAIN,
				    cbx_test_env("RMQ_USER"), cbx_test_env("RMQ_PASSWORD"))
				 .reply_type,
			 AMQP_RESPONSE_NORMAL);
	amqp_channel_open(raw, 1);
	ck_assert_int_eq(amqp_get_rpc_reply(raw).reply_type, AMQP_RESPONSE_NORMAL);
	return raw;
}

void raw_close(amqp_connection_state_t raw)
{
	amqp_connection_close(raw, AMQP_REPLY_SUCCESS);
	amqp_destroy_connection(raw);
}

void raw_delete_queue(const char *queue)
{
	amqp_connection_state_t raw = raw_open();

	amqp_queue_delete(raw, 1, amqp_cstring_bytes(queue), 0, 0);
	ck_assert_int_eq(amqp_get_rpc_reply(raw).reply_type, AMQP_RESPONSE_NORMAL);
	raw_close(raw);
}

void raw_declare_bounded(const char *queue)
{
	amqp_connection_state_t raw = raw_open();
	amqp_table_entry_t entry = { .key = amqp_cstring_bytes("x-max-length") };
	amqp_table_t arguments = { .num_entries = 1, .entries = &entry };

	entry.value.kind = AMQP_FIELD_KIND_I32;
	entry.value.value.i32 = 10;
	amqp_queue_declare(raw, 1, amqp_cstring_bytes(queue), 0, 1, 0, 0, arguments);
	ck_assert_int_eq(amqp_get_rpc_reply(raw).reply_type, AMQP_RESPONSE_NORMAL);
	raw_close(raw);
}

static amqp_table_entry_t header(const char *name, uint8_t kind)
{
	amqp_table_entry_t entry = { .key = amqp_cstring_bytes(name) };

	entry.value.kind = kind;
	return entry;
}

void raw_publish_headers(const char *queue)
{
	amqp_connection_state_t raw = raw_open();
	amqp_table_entry_t inner = header("inside", AMQP_FIELD_KIND_I32);
	amqp_table_entry_t entries[] = {
		header("table", AMQP_FIELD_KIND_TABLE),  header("i64", AMQP_FIELD_KIND_I64),
		header("u8", AMQP_FIELD_KIND_U8),        header("yes", AMQP_FIELD_KIND_BOOLEAN),
		header("half", AMQP_FIELD_KIND_F64),     header("bytes", AMQP_FIELD_KIND_BYTES),
		header("nothing", AMQP_FIELD_KIND_VOID), header("text", AMQP_FIELD_KIND_UTF8),
	};
	amqp_basic_properties_t properties = { ._flags = AMQP_BASIC_HEADERS_FLAG };

	inner.value.value.i32 = 1;
	entries[0].value.value.table.num_entries = 1;
	entries[0].value.value.table.entries = &inner;
	entries[1].value.value.i64 = -1234567890123;
	entries[2].value.value.u8 = 200;
	entries[3].value.value.boolean = 1;
	entries[4].value.value.f64 = 0.5;
	entries[5].value.value.bytes = amqp_cstring_bytes("a long string");
	entries[7].value.value.bytes = amqp_cstring_bytes("text");
	properties.headers.num_entries = 8;
	properties.headers.entries = entries;
	ck_assert_int_eq(amqp_basic_publish(raw, 1, amqp_cstring_bytes(""),
					    amqp_cstring_bytes(queue), 0, 0, &properties,
					    amqp_cstring_bytes("x")),
			 AMQP_STATUS_OK);
	raw_close(raw);
}
