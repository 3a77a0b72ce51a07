// SPDX-License-Identifier: MIT
/* truth.c - writes what really happened; a line that could not be written is an error at the end */
#include "truth.h"
#include "base/read.h"
#include "common/text.h"

#include <errno.h>

#define FLUSH_MS 200

int truth_open(struct truth *truth, const char *path, int64_t began, double factor)
{
	FILE *file = fopen(path, "we");

	if (!file)
		return -errno;
	*truth = (struct truth){ .file = file, .began = began, .factor = factor, .last = began };
	return 0;
}

static void write_text(FILE *file, const char *name, const char *text)
{
	/* names and texts of the fleet need no escapes, except for a quote or backslash in --name
	 */
	struct cbx_text json = { 0 };

	if (text)
		cbx_text_json_string(&json, text);
	else
		cbx_text_puts(&json, "null");
	fprintf(file, ",\"%s\":%s", name, json.bytes ?: "null");
	cbx_text_free(&json);
}

static void on_status(void *user, const struct cbx_fleet_system *system,
		      const struct cbx_fleet_job *job, const char *from, const char *to,
		      int64_t when)
{
	struct truth *truth = user;
	double real = truth->factor > 0 ? (double)when / truth->factor : 0;
	char time[CBX_TIME_TEXT];

	cbx_time_text(truth->began + (int64_t)real, time);
	fprintf(truth->file, "{\"time\":\"%s\"", time);
	write_text(truth->file, "system", system->name);
	fprintf(truth->file, ",\"job_id\":%lld", (long long)job->id);
	write_text(truth->file, "from", from);
	write_text(truth->file, "to", to);
	write_text(truth->file, "origin", job->is_user ? "user" : "ocd");
	write_text(truth->file, "job_type", job->type);
	fputs("}\n", truth->file);
}

struct cbx_fleet_watch truth_watch(struct truth *truth)
{
	return (struct cbx_fleet_watch){ .user = truth, .on_status = on_status };
}

void truth_flush(struct truth *truth, int64_t wall)
{
	if (!truth->file || (wall >= truth->last && wall < truth->last + FLUSH_MS))
		return;
	fflush(truth->file);
	truth->last = wall;
}

int truth_close(struct truth *truth)
{
	bool failed;

	if (!truth->file)
		return 0;
	failed = ferror(truth->file) != 0;
	failed |= fclose(truth->file) != 0;
	truth->file = NULL;
	return failed ? -EIO : 0;
}
