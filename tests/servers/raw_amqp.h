/* SPDX-License-Identifier: MIT */
/* raw_amqp.h - librabbitmq without our adapter, for what another program would do to the broker */
#ifndef CBX_TESTS_RAW_AMQP_H
#define CBX_TESTS_RAW_AMQP_H

#include "adapter/amqp_bus/rabbitmq.h"

#include <check.h>

/* Logged in, channel 1 open; ends the test on trouble */
amqp_connection_state_t raw_open(void);
void raw_close(amqp_connection_state_t raw);
void raw_delete_queue(const char *queue);
/* Durable, with x-max-length: another program's idea of the queue */
void raw_declare_bounded(const char *queue);
/* A message with a header of each kind, to a queue */
void raw_publish_headers(const char *queue);

/* amqp_outages.c: the cases that kill and freeze the broker */
void amqp_add_outages(Suite *suite);

#endif
