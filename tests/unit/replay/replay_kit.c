// SPDX-License-Identifier: MIT
/* replay_kit.c - plays a text */
#include "replay_kit.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

struct replayed replay_bytes(const char *bytes, size_t len)
{
	/* fmemopen() refuses an empty one */
	FILE *file = fmemopen((void *)(uintptr_t)(len ? bytes : "x"), len ?: 1, "r");
	struct replayed replayed = { 0 };
	struct replay_play play;
	size_t said = 0;
	FILE *out = open_memstream(&replayed.said, &said);

	ck_assert(file && out);
	if (!len)
		fgetc(file);
	replay_play_init(&play, file, "text", out);
	replayed.result = replay_play_run(&play);
	replayed.agreed = play.facts.agreed;
	replayed.differ = play.facts.differ;
	replayed.commits = play.commits;
	replayed.left_out = play.left_out;
	snprintf(replayed.error, sizeof(replayed.error), "%s", play.source.error);
	replay_play_close(&play);
	fclose(out);
	fclose(file);
	return replayed;
}

struct replayed replay_of(const struct cbx_text *text)
{
	return replay_bytes(text->bytes, text->len);
}

void replay_alter(struct cbx_text *text, const char *after, const char *what, const char *with)
{
	char *at = strstr(text->bytes, after);

	ck_assert_msg(at != NULL, "there is no %s", after);
	at = strstr(at, what);
	ck_assert_msg(at != NULL, "there is no %s after %s", what, after);
	ck_assert_uint_eq(strlen(what), strlen(with));
	memcpy(at, with, strlen(with));
}
