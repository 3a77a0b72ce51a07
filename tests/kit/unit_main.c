// SPDX-License-Identifier: MIT
/*
 * unit_main.c - a program of test files: PROGRAM [FILE...] runs those that are named, else all
 *
 * With a name that no file has it fails, so that no test is thought to pass that is not there.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

static struct unit_file *files;

void unit_add_file(struct unit_file *file)
{
	file->next = files;
	files = file;
}

/* "/tree/tests/unit/merge/test_ends.c" is "ends" */
static char *name_of(const struct unit_file *file)
{
	const char *slash = strrchr(file->path, '/');
	const char *name = slash ? slash + 1 : file->path;

	if (!strncmp(name, "test_", 5))
		name += 5;
	return strndup(name, strcspn(name, "."));
}

static int run_file(const struct unit_file *file, const char *name)
{
	Suite *suite = suite_create(name);

	file->fill(suite);
	return unit_run(suite);
}

/* Runs the files called @wanted (NULL: all): how many, or -1 when one fails */
static int run(const char *wanted)
{
	struct unit_file *file;
	int count = 0;

	for (file = files; file; file = file->next) {
		char *name = name_of(file);
		bool chosen = !wanted || !strcmp(wanted, name);

		if (chosen && run_file(file, name) != EXIT_SUCCESS)
			count = -1;
		free(name);
		if (count < 0)
			return count;
		count += chosen;
	}
	return count;
}

int main(int argc, char **argv)
{
	int i;

	if (argc < 2)
		return run(NULL) > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	for (i = 1; i < argc; i++) {
		int count = run(argv[i]);

		if (!count)
			fprintf(stderr, "%s: no test_%s.c is part of this program\n", argv[0],
				argv[i]);
		if (count <= 0)
			return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
