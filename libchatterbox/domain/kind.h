/* SPDX-License-Identifier: MIT */
/* kind.h - what a status text means to chatterbox (contract 1.3); compared without case */
#ifndef CBX_DOMAIN_KIND_H
#define CBX_DOMAIN_KIND_H

#include <stdbool.h>

enum cbx_kind {
	CBX_OTHER, /* live, neither running nor paused */
	CBX_RUNNING,
	CBX_PAUSED,
	CBX_COMPLETED,
	CBX_ERRORED,
	CBX_KILLED,
};

/* The configured texts (runningKey, ...); borrowed */
struct cbx_kind_keys {
	const char *running;
	const char *paused;
	const char *completed;
	const char *errored;
	const char *killed;
};

enum cbx_kind cbx_kind_of(const struct cbx_kind_keys *keys, const char *status);
/* The texts that may mean @kind: the configured one, then the built-in ones; NULL where there are
 * fewer. cbx_kind_of() says whether each of them does. */
#define CBX_KIND_TEXTS 4
struct cbx_kind_texts {
	const char *texts[CBX_KIND_TEXTS];
};
void cbx_kind_texts(const struct cbx_kind_keys *keys, enum cbx_kind kind,
		    struct cbx_kind_texts *out);
/* "running", "paused", "completed", "errored", "killed", "other" */
const char *cbx_kind_name(enum cbx_kind kind);

static inline bool cbx_kind_is_end(enum cbx_kind kind)
{
	return kind == CBX_COMPLETED || kind == CBX_ERRORED || kind == CBX_KILLED;
}

#endif
