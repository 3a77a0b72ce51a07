// SPDX-License-Identifier: MIT
/*
 * tls.c - TLS to Redis, if hiredis was built with it
 *
 * hiredis' own contexts don't check names, so the handshake is prepared here: TLS 1.2 or later, and
 * a certificate for the requested host, signed by an authority that we trust.
 */
#include "adapter/redis_state/link.h"
#include "common/file.h"
#include "port/certificate.h"

#include <chatterbox/error.h>

#ifdef CBX_REDIS_TLS
#include <errno.h>
#include <hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

CBX_DEFINE_CLEANUP(SSL_CTX *, SSL_CTX_free)
CBX_DEFINE_CLEANUP(SSL *, SSL_free)

static int make_context(struct cbx_redis *me, SSL_CTX **out)
{
	cbx_auto(SSL_CTX_freep) SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	const char *trouble = cbx_file_trouble(me->tls_ca);
	bool trusts;

	if (!context)
		return -ENOMEM;
	trusts = trouble      ? false
		 : me->tls_ca ? SSL_CTX_load_verify_locations(context, me->tls_ca, NULL) == 1
			      : SSL_CTX_set_default_verify_paths(context) == 1;
	if (!trusts) {
		ERR_clear_error();
		cbx_redis_say(me, "TLS: redis.tls.ca: cannot read certificates from %s%s%s",
			      me->tls_ca ? me->tls_ca : "the system's", trouble ? ": " : "",
			      trouble ? trouble : "");
		return CHATTERBOX_E_DOWN;
	}
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	*out = cbx_steal(context);
	return 0;
}

/* Names are compared as names, addresses as addresses */
static bool expect_host(SSL *ssl, const char *host)
{
	if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1)
		return true;
	ERR_clear_error();
	return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

static int refuse(struct cbx_redis *me, const SSL *ssl)
{
	long why = SSL_get_verify_result(ssl);

	ERR_clear_error();
	if (why != X509_V_OK)
		cbx_redis_say(me, "TLS: its certificate: %s; redis.host is %.60s, redis.tls.ca %s",
			      X509_verify_cert_error_string(why), me->target->host,
			      me->tls_ca ? me->tls_ca : "is not set");
	else
		cbx_redis_say(me,
			      "TLS: no handshake: is redis.port (%d) the port for TLS, and does "
			      "Redis speak TLS 1.2 or later?",
			      me->port);
	return CHATTERBOX_E_DOWN;
}

int cbx_redis_secure(struct cbx_redis *me)
{
	cbx_auto(SSL_CTX_freep) SSL_CTX *context = NULL;
	cbx_auto(SSL_freep) SSL *ssl = NULL;
	int error = make_context(me, &context);

	if (error)
		return error;
	ssl = SSL_new(context);
	if (!ssl || !expect_host(ssl, me->target->host))
		return -ENOMEM;
	/* on success hiredis owns it */
	if (redisInitiateSSL(me->context, ssl) != REDIS_OK)
		return refuse(me, ssl);
	me->base.certificate_ends = cbx_certificate_of(cbx_steal(ssl));
	return 0;
}

#else

int cbx_redis_secure(struct cbx_redis *me)
{
	cbx_redis_say(me, "redis.tls: this hiredis has no TLS");
	return CHATTERBOX_E_CONFIG;
}

#endif
