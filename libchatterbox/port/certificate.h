/* SPDX-License-Identifier: MIT */
/*
 * certificate.h - when the certificates of a connection end
 *
 * For the adapters, whose libraries all leave TLS to OpenSSL. Its types are named here, and known
 * to adapter/certificate.c alone.
 */
#ifndef CBX_PORT_CERTIFICATE_H
#define CBX_PORT_CERTIFICATE_H

#include <stdint.h>

struct ssl_st;
struct x509_st;

/* Seconds since the epoch; 0: there is none, or it does not say */
int64_t cbx_certificate_ends(const struct x509_st *certificate);
/* The earlier of two ends, of which 0 is none */
int64_t cbx_certificate_first(int64_t one, int64_t other);
/* Which ends first: that of the other side, or the one that we have shown it */
int64_t cbx_certificate_of(const struct ssl_st *connection);

#endif
