/* SPDX-License-Identifier: MIT */
/*
 * slots.h - what the files of this room share: values with their precedence, and problems
 *
 * Each key has one slot for its effective value. Which of several values wins depends on where it
 * comes from, not on the order of calls: first on its source, then on its place. Any environment
 * variable wins over any file; within one source, a member of "chatterbox" wins over the shared
 * section. So NLCONF_RMQ__HOST wins over chatterbox.rmq.host in the file: a variable set for this
 * process is meant for it.
 */
#ifndef CBX_CONFIG_SLOTS_H
#define CBX_CONFIG_SLOTS_H

#include "common/cleanup.h"
#include "common/json.h"
#include "common/text.h"
#include "config/keys.h"

#include <chatterbox/config.h>

enum cbx_source { CBX_SOURCE_DEFAULT, CBX_SOURCE_FILE, CBX_SOURCE_ENVIRONMENT, CBX_SOURCE_OPTION };

/* Where a value comes from */
struct cbx_value_source {
	enum cbx_source source;
	const char *name; /* "file /etc/…", "environment NLCONF_X", "option --log-level" */
	bool fold;        /* the case of letters in its paths does not matter */
	/* 0: the key itself was written; else it follows from another (foreign.c), the less surely
	 * the larger, 3 at most */
	unsigned implied;
};

struct cbx_value {
	char *text;     /* texts, names, choices; NULL = unset */
	int64_t number; /* integers, durations (ms), flags */
	char **items;   /* lists */
	size_t count;
};

struct cbx_slot {
	struct cbx_value value;
	int64_t number; /* value.number after the cross checks */
	unsigned rank;
	char *from; /* NULL = the default */
	bool lowered;
};

/* One of OCD's keys that chatterbox can't do as it says */
struct cbx_refused {
	char *text; /* NULL: not given, or taken back */
	unsigned rank;
};

#define CBX_REFUSALS 10

struct cbx_problem {
	char *text;
	enum chatterbox_problem_kind kind;
};

struct cbx_problems {
	struct cbx_problem *items;
	size_t count;
	size_t capacity;
};

struct cbx_text;

struct chatterbox_config {
	int references;
	bool is_ocds;                             /* a file has app_meta: it is OCD's own */
	struct cbx_slot *slots;                   /* one a key, in the table's order */
	struct cbx_refused refused[CBX_REFUSALS]; /* in the order of foreign.c */
	struct cbx_problems laid;                 /* found while values were applied */
	struct cbx_problems crossed;              /* found by the cross checks, now */
};

#define CBX_IMPLIED_MOST 3

/* The precedence of a value from there; @overlay: its path began with "chatterbox." */
static inline unsigned cbx_value_rank(const struct cbx_value_source *from, bool overlay)
{
	return ((unsigned)from->source * 2 + (overlay ? 1 : 0)) * (CBX_IMPLIED_MOST + 1) +
	       CBX_IMPLIED_MOST - from->implied;
}

/* Does @rank come from a stronger source, or from inside "chatterbox" against outside? */
static inline bool cbx_rank_is_above(unsigned rank, unsigned other)
{
	return rank / (CBX_IMPLIED_MOST + 1) > other / (CBX_IMPLIED_MOST + 1);
}

void cbx_value_clear(struct cbx_value *value);
/* Reads @json as a value of @key. Return: 0, CHATTERBOX_E_CONFIG when it is not one, -ENOMEM. If it
 * is unset, or an empty text for a key that can't be empty, *reset is true and there is no value.
 */
int cbx_value_read(const struct cbx_key *key, const json_t *json, struct cbx_value *out,
		   bool *reset);
/* Reads one server of a list (nodes.c): "host:port". Return as above. */
int cbx_node_read(const struct cbx_key *key, const json_t *json, char **out);
/* Turns the text of a variable, an option or a default into JSON as @key needs it; the caller owns
 * it. Return: 0, CHATTERBOX_E_CONFIG when it is not UTF-8, -ENOMEM. */
int cbx_value_parse(const struct cbx_key *key, const char *text, json_t **out);
/* Is it a host with more in it than a host, or else a URL with a user in it? It may hold a
 * password. */
bool cbx_value_is_url(const struct cbx_key *key, const json_t *json);
/* "an integer 1..65535", "redis or memory" */
int cbx_value_takes(const struct cbx_key *key, char **out);
/* The value as JSON text; a secret is "***" */
void cbx_value_show(struct cbx_text *text, const struct cbx_key *key, const struct cbx_slot *slot);

