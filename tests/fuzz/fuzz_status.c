// SPDX-License-Identifier: MIT
/*
 * fuzz_status.c - a status as Redis holds it, and as a row of SQL tells it
 *
 * A row is written by others, too, and has no form but its columns': the status that is made of it
 * must be one by contract 1.1 all the same. The first byte picks which of the two the rest is.
 */
#include "fuzz.h"

#include "decode/decode.h"
#include "domain/kind.h"
#include "port/ledger.h"

#include <chatterbox/error.h>
#include <string.h>

static const struct cbx_kind_keys keys = { "Running", "Paused", "Completed", "Errored", "Killed" };

static size_t tail_len(const struct cbx_status *status)
{
	return status->json_len - 1 - status->tail_offset;
}

static void check_with_text(const struct cbx_status *status)
{
	cbx_auto(cbx_status_unrefp) struct cbx_status *ended = NULL;

	FUZZ_CHECK(!cbx_status_with_text(status, "Kill\"ed", &ended));
	fuzz_check_status(ended);
	FUZZ_CHECK(ended->job_id == status->job_id && !strcmp(ended->system, status->system));
	FUZZ_CHECK(!strcmp(ended->text, "Kill\"ed"));
	FUZZ_CHECK(tail_len(ended) == tail_len(status));
	FUZZ_CHECK(!memcmp(ended->json + ended->tail_offset, status->json + status->tail_offset,
			   tail_len(status)));
}

static void check(const struct cbx_status *status)
{
	fuzz_check_status(status);
	check_with_text(status);
	FUZZ_CHECK(strcmp(cbx_kind_name(cbx_kind_of(&keys, status->text)), ""));
}

static void try_json(const struct fuzz_input *in)
{
	cbx_auto(cbx_status_unrefp) struct cbx_status *status = NULL;
	int result = cbx_decode_status(in->at, in->left, &status);

	FUZZ_CHECK(result == (status ? 0 : CHATTERBOX_E_DECODE));
	if (!status)
		return;
	check(status);
	fuzz_check_verbatim(status, in->at, in->left);
}

/* A column: absent when its line is "-" */
static const char *column(struct fuzz_input *in, char **keep)
{
	*keep = fuzz_line(in);
	return strcmp(*keep, "-") ? *keep : NULL;
}

static void try_row(struct fuzz_input *in)
{
	cbx_auto(cbx_status_unrefp) struct cbx_status *status = NULL;
	cbx_auto(cbx_freep) char *text = NULL;
	cbx_auto(cbx_freep) char *percent = NULL;
	cbx_auto(cbx_freep) char *speed = NULL;
	cbx_auto(cbx_freep) char *type = NULL;
	struct cbx_row row = { .system = "ABC1", .job_id = 17 };

	row.downloaded = (int64_t)fuzz_pick(in, 100) - 1;
	row.total_files = (int64_t)fuzz_pick(in, 100) - 1;
	row.percent_completed = column(in, &percent);
	row.download_speed = column(in, &speed);
	row.job_type = column(in, &type);
	row.status = column(in, &text);
	FUZZ_CHECK(!cbx_status_of_row(&row, &status));
	check(status);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = fuzz_input(data, size);

	if (fuzz_pick(&in, 2))
		try_row(&in);
	else
		try_json(&in);
	return 0;
}
