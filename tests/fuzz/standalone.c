// SPDX-License-Identifier: MIT
/*
 * standalone.c - a fuzz target as a plain test: over the files and directories that it is given
 *
 * Each input lies in a block of exactly its size, so that sanitizers and valgrind see the byte
 * after it. Of short ones every beginning is an input, too.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define WHOLE_ONLY 512 /* longer ones are not cut */

#pragma weak LLVMFuzzerInitialize

static unsigned long inputs;

static void run(const char *bytes, size_t len)
{
	uint8_t *room = malloc(1 + len);
	uint8_t *exact = room + 1; /* ends where the room does, also when it is empty */

	FUZZ_CHECK(room);
	memcpy(exact, bytes, len);
	LLVMFuzzerTestOneInput(exact, len);
	free(room);
	inputs++;
}

static void run_file(const char *path, bool beginnings)
{
	static char bytes[1 << 20];
	FILE *file = fopen(path, "rb");
	size_t len;
	size_t cut;

	FUZZ_CHECK(file);
	len = fread(bytes, 1, sizeof(bytes), file);
	FUZZ_CHECK(!ferror(file) && len < sizeof(bytes));
	fclose(file);
	/* a finding tells its input by what was said last */
	printf("%s\n", path);
	fflush(stdout);
	for (cut = 0; beginnings && len <= WHOLE_ONLY && cut < len; cut++)
		run(bytes, cut);
	run(bytes, len);
}

static void run_path(const char *path, bool beginnings)
{
	struct dirent **names = NULL;
	struct stat found;
	char *inner;
	int count;
	int i;

	FUZZ_CHECK(!stat(path, &found));
	if (!S_ISDIR(found.st_mode)) {
		run_file(path, beginnings);
		return;
	}
	count = scandir(path, &names, NULL, alphasort);
	for (i = 0; i < count; i++) {
		if (names[i]->d_name[0] != '.') {
			FUZZ_CHECK(asprintf(&inner, "%s/%s", path, names[i]->d_name) > 0);
			run_path(inner, beginnings);
			free(inner);
		}
		free(names[i]);
	}
	free(names);
}

/* [-b] PATH...: -b runs the beginnings of short inputs, too */
int main(int argc, char **argv)
{
	bool beginnings = argc > 1 && !strcmp(argv[1], "-b");
	int i;

	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	run("", 0);
	for (i = beginnings ? 2 : 1; i < argc; i++)
		run_path(argv[i], beginnings);
	printf("%lu inputs\n", inputs);
	return inputs > 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
