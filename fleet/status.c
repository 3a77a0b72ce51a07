// SPDX-License-Identifier: MIT
/*
 * status.c - writes the status of a simulated job as JSON
 *
 * Numbers are written by hand: this is the hot path of the simulator, and a benchmark must not
 * measure it.
 */
#include "fleet/status.h"
#include "common/cleanup.h"

#define FILES_SHOWN 3
#define BAD_FILE CBX_FLEET_CODES /* that of a file which is broken at its source */

static const struct {
	const char *code;
	const char *message;
} errors[CBX_FLEET_CODES + 1] = {
	{ "disk_full", "no space left on the media volume" },
	{ "checksum_mismatch", "a downloaded file differs from its checksum" },
	{ "content_server_denied", "the content server refused the account" },
	{ "content_server_timeout", "the content server did not answer" },
	{ "license_expired", "the license of a list has expired" },
	{ "disk_read_only", "the media volume is mounted read-only" },
	{ "disk_slow", "the media volume takes too long" },
	{ "file_missing", "the content server does not have a file" },
	{ "file_locked", "the player holds a file open" },
	{ "format_unknown", "a file has a format that the player can't play" },
	{ "index_damaged", "the index of the media volume is damaged" },
	{ "list_invalid", "a list names a title that does not exist" },
	{ "list_too_large", "a list does not fit on the media volume" },
	{ "memory_low", "there is not enough memory" },
	{ "network_lost", "the connection was lost" },
	{ "network_slow", "the connection is slower than it must be" },
	{ "player_busy", "the player does not give the volume free" },
	{ "player_old", "the player's software is too old for this list" },
	{ "proxy_refused", "the proxy of the house refused a download" },
	{ "signature_bad", "the signature of a list is not valid" },
	{ "time_wrong", "the clock of the system is wrong" },
	{ "title_withdrawn", "a title was withdrawn" },
	{ "upload_refused", "a report was refused" },
	{ "zone_unknown", "a list names a zone that the house does not have" },
	[BAD_FILE] = { "file_damaged", "a file is damaged at its source" },
};

static void add_number(struct cbx_text *out, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	cbx_text_add(out, digits + at, sizeof(digits) - at);
}

/* `"name":` with a comma before it */
#define ADD(out, literal) cbx_text_add((out), (literal), sizeof(literal) - 1)

/* KiB/s: of a job that moves by itself it wavers around its usual speed, changing every 5 s */
static uint32_t speed_at(const struct cbx_fleet_system *system, const struct cbx_fleet_job *job,
			 int64_t now)
{
	uint32_t noise = (job->luck ^ (uint32_t)(now / 5000)) * 2654435761u;

	if (system->is_stuck)
		return 0;
	if (job->pace <= 0)
		return job->speed;
	return job->speed * (70 + (noise >> 16) % 61) / 100;
}

/* Tenths of a percent as the shortest decimal */
static void add_percent(struct cbx_text *out, unsigned tenths)
{
	ADD(out, "\"");
	add_number(out, tenths / 10);
	if (tenths % 10) {
		ADD(out, ".");
		add_number(out, tenths % 10);
	}
	ADD(out, "\"");
}

static void add_files(struct cbx_text *out, const struct cbx_fleet_job *job, uint32_t downloaded,
		      unsigned tenths)
{
	uint32_t left = job->total_files - downloaded;
	uint32_t i;

	ADD(out, ",\"files_downloading\":[");
	for (i = 0; i < left && i < FILES_SHOWN; i++) {
		if (i)
			ADD(out, ",");
		ADD(out, "{\"file\":\"track-");
		add_number(out, 100000 + (job->luck + downloaded + i) % 900000);
		ADD(out, ".flac\",\"percent_completed\":");
		add_percent(out, i ? 0 : tenths % 1000);
		ADD(out, "}");
	}
	ADD(out, "]");
}

const char *cbx_fleet_error_code(const struct cbx_fleet_job *job)
{
	return errors[job->bad_file ? BAD_FILE : job->code].code;
}

static void add_error(struct cbx_text *out, const struct cbx_fleet_job *job)
{
	ADD(out, ",\"error_code\":\"");
	cbx_text_puts(out, cbx_fleet_error_code(job));
	ADD(out, "\",\"error_message\":\"");
	cbx_text_puts(out, errors[job->bad_file ? BAD_FILE : job->code].message);
	ADD(out, "\"");
	if (!job->bad_file)
		return;
	ADD(out, ",\"error_file\":\"title-");
	add_number(out, 1000 + job->bad_file);
	ADD(out, ".flac\"");
}

/* What is not tonight's belongs to the list that plays now */
static void add_list(struct cbx_text *out, const struct cbx_fleet_system *system,
		     const struct cbx_fleet_job *job)
{
	ADD(out, ",\"list_id\":\"list-");
	add_number(out, system->list - !job->is_tonights);
	ADD(out, "\"");
}

void cbx_fleet_status_write(struct cbx_text *out, const struct cbx_fleet_system *system,
			    const struct cbx_fleet_job *job, int64_t now)
{
	unsigned tenths = (unsigned)(cbx_fleet_progress(system, job, now) * 10);
	uint32_t downloaded = (uint32_t)((uint64_t)job->total_files * tenths / 1000);

	ADD(out, "{\"system\":");
	cbx_text_json_string(out, system->name);
	ADD(out, ",\"job_id\":");
	add_number(out, (uint64_t)job->id);
	ADD(out, ",\"status\":\"");
	cbx_text_puts(out, cbx_fleet_phase_text(job->phase));
	ADD(out, "\",\"percent_completed\":");
	add_percent(out, tenths);
	ADD(out, ",\"downloaded\":");
	add_number(out, downloaded);
	ADD(out, ",\"total_files\":");
	add_number(out, job->total_files);
	if (job->phase == CBX_FLEET_RUNNING) {
		ADD(out, ",\"download_speed\":\"");
		add_number(out, speed_at(system, job, now));
		ADD(out, "K\"");
	}
	ADD(out, ",\"job_type\":\"");
	cbx_text_puts(out, job->type);
	ADD(out, "\"");
	if (job->phase == CBX_FLEET_RUNNING)
		add_files(out, job, downloaded, tenths);
	if (job->phase == CBX_FLEET_ERRORED)
		add_error(out, job);
	if (system->list)
		add_list(out, system, job);
	ADD(out, "}");
}
