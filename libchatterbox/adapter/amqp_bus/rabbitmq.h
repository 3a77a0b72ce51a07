/* SPDX-License-Identifier: MIT */
/* rabbitmq.h - includes librabbitmq's headers, which moved in version 0.12 and warn at their old
 * places */
#ifndef CBX_ADAPTER_AMQP_BUS_RABBITMQ_H
#define CBX_ADAPTER_AMQP_BUS_RABBITMQ_H

#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/framing.h>
#include <rabbitmq-c/ssl_socket.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#endif

#endif
