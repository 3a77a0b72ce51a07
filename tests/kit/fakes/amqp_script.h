/* SPDX-License-Identifier: MIT */
/*
 * amqp_script.h - an amqp_bus that has logged in, and a broker whose frames the test writes
 *
 * What the broker sends waits in a socket, which holds some 200 KiB; send more than that from
 * another thread.
 */
#ifndef CBX_TESTS_AMQP_SCRIPT_H
#define CBX_TESTS_AMQP_SCRIPT_H

#include "adapter/amqp_bus/connection.h"

#define SCRIPT_QUEUE "app.default.event"

extern struct cbx_bus *script_bus;
extern amqp_connection_state_t script_broker;

void script_set_up(void);
void script_tear_down(void);
/* The state after the login: confirms, and one consumer of SCRIPT_QUEUE on CBX_FIRST_WORK */
void script_plug_in(int channel_max);

/* Sends a method as the broker */
void broker_say(amqp_channel_t channel, amqp_method_number_t id, void *decoded);
/* Sends a delivery with @size bytes of body, in frames of the maximal size */
void broker_deliver(amqp_channel_t channel, uint64_t tag, size_t size);
/* Sends the beginning of a delivery: the frames of the body are the caller's */
void broker_begin_delivery(amqp_channel_t channel, uint64_t tag, size_t size);
void broker_send_body(amqp_channel_t channel, const char *bytes, size_t len);
void broker_confirm(amqp_channel_t channel, uint64_t tag);
void broker_close(amqp_channel_t channel, uint16_t code);
void broker_open_ok(amqp_channel_t channel);
void broker_consume_ok(amqp_channel_t channel);
/* The answer to a question about a queue: how many messages wait there */
void broker_declare_ok(uint32_t messages);
void broker_block(bool on);
/* Reads up to the next @id on @channel; returns its arguments, valid until the next call */
const void *broker_expect(amqp_channel_t channel, amqp_method_number_t id);

/* Takes the next event of the bus and compares it */
void script_expect(enum cbx_bus_event_type type, uint64_t tag, bool multiple);
void script_expect_failure(int error);
void script_publish(uint64_t number);

#endif
