/* SPDX-License-Identifier: MIT */
/*
 * tls.h - the certificate of the HTTP server, which can be replaced while it runs
 *
 * There is one per process, since libmicrohttpd's callback has no argument of ours.
 */
#ifndef CBD_TLS_H
#define CBD_TLS_H

#include <chatterbox/error.h>
#include <gnutls/abstract.h>
#include <stdint.h>

/* TLS 1.2 or later, as a GnuTLS priority string */
#define CBD_TLS_PRIORITIES "SECURE128:-VERS-TLS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/* Uses these from now on; if that fails, the previous ones stay in use. @days: how long the
 * certificate is still valid, negative when it has expired. Return: 0, CHATTERBOX_E_CONFIG or
 * -ENOMEM with one line in @error that names the key. */
int cbd_tls_load(const char *cert_path, const char *key_path, int *days,
		 char error[CHATTERBOX_ERROR_TEXT]);
/* When the certificate in use ends, in seconds since the epoch; 0: there is none */
int64_t cbd_tls_ends(void);
/* After the last connection was closed */
void cbd_tls_unload(void);

/* A gnutls_certificate_retrieve_function2, for MHD_OPTION_HTTPS_CERT_CALLBACK */
int cbd_tls_certificate(gnutls_session_t session, const gnutls_datum_t *authorities, int count,
			const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
			gnutls_pcert_st **certificates, unsigned *certificate_count,
			gnutls_privkey_t *key);

#endif
