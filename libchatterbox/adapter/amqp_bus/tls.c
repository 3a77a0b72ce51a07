// SPDX-License-Identifier: MIT
/*
 * tls.c - TLS to the broker, which has to prove that it is the host that was configured
 *
 * librabbitmq connects to an address here (names are looked up elsewhere) and would compare the
 * certificate with that. So OpenSSL is told the name, through the context that librabbitmq gives
 * out: for the check, which then is part of the handshake, and for SNI, which librabbitmq sets to
 * the address just before the handshake begins.
 */
#include "adapter/amqp_bus/connection.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "port/certificate.h"

#include <chatterbox/error.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SYSTEM_CA "/etc/ssl/certs/ca-certificates.crt"

static const char *ca_of(const struct cbx_amqp_bus *self)
{
	return self->options.tls_ca ? self->options.tls_ca : SYSTEM_CA;
}

static struct cbx_amqp_bus *bus_of(const SSL *ssl)
{
	return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

/* Names are compared as names, addresses as addresses */
static bool expect_host(SSL_CTX *context, const char *host)
{
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(context);

	if (X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1)
		return true;
	ERR_clear_error();
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return X509_VERIFY_PARAM_set1_host(param, host, 0) == 1;
}

/* Called for every handshake and alert of the connection, those after the dial too: a target is
 * only there while it is dialled */
static void set_sni(const SSL *ssl, int where, int result)
{
	const struct cbx_target *target = bus_of(ssl)->target;
	bool is_name;

	(void)result;
	if (!target || !(where & SSL_CB_HANDSHAKE_START))
		return;
	is_name = strcmp(target->host, target->text) != 0;
	/* OpenSSL copies the name; an address is none */
	SSL_set_tlsext_host_name((SSL *)(uintptr_t)ssl,
				 is_name ? (char *)(uintptr_t)target->host : NULL);
}

static int note_verdict(int ok, X509_STORE_CTX *store)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());

	if (!ok)
		bus_of(ssl)->verdict = X509_STORE_CTX_get_error(store);
	else if (!X509_STORE_CTX_get_error_depth(store))
		bus_of(ssl)->bus.certificate_ends = cbx_certificate_first(
			cbx_certificate_ends(X509_STORE_CTX_get_current_cert(store)),
			cbx_certificate_ends(SSL_get_certificate(ssl)));
	return ok;
}

/* OpenSSL would ask at the terminal for the passphrase of a key */
static int no_passphrase(char *text, int size, int writes, void *user)
{
	(void)text;
	(void)size;
	(void)writes;
	(void)user;
	return -1;
}

static int refuse_file(struct cbx_amqp_bus *self, const char *what, const char *path,
		       const char *trouble)
{
	char why[300];

	ERR_clear_error();
	snprintf(why, sizeof(why), "%.200s%s%s", path, trouble ? ": " : "", trouble ? trouble : "");
	cbx_amqp_lost(self, what, why);
	return CHATTERBOX_E_CONFIG;
}

/* The authorities that the broker is checked against, and what we show it */
static int load_files(struct cbx_amqp_bus *self, amqp_socket_t *socket)
{
	const struct cbx_amqp_options *options = &self->options;
	const char *const files[] = { ca_of(self), options->tls_cert, options->tls_key };
	const char *trouble;
	size_t i;

	for (i = 0; i < CBX_COUNT(files); i++) {
		trouble = cbx_file_trouble(files[i]);
		if (trouble)
			return refuse_file(self, "TLS: rmq.tls: cannot read", files[i], trouble);
	}
	if (amqp_ssl_socket_set_cacert(socket, ca_of(self)) != AMQP_STATUS_OK)
		return refuse_file(self, "TLS: rmq.tls.ca: cannot read certificates from",
				   ca_of(self), NULL);
	if (options->tls_cert &&
	    amqp_ssl_socket_set_key(socket, options->tls_cert, options->tls_key) != AMQP_STATUS_OK)
		return refuse_file(self,
				   "TLS: rmq.tls.cert, rmq.tls.key: not a certificate and its key "
				   "without a passphrase",
				   options->tls_cert, options->tls_key);
	return 0;
}

int cbx_amqp_tls_socket(struct cbx_amqp_bus *self, amqp_socket_t **out)
{
	amqp_socket_t *socket = amqp_ssl_socket_new(self->state);
	SSL_CTX *context = socket ? amqp_ssl_socket_get_context(socket) : NULL;
	int result;

	self->verdict = X509_V_OK;
	if (!context || !expect_host(context, self->target->host))
		return cbx_amqp_lost(self, "connecting", "out of memory");
	SSL_CTX_set_app_data(context, self);
	SSL_CTX_set_info_callback(context, set_sni);
	SSL_CTX_set_default_passwd_cb(context, no_passphrase);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, note_verdict);
	amqp_ssl_socket_set_verify_peer(socket, 1);
	amqp_ssl_socket_set_verify_hostname(socket, 0); /* it would compare the address */
	if (amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST) !=
	    AMQP_STATUS_OK) {
		cbx_amqp_lost(self, "TLS", "this librabbitmq cannot speak TLS 1.2");
		return CHATTERBOX_E_CONFIG;
	}
	result = load_files(self, socket);
	if (result)
		return result;
	*out = socket;
	return 0;
}

int cbx_amqp_tls_lost(struct cbx_amqp_bus *self)
{
	char why[400];

	ERR_clear_error();
	if (self->verdict == X509_V_ERR_HOSTNAME_MISMATCH ||
	    self->verdict == X509_V_ERR_IP_ADDRESS_MISMATCH)
		snprintf(why, sizeof(why),
			 "its certificate is for another name than rmq.host: give rmq.host the "
			 "name that the certificate has");
	else if (self->verdict != X509_V_OK)
		snprintf(why, sizeof(why),
			 "its certificate has expired, or none in rmq.tls.ca (%.100s) has signed "
			 "it (%.60s); see openssl s_client -connect %.64s:%d",
			 ca_of(self), X509_verify_cert_error_string(self->verdict),
			 self->target->host, self->options.port);
	else
		snprintf(why, sizeof(why),
			 "no handshake: is rmq.port (%d) the port for TLS, and does the broker "
			 "speak TLS 1.2 or later?",
			 self->options.port);
	return cbx_amqp_lost(self, "TLS", why);
}
