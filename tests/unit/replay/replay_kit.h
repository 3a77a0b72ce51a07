/* SPDX-License-Identifier: MIT */
/* replay_kit.h - plays a text, and says what came of it */
#ifndef CBX_TESTS_REPLAY_KIT_H
#define CBX_TESTS_REPLAY_KIT_H

#include "common/text.h"
#include "play.h"

struct replayed {
	int result;
	uint64_t agreed, differ, commits, left_out;
	char error[REPLAY_ERROR]; /* "text: line 3 (byte 120): …", or "" */
	char *said;               /* what it wrote about what differs; free() it */
};

struct replayed replay_bytes(const char *bytes, size_t len);
struct replayed replay_of(const struct cbx_text *text);
/* In place: the text from the first @what after the first @after; both are there, and as long as
 * each other */
void replay_alter(struct cbx_text *text, const char *after, const char *what, const char *with);

#endif
