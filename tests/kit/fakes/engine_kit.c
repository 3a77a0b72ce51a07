// SPDX-License-Identifier: MIT
/* engine_kit.c - runs engines for tests, and compares the events with what the contract promises */
#include "engine_kit.h"

#include "engine/internal.h"
#include "memory_servers.h"

#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define PATIENCE_S 60

void engine_home_open(struct engine_home *home)
{
	strcpy(home->directory, "/tmp/chatterbox-engine-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(home->directory));
	snprintf(home->path, sizeof(home->path), "%s/engine.db", home->directory);
}

void engine_home_close(struct engine_home *home)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-journal" };
	char name[128];
	size_t i;

	for (i = 0; i < CBX_COUNT(ends); i++) {
		snprintf(name, sizeof(name), "%s%s", home->path, ends[i]);
		unlink(name);
	}
	rmdir(home->directory);
}

struct chatterbox *engine_make(const struct engine_home *home)
{
	struct chatterbox_config *config = NULL;
	struct chatterbox *box = NULL;

	ck_assert_int_eq(chatterbox_config_new(&config), 0);
	ck_assert_int_eq(chatterbox_config_set_embedded(config, home->path), 0);
	ck_assert_int_eq(chatterbox_config_set(config, "check_job_status_time", "1", "test"), 0);
	ck_assert_int_eq(chatterbox_new(config, NULL, NULL, &box, NULL), 0);
	chatterbox_config_unref(config);
	return box;
}

static void note_ready(void *user)
{
	((struct engine_host *)user)->ready++;
}

static void note_failed(void *user, const struct chatterbox_error *error)
{
	struct engine_host *host = user;

	ck_assert_str_ne(error->text, "");
	host->failed++;
	host->error = error->code;
}

void engine_begin(struct engine_host *host, struct chatterbox *box, unsigned systems, uint64_t seed)
{
	struct chatterbox_observer observer = { .version = CHATTERBOX_OBSERVER_VERSION,
						.user = host,
						.on_ready = note_ready,
						.on_failed = note_failed };

	*host = (struct engine_host){ .box = box };
	ck_assert_int_eq(chatterbox_start(box, &observer, NULL), 0);
	if (systems)
		ck_assert_int_eq(cbx_demo_start(box,
						&(struct cbx_demo_options){ .systems = systems,
									    .seed = seed },
						&host->fleet),
				 0);
}

void engine_end(struct engine_host *host)
{
	chatterbox_stop(host->box);
	cbx_demo_stopp(&host->fleet);
	host->box = chatterbox_unref(host->box);
}

void engine_wait(struct engine_host *host, bool (*done)(struct engine_host *host))
{
	struct cbx_clock *clock = cbx_system_clock();
	uint64_t deadline = cbx_now(clock) + PATIENCE_S * CBX_SECOND;
	struct pollfd p = { .fd = chatterbox_get_fd(host->box), .events = POLLIN };

	while (!done(host)) {
		ck_assert_msg(cbx_now(clock) < deadline, "it has not happened in %d s", PATIENCE_S);
		poll(&p, 1, 20);
		chatterbox_dispatch(host->box);
	}
}

bool engine_is_told_ready(struct engine_host *host)
{
	return host->ready > 0;
}

char *engine_summary(struct chatterbox *box, const char *member)
{
	char *text = NULL;
	json_t *root;
	json_t *value;
	char *out;

	ck_assert_int_eq(
		chatterbox_query(box, CHATTERBOX_TOPIC_SUMMARY, NULL, NULL, NULL, &text, NULL), 0);
	root = json_loads(text, 0, NULL);
	value = json_object_get(root, member);
	out = json_is_string(value) ? strdup(json_string_value(value))
				    : json_dumps(value, JSON_ENCODE_ANY);
	json_decref(root);
	free(text);
	return out;
}

static int take_entry(void *user, const struct cbx_stream_entry *event)
{
	struct engine_journal *journal = user;
	struct engine_entry *entry;
	char *slash;
	json_t *params;

	if (strcmp(event->name, "update_job_status"))
		return 0;
	journal->entries = reallocarray(journal->entries, journal->count + 1, sizeof(*entry));
	entry = &journal->entries[journal->count++];
	entry->key = strdup(event->id);
	slash = strrchr(entry->key, '/');
	entry->revision = strtoll(slash + 1, NULL, 10);
	*slash = '\0';
	params = json_loadb(event->params, event->params_len, 0, NULL);
	entry->status = strdup(json_string_value(json_object_get(params, "status")));
	entry->previous = event->previous_status ? strdup(event->previous_status) : NULL;
	json_decref(params);
	return 0;
}

void engine_journal_take(struct engine_journal *journal, struct chatterbox *box)
{
	size_t first = journal->count;
	size_t i;
	size_t k;

	ck_assert_int_eq(cbx_memory_store_events(box->store, take_entry, journal), 0);
	/* in order: of each job by its revisions */
	for (i = first; i < journal->count; i++)
		for (k = i + 1; k < journal->count; k++)
			ck_assert_msg(strcmp(journal->entries[i].key, journal->entries[k].key) ||
					      journal->entries[i].revision <
						      journal->entries[k].revision,
				      "%s: %lld is told after %lld", journal->entries[i].key,
				      journal->entries[k].revision, journal->entries[i].revision);
}

static int by_job(const void *a, const void *b)
{
	const struct engine_entry *left = a;
	const struct engine_entry *right = b;
	int order = strcmp(left->key, right->key);

	return order ? order
		     : (left->revision > right->revision) - (left->revision < right->revision);
}

void engine_journal_check(struct engine_journal *journal)
{
	size_t i;

	qsort(journal->entries, journal->count, sizeof(*journal->entries), by_job);
	for (i = 0; i < journal->count; i++) {
		const struct engine_entry *entry = &journal->entries[i];
		const struct engine_entry *before = i ? entry - 1 : NULL;

		if (before && strcmp(before->key, entry->key))
			before = NULL;
		ck_assert_msg(entry->revision == (before ? before->revision + 1 : 1),
			      "%s: revision %lld comes after %lld", entry->key, entry->revision,
			      before ? before->revision : 0);
		ck_assert_pstr_eq(entry->previous, before ? before->status : NULL);
		if (before)
			ck_assert_str_ne(before->status, entry->status);
	}
}

long long engine_journal_top(const struct engine_journal *journal)
{
	long long top = 0;
	size_t i;

	for (i = 0; i < journal->count; i++)
		if (journal->entries[i].revision > top)
			top = journal->entries[i].revision;
	return top;
}

void engine_journal_free(struct engine_journal *journal)
{
	size_t i;

	for (i = 0; i < journal->count; i++) {
		free(journal->entries[i].key);
		free(journal->entries[i].status);
		free(journal->entries[i].previous);
	}
	free(journal->entries);
	*journal = (struct engine_journal){ 0 };
}
