// SPDX-License-Identifier: MIT
/*
 * fuzz_recording.c - any bytes as a recording: they are played, or refused with their line
 *
 * Whatever is in it, what was told and what is told are compared, and nothing is left behind.
 */
#include "fuzz.h"

#include "play.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct replay_play play;
	char *said = NULL;
	size_t said_len = 0;
	FILE *file;
	FILE *out;
	int result;

	/* fmemopen() takes no empty one */
	if (!size)
		return 0;
	file = fmemopen((void *)(uintptr_t)data, size, "r");
	out = open_memstream(&said, &said_len);
	FUZZ_CHECK(file && out);
	replay_play_init(&play, file, "it", out);
	result = replay_play_run(&play);
	FUZZ_CHECK(!result || result == CHATTERBOX_E_DECODE);
	FUZZ_CHECK(!result == !*play.source.error);
	FUZZ_CHECK(!result || (!strncmp(play.source.error, "it: line ", 9) &&
			       strstr(play.source.error, " (byte ")));
	FUZZ_CHECK(play.source.read <= size && (result || play.source.read == size));
	replay_play_close(&play);
	FUZZ_CHECK(!play.world.directory[0]);
	fclose(out);
	fclose(file);
	FUZZ_CHECK(!memchr(said, '\x1b', said_len));
	free(said);
	return 0;
}
