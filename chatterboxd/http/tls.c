// SPDX-License-Identifier: MIT
/*
 * tls.c - reads a certificate and its key, and gives them to GnuTLS's handshakes
 *
 * A handshake that has begun keeps its certificate: a replaced one is freed only when no handshake
 * can be that old.
 */
#include "tls.h"

#include "common/cleanup.h"
#include "deadline.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/x509.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define PEM_MAX ((size_t)65536)
#define PATIENCE_MS 1000
#define CHAIN_MAX 8
#define KEPT_MS (4 * (int64_t)CBD_DEADLINE_REQUEST_MS)

struct shown {
	struct shown *next; /* the one before it */
	int64_t replaced_ms;
	gnutls_pcert_st chain[CHAIN_MAX];
	unsigned count;
	gnutls_privkey_t key;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct shown *present;

static void shown_free(struct shown *shown)
{
	unsigned i;

	for (i = 0; i < shown->count; i++)
		gnutls_pcert_deinit(&shown->chain[i]);
	if (shown->key)
		gnutls_privkey_deinit(shown->key);
	free(shown);
}

static void shown_freep(struct shown **shown)
{
	if (*shown)
		shown_free(*shown);
}

static void pem_wipe(gnutls_datum_t *pem)
{
	if (pem->data)
		explicit_bzero(pem->data, PEM_MAX);
	free(pem->data);
}

static int refuse(char error[CHATTERBOX_ERROR_TEXT], const char *key, const char *path,
		  const char *why)
{
	snprintf(error, CHATTERBOX_ERROR_TEXT, "%s: can't use %s: %s", key, path, why);
	return CHATTERBOX_E_CONFIG;
}

/* Without stdio, whose buffer would keep a copy of the key */
static int read_pem(const char *key, const char *path, gnutls_datum_t *pem,
		    char error[CHATTERBOX_ERROR_TEXT])
{
	/* opening and reading a FIFO must not block the main thread */
	cbx_auto(cbx_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	int64_t end = cbd_monotonic_ms() + PATIENCE_MS;
	ssize_t got = 1;

	if (fd < 0)
		return refuse(error, key, path, strerror(errno));
	pem->data = calloc(1, PEM_MAX);
	if (!pem->data)
		return -ENOMEM;
	while (got > 0 && pem->size < PEM_MAX) {
		int64_t left = end - cbd_monotonic_ms();

		if (left <= 0 || poll(&ready, 1, (int)left) == 0)
			return refuse(error, key, path,
				      "it is a pipe, and nothing comes out of it");
		got = read(fd, pem->data + pem->size, PEM_MAX - pem->size);
		pem->size += got > 0 ? (unsigned)got : 0;
	}
	if (got < 0)
		return refuse(error, key, path, strerror(errno));
	if (!pem->size || pem->size == PEM_MAX)
		return refuse(error, key, path, pem->size ? "it is too large" : "it is empty");
	return 0;
}

/* 0 when that can't be read */
static time_t end_of(const gnutls_pcert_st *certificate)
{
	gnutls_x509_crt_t crt = NULL;
	time_t end = 0;

	if (gnutls_x509_crt_init(&crt) < 0)
		return 0;
	if (gnutls_x509_crt_import(crt, &certificate->cert, GNUTLS_X509_FMT_DER) >= 0)
		end = gnutls_x509_crt_get_expiration_time(crt);
	gnutls_x509_crt_deinit(crt);
	return end == (time_t)-1 ? 0 : end;
}

static int days_left(const gnutls_pcert_st *certificate)
{
	time_t left = end_of(certificate) - time(NULL);

	return (int)(left / 86400) - (left < 0);
}

/* Does the key belong to the certificate? */
static bool belong_together(const struct shown *shown)
{
	unsigned char ids[2][64];
	size_t sizes[2] = { sizeof(ids[0]), sizeof(ids[1]) };
	gnutls_pubkey_t public = NULL;
	bool same;

	if (gnutls_pubkey_init(&public) < 0)
		return false;
	same = gnutls_pubkey_import_privkey(public, shown->key, 0, 0) >= 0 &&
	       gnutls_pubkey_get_key_id(public, GNUTLS_KEYID_USE_SHA256, ids[0], &sizes[0]) >= 0 &&
	       gnutls_pubkey_get_key_id(shown->chain[0].pubkey, GNUTLS_KEYID_USE_SHA256, ids[1],
					&sizes[1]) >= 0 &&
	       sizes[0] == sizes[1] && !memcmp(ids[0], ids[1], sizes[0]);
	gnutls_pubkey_deinit(public);
	return same;
}

static int read_pair(struct shown *shown, const char *cert_path, const char *key_path,
		     char error[CHATTERBOX_ERROR_TEXT])
{
	static const char cert_name[] = "http_server.tls.cert";
	static const char key_name[] = "http_server.tls.key";
	cbx_auto(pem_wipe) gnutls_datum_t cert = { 0 };
	cbx_auto(pem_wipe) gnutls_datum_t key = { 0 };
	unsigned count = CHAIN_MAX;
	int result = read_pem(cert_name, cert_path, &cert, error);

	if (!result)
		result = read_pem(key_name, key_path, &key, error);
	if (result < 0)
		return result;
	result = gnutls_pcert_list_import_x509_raw(shown->chain, &count, &cert, GNUTLS_X509_FMT_PEM,
						   0);
	if (result < 0)
		return refuse(error, cert_name, cert_path, gnutls_strerror(result));
	shown->count = count;
	result = gnutls_privkey_init(&shown->key);
	if (result >= 0)
		result = gnutls_privkey_import_x509_raw(shown->key, &key, GNUTLS_X509_FMT_PEM, NULL,
							0);
	if (result < 0)
		return refuse(error, key_name, key_path, gnutls_strerror(result));
	if (!belong_together(shown))
		return refuse(error, key_name, key_path,
			      "it is not the key of the certificate in http_server.tls.cert");
	return 0;
}

/* Call with the lock held: frees what no handshake can be using any more */
static void forget(int64_t now)
{
	struct shown **at = &present->next;

	while (*at) {
		struct shown *old = *at;

		if (now - old->replaced_ms < KEPT_MS) {
			at = &old->next;
			continue;
		}
		*at = old->next;
		shown_free(old);
	}
}

int cbd_tls_load(const char *cert_path, const char *key_path, int *days,
		 char error[CHATTERBOX_ERROR_TEXT])
{
	cbx_auto(shown_freep) struct shown *shown = calloc(1, sizeof(*shown));
	int64_t now = cbd_monotonic_ms();
	int result = shown ? read_pair(shown, cert_path, key_path, error) : -ENOMEM;

	if (result < 0)
		return result;
	*days = days_left(&shown->chain[0]);
	pthread_mutex_lock(&lock);
	if (present)
		present->replaced_ms = now;
	shown->next = present;
	present = cbx_steal(shown);
	forget(now);
	pthread_mutex_unlock(&lock);
	return 0;
}

int64_t cbd_tls_ends(void)
{
	int64_t ends;

	pthread_mutex_lock(&lock);
	ends = present ? end_of(&present->chain[0]) : 0;
	pthread_mutex_unlock(&lock);
	return ends;
}

void cbd_tls_unload(void)
{
	pthread_mutex_lock(&lock);
	while (present) {
		struct shown *next = present->next;

		shown_free(present);
		present = next;
	}
	pthread_mutex_unlock(&lock);
}

int cbd_tls_certificate(gnutls_session_t session, const gnutls_datum_t *authorities, int count,
			const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
			gnutls_pcert_st **certificates, unsigned *certificate_count,
			gnutls_privkey_t *key)
{
	(void)session;
	(void)authorities;
	(void)count;
	(void)algorithms;
	(void)algorithm_count;
	pthread_mutex_lock(&lock);
	*certificates = present->chain;
	*certificate_count = present->count;
	*key = present->key;
	pthread_mutex_unlock(&lock);
	return 0;
}
