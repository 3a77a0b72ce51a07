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
/* "running", "paused", "completed", "errored", "killed", "other" */
const char *cbx_kind_name(enum cbx_kind kind);

static inline bool cbx_kind_is_end(enum cbx_kind kind)
{
	return kind == CBX_COMPLETED || kind == CBX_ERRORED || kind == CBX_KILLED;
}

#endif
