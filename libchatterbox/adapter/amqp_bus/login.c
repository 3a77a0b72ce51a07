// SPDX-License-Identifier: MIT
/*
 * login.c - opens a socket to the broker and logs in
 *
 * A dead peer is noticed within 15 s: a frozen broker by the heartbeat (6 s; librabbitmq gives up
 * after two), a broken path by keepalive while waiting and by TCP_USER_TIMEOUT while sending. The
 * send buffer is larger than what publish.c allows to pile up in it, so writing does not block. The
 * client's capabilities make the broker report alarms and deleted queues.
 * A broker that refuses the login is not tried at its other addresses.
 */
#include "adapter/amqp_bus/connection.h"
#include "common/cleanup.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define HEARTBEAT_SECONDS 6
#define USER_TIMEOUT_MS 10000
#define SEND_BUFFER (256 * 1024)

static bool is_of_tls(int status)
{
	return status <= AMQP_STATUS_SSL_ERROR && status > _AMQP_STATUS_SSL_NEXT_VALUE;
}

/* librabbitmq does not keep errno, but whether we are out of descriptors can be tried */
static const char *why_unreachable(void)
{
	cbx_auto(cbx_closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? chatterbox_strerror(-errno) : "refused or unreachable";
}

static int open_socket(struct cbx_amqp_bus *self)
{
	const struct cbx_target *target = self->target;
	struct timeval left = cbx_amqp_left(self, target->deadline);
	amqp_socket_t *socket = NULL;
	int result = 0;
	int status;

	if (self->options.tls)
		result = cbx_amqp_tls_socket(self, &socket);
	else
		socket = amqp_tcp_socket_new(self->state);
	if (result < 0)
		return result;
	if (!socket)
		return cbx_amqp_lost(self, "connecting", "out of memory");
	status = amqp_socket_open_noblock(socket, target->text, self->options.port, &left);
	if (status == AMQP_STATUS_SOCKET_ERROR)
		return cbx_amqp_lost(self, "connecting", why_unreachable());
	if (is_of_tls(status))
		return cbx_amqp_tls_lost(self);
	if (status != AMQP_STATUS_OK)
		return cbx_amqp_lost_status(self, "connecting", status);
	self->fd = amqp_get_sockfd(self->state);
	return 0;
}

/* Best effort: if one of these is missing, the others notice a dead peer */
static void set_socket(int fd)
{
	const struct {
		int level;
		int name;
		int value;
	} settings[] = {
		{ SOL_SOCKET, SO_SNDBUF, SEND_BUFFER },
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, 10 },
		{ IPPROTO_TCP, TCP_KEEPINTVL, 3 },
		{ IPPROTO_TCP, TCP_KEEPCNT, 3 },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS },
	};
	size_t i;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		(void)setsockopt(fd, settings[i].level, settings[i].name, &settings[i].value,
				 sizeof(settings[i].value));
}

static amqp_table_entry_t text_entry(const char *key, const char *value)
{
	amqp_table_entry_t entry = { .key = amqp_cstring_bytes(key) };

	entry.value.kind = AMQP_FIELD_KIND_UTF8;
	entry.value.value.bytes = amqp_cstring_bytes(value);
	return entry;
}

static amqp_table_entry_t true_entry(const char *key)
{
	amqp_table_entry_t entry = { .key = amqp_cstring_bytes(key) };

	entry.value.kind = AMQP_FIELD_KIND_BOOLEAN;
	entry.value.value.boolean = 1;
	return entry;
}

static amqp_rpc_reply_t send_login(struct cbx_amqp_bus *self)
{
	const struct cbx_amqp_options *options = &self->options;
	amqp_table_entry_t capabilities[] = { true_entry("connection.blocked"),
					      true_entry("consumer_cancel_notify"),
					      true_entry("publisher_confirms"),
					      true_entry("basic.nack") };
	amqp_table_entry_t properties[] = {
		{ .key = amqp_cstring_bytes("capabilities") },
		text_entry("product", "chatterbox"),
		text_entry("connection_name", options->name ? options->name : "chatterbox"),
	};
	const amqp_table_t table = { .num_entries = 3, .entries = properties };

	properties[0].value.kind = AMQP_FIELD_KIND_TABLE;
	properties[0].value.value.table.num_entries = 4;
	properties[0].value.value.table.entries = capabilities;
	return amqp_login_with_properties(self->state, options->vhost, CBX_CHANNEL_MAX,
					  CBX_FRAME_MAX, HEARTBEAT_SECONDS, &table,
					  AMQP_SASL_METHOD_PLAIN, options->user, options->pass);
}

/* Nothing was said: with TLS 1.3 the broker looks at our certificate after the handshake */
static int lose_silently(struct cbx_amqp_bus *self, int status)
{
	const char *said =
		status == AMQP_STATUS_TIMEOUT ? "no answer in time" : amqp_error_string2(status);
	char why[200];

	if (self->options.tls)
		snprintf(why, sizeof(why),
			 "%.80s: is rmq.port (%d) right, and does the broker want a certificate of "
			 "us "
			 "(rmq.tls.cert)?",
			 said, self->options.port);
	else
		snprintf(why, sizeof(why), "%.80s: is rmq.port (%d) its port without TLS?", said,
			 self->options.port);
	return cbx_amqp_lost(self, "logging in", why);
}

static int log_in(struct cbx_amqp_bus *self)
{
	amqp_rpc_reply_t reply = send_login(self);
	char reason[CBX_BUS_SHORT + 16];
	char what[128];
	int code = 0;

	if (reply.reply_type == AMQP_RESPONSE_NORMAL)
		return 0;
	if (reply.reply_type != AMQP_RESPONSE_SERVER_EXCEPTION)
		return lose_silently(self, reply.library_error);
	cbx_amqp_close_text(&reply.reply, reason, sizeof(reason), &code);
	snprintf(what, sizeof(what), "login of user '%.64s' refused", self->options.user);
	cbx_amqp_lost(self, what, reason);
	/* 403: user or password; 530: the vhost */
	return code == AMQP_ACCESS_REFUSED || code == AMQP_NOT_ALLOWED ? CHATTERBOX_E_REFUSED
								       : CHATTERBOX_E_DOWN;
}

static int try_target(struct cbx_amqp_bus *self)
{
	struct timeval left;
	int result;

	self->state = amqp_new_connection();
	if (!self->state)
		return cbx_amqp_lost(self, "connecting", "out of memory");
	result = open_socket(self);
	if (result < 0)
		return result;
	set_socket(self->fd);
	left = cbx_amqp_left(self, self->target->deadline);
	amqp_set_handshake_timeout(self->state, &left);
	amqp_set_rpc_timeout(self->state, &left);
	return log_in(self);
}

int cbx_amqp_login(struct cbx_amqp_bus *self, uint64_t deadline)
{
	char why[160];
	int result = cbx_dial_begin(self->dial, deadline, why, sizeof(why));

	if (result < 0) {
		cbx_amqp_say(self, "connecting", *why ? why : chatterbox_strerror(result));
		return result;
	}
	result = CHATTERBOX_E_DOWN;
	while (result == CHATTERBOX_E_DOWN && (self->target = cbx_dial_next(self->dial)))
		result = try_target(self);
	self->target = NULL;
	if (!result)
		cbx_dial_serves(self->dial);
	return result;
}
