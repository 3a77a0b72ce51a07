/* SPDX-License-Identifier: MIT */
/* line.h - reads the lines of a recording, and takes one apart: its members, each as it stands
 * there */
#ifndef REPLAY_LINE_H
#define REPLAY_LINE_H

#include "decode/json.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define REPLAY_MEMBERS 48
#define REPLAY_ERROR 512

struct replay_line {
	uint64_t number; /* of the line in its file, from 1 */
	uint64_t offset; /* of its first byte */
	size_t count;
	struct replay_member {
		struct cbx_json name;
		struct cbx_json value;
		char *text; /* a copy of a string, made when it is asked for */
	} members[REPLAY_MEMBERS];
	struct cbx_json_doc doc;
};

struct replay_source {
	FILE *file;
	const char *name;
	char *buffer;
	size_t capacity;
	uint64_t read; /* bytes */
	struct replay_line line;
	char error[REPLAY_ERROR]; /* of the last failure, with the line and its offset */
};

/* @file is borrowed, @name is how messages call it */
void replay_source_init(struct replay_source *source, FILE *file, const char *name);
void replay_source_close(struct replay_source *source);
/* 1 = the next line is in source->line; 0 = there is none. CHATTERBOX_E_DECODE: it is no line of a
 * recording; -ENOMEM, -errno: it can't be read. */
int replay_next(struct replay_source *source);
/* Says of the present line what is wrong with it; returns CHATTERBOX_E_DECODE */
int replay_refuse(struct replay_source *source, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* These find a member; they are NULL or false when it is absent or of another type. */
const struct cbx_json *replay_member(const struct replay_line *line, const char *name);
const char *replay_text(struct replay_line *line, const char *name);
bool replay_number(const struct replay_line *line, const char *name, int64_t *out);
bool replay_time(const struct replay_line *line, const char *name, uint64_t *ns);
bool replay_flag(const struct replay_line *line, const char *name);
bool replay_is(struct replay_line *line, const char *name, const char *text);

#endif
