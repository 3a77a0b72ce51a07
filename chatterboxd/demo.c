// SPDX-License-Identifier: MIT
/*
 * demo.c - the private temporary directory of the demo's SQLite file
 *
 * The paths are prepared in static storage, so that a signal handler can remove the files: a demo
 * that is killed by a second signal leaves nothing behind.
 */
#include "demo.h"

#include "common/cleanup.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

static char directory[PATH_MAX];
/* the files that SQLite may leave beside it */
static char files[4][PATH_MAX + 32];

int cbd_demo_begin(void)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
	const char *parent = getenv("TMPDIR");
	size_t i;
	int len;

	len = snprintf(directory, sizeof(directory), "%s/chatterbox-demo-XXXXXX",
		       parent && *parent ? parent : "/tmp");
	if (len < 0 || (size_t)len >= sizeof(directory) || !mkdtemp(directory)) {
		directory[0] = '\0';
		return errno ? -errno : -ENAMETOOLONG;
	}
	for (i = 0; i < CBX_COUNT(suffixes); i++)
		snprintf(files[i], sizeof(files[i]), "%s/demo.sqlite%s", directory, suffixes[i]);
	return 0;
}

const char *cbd_demo_sqlite_path(void)
{
	return directory[0] ? files[0] : NULL;
}

void cbd_demo_end(void)
{
	size_t i;

	if (!directory[0])
		return;
	for (i = 0; i < CBX_COUNT(files); i++)
		unlink(files[i]);
	rmdir(directory);
	directory[0] = '\0';
}
