/* SPDX-License-Identifier: MIT */
/*
 * fuzz.h - what a fuzz target is, and what several of them assert
 *
 * A target takes any bytes and asserts what holds of every input: not only that nothing crashes.
 * Built with clang and -Dfuzz=true it is searched by libFuzzer; otherwise standalone.c runs it over
 * the inputs that are kept in corpus/.
 */
#ifndef CBX_TESTS_FUZZ_H
#define CBX_TESTS_FUZZ_H

#include "common/cleanup.h"
#include "domain/status.h"

#include <jansson.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Of targets that need something made once */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Says what is wrong and aborts: a finding, for libFuzzer and for meson alike */
#define FUZZ_CHECK(condition)                                      \
	do {                                                       \
		if (!(condition))                                  \
			fuzz_fail(__FILE__, __LINE__, #condition); \
	} while (0)
void fuzz_fail(const char *file, int line, const char *what) __attribute__((noreturn));

/* An input, taken from its front */
struct fuzz_input {
	const char *at;
	size_t left;
};

struct fuzz_input fuzz_input(const uint8_t *data, size_t size);
/* The next byte, modulo @below; 0 when there is none */
unsigned fuzz_pick(struct fuzz_input *in, unsigned below);
/* The bytes up to the next newline (or the end), without NULs, as an allocated text; free() it */
char *fuzz_line(struct fuzz_input *in);

/* The text as jansson reads it; NULL when JSON allows what jansson can't hold (1e400, a lone
 * surrogate). What is no JSON at all is a finding. */
json_t *fuzz_json(const char *text, size_t len);
bool fuzz_is_beyond_jansson(const json_error_t *error);
/* Whatever holds of each status: its JSON is canonical, its fields say the same */
void fuzz_check_status(const struct cbx_status *status);
/* What it passes through is in @bytes as it is */
void fuzz_check_verbatim(const struct cbx_status *status, const void *bytes, size_t len);
/* What the poller's own thread adds to the kit's world when it begins */
void fuzz_world_controllers(void);

#endif
