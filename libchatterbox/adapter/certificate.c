// SPDX-License-Identifier: MIT
/* certificate.c - reads the ends of certificates with OpenSSL */
#include "port/certificate.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <time.h>

int64_t cbx_certificate_ends(const X509 *certificate)
{
	struct tm end;

	if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1)
		return 0;
	return timegm(&end);
}

int64_t cbx_certificate_first(int64_t one, int64_t other)
{
	if (!one || !other)
		return one ? one : other;
	return one < other ? one : other;
}

int64_t cbx_certificate_of(const SSL *connection)
{
	X509 *theirs = SSL_get_peer_certificate(connection);
	int64_t end = cbx_certificate_ends(theirs);

	X509_free(theirs);
	return cbx_certificate_first(end, cbx_certificate_ends(SSL_get_certificate(connection)));
}
