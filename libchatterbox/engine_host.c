// SPDX-License-Identifier: MIT
/*
 * engine_host.c - what the engine tells its host: a bounded queue and callbacks in the host's
 * thread
 */
#include "engine_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct engine_word {
	int error; /* 0 = ready */
	char text[512];
};

bool engine_is_ready(struct chatterbox *box)
{
	char leader[CBX_HOLDER_TEXT];

	if (!box->started || !box->keeper.migrated || !cbx_health_is_up(box->health, NULL))
		return false;
	if (cbx_leadership_epoch(&box->leadership))
		return box->listener.bound;
	/* who stands by knows behind whom; only an observer may see nobody lead */
	cbx_leadership_leader(&box->leadership, leader);
	return leader[0] || box->keeper.observer;
}

static void tell(struct chatterbox *box, int error, const char *text)
{
	struct engine_word *word;

	if (box->settled)
		return;
	box->settled = true;
	word = calloc(1, sizeof(*word));
	if (!word)
		return;
	word->error = error;
	snprintf(word->text, sizeof(word->text), "%s", text);
	if (cbx_mailbox_put(box->host, word) < 0)
		free(word);
}

void engine_tell_ready(struct chatterbox *box)
{
	cbx_info(&box->log, CBX_NO_FIELDS, "ready: every configured server answers");
	tell(box, 0, "");
}

void engine_tell_failed(struct chatterbox *box, int error, const char *text)
{
	cbx_log_write(&box->log, CHATTERBOX_LOG_FATAL, CBX_FIELDS({ "error", text }), "%s",
		      error == CHATTERBOX_E_DOWN ? "a server was unreachable for too long at start"
						 : chatterbox_strerror(error));
	tell(box, error, text);
}

void engine_drop_word(void *word)
{
	free(word);
}

int chatterbox_get_fd(struct chatterbox *box)
{
	return cbx_mailbox_fd(box->host);
}

int chatterbox_dispatch(struct chatterbox *box)
{
	struct engine_word *word;
	int ran = 0;

	cbx_mailbox_clear(box->host);
	while ((word = cbx_mailbox_take(box->host))) {
		if (!word->error && box->observer.on_ready)
			box->observer.on_ready(box->observer.user);
		else if (word->error && box->observer.on_failed)
			box->observer.on_failed(box->observer.user, word->error, word->text);
		free(word);
		ran++;
	}
	return ran;
}