/* Replaces control characters and invalid UTF-8 by '?' */
void cbx_text_clean(char *text);
/* Return: 0 or -ENOMEM. @format makes one line; control characters are replaced. */
int cbx_problem_add(struct cbx_problems *problems, enum chatterbox_problem_kind kind,
		    const char *format, ...) __attribute__((format(printf, 3, 4)));
void cbx_problems_clear(struct cbx_problems *problems);
/* "path: got …, takes … (from …)"; @got NULL = bytes that are no UTF-8 */
int cbx_problem_wrong(struct chatterbox_config *config, const struct cbx_key *key, bool overlay,
		      const json_t *got, const struct cbx_value_source *from);
int cbx_problem_type(struct chatterbox_config *config, const char *path, const json_t *got,
		     const char *takes, const struct cbx_value_source *from);
/* @path is unknown: a warning; for an option an error */
int cbx_problem_unknown(struct chatterbox_config *config, const char *path,
			const struct cbx_value_source *from);

/* These return 0, even when they find problems, or -ENOMEM. */
int cbx_config_apply_default(struct chatterbox_config *config, const struct cbx_key *key,
			     unsigned rank);
/* Applies a value to @path: a key, a section, or something unknown */
int cbx_config_apply_path(struct chatterbox_config *config, const char *path, json_t *json,
			  const struct cbx_value_source *from);
/* Applies the members of a section; "" = of the whole object */
int cbx_config_apply_members(struct chatterbox_config *config, const char *section, json_t *json,
			     const struct cbx_value_source *from);
/* Applies a text that may be JSON */
int cbx_config_apply_text(struct chatterbox_config *config, const char *path, const char *text,
			  const struct cbx_value_source *from);
/* What one of OCD's keys means here */
enum cbx_foreign_kind {
	CBX_FOREIGN_UNKNOWN, /* it is none of theirs */
	CBX_FOREIGN_IGNORED, /* nothing, or it is refused (cbx_config_refuse_foreign) */
	CBX_FOREIGN_VALUE,   /* our key @path gets @text, NULL: the same value */
	CBX_FOREIGN_WRONG,   /* it takes @text */
};

struct cbx_foreign {
	enum cbx_foreign_kind kind;
	char path[CBX_KEY_PATH];
	const char *text;
	unsigned implied; /* of the source */
	bool overlay;
	bool enter;                 /* then the members of @section count */
	char section[CBX_KEY_PATH]; /* as the file writes it */
};

/* Reads what OCD's libraries read; @json NULL = bytes that are no UTF-8. Return: 0 or -ENOMEM. */
int cbx_foreign_read(struct chatterbox_config *config, const char *path, const json_t *json,
		     const struct cbx_value_source *from, struct cbx_foreign *out);
/* Applies the content of a file; CHATTERBOX_E_CONFIG when it is not a JSON object */
int cbx_config_apply_bytes(struct chatterbox_config *config, const char *bytes, size_t len,
			   const char *path);
/* Checks what two keys together don't allow */
int cbx_config_cross(struct chatterbox_config *config);
/* Part of it, in foreign.c: refuses what would connect elsewhere, or in another way, than OCD does
 */
int cbx_config_refuse_foreign(struct chatterbox_config *config);
/* Part of it, in web.c: what http_server's prefix and origins must look like */
int cbx_config_check_web(struct chatterbox_config *config);
/* Part of it, in files.c: the files that the servers' libraries read */
int cbx_config_check_files(struct chatterbox_config *config);
/* Part of it, in warn_insecure.c: warns of what crosses a network unprotected */
int cbx_config_warn_insecure(struct chatterbox_config *config);
int cbx_config_warn_shared(struct chatterbox_config *config);
/* Can @host, or each of several by comma, only be this machine? NULL is. */
bool cbx_config_host_is_near(const char *host);

/* Reads a file of @most bytes at most. Return: 0, -errno, -EFBIG. The caller wipes the content. */
struct cbx_bytes {
	char *at; /* NUL-terminated */
	size_t len;
};
int cbx_bytes_read(const char *path, size_t most, struct cbx_bytes *out);
void cbx_bytes_wipe(struct cbx_bytes *bytes);

#endif
