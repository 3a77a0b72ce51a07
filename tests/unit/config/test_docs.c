// SPDX-License-Identifier: MIT
/*
 * chatterbox.json(5) and examples/chatterbox.json hold every key of the table, and no other; what
 * the page says of a key is what the table says. With CBX_PRINT_ENTRIES=1 `unit-config docs`
 * writes the page's entries anew.
 */
#include "common/text.h"
#include "config_kit.h"

#define PAGE SOURCE_ROOT "/docs/man/chatterbox.json.5"
#define EXAMPLE SOURCE_ROOT "/examples/chatterbox.json"

/* "-" is a hyphen in a page, unless it is escaped */
static void put_page_text(struct cbx_text *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '-')
			cbx_text_putc(out, '\\');
		cbx_text_putc(out, *text);
	}
}

static void put_default(struct cbx_text *out, const struct chatterbox_config *config, size_t i)
{
	struct cbx_text shown = { 0 };

	if (!cbx_keys[i].initial) {
		cbx_text_puts(out, "unset");
		return;
	}
	if (cbx_keys[i].flags & CBX_KEY_SECRET) /* a default is no secret */
		cbx_text_json_string(&shown, cbx_keys[i].initial);
	else
		cbx_value_show(&shown, &cbx_keys[i], &config->slots[i]);
	put_page_text(out, shown.bytes);
	cbx_text_free(&shown);
}

/* The page's entry of one key */
static char *entry_of(const struct chatterbox_config *config, size_t i)
{
	const struct cbx_key *key = &cbx_keys[i];
	struct cbx_text out = { 0 };
	char *takes = NULL;
	char *text = NULL;

	if (cbx_value_takes(key, &takes) < 0) /* no assertion: printing is no test */
		return NULL;
	cbx_text_printf(&out, ".It Ic %s\n", key->path);
	put_page_text(&out, key->about);
	cbx_text_puts(&out, "\nTakes ");
	put_page_text(&out, takes);
	cbx_text_puts(&out, "; default ");
	put_default(&out, config, i);
	cbx_text_printf(&out, "; %s%s.\n", key->flags & CBX_KEY_SECRET ? "secret; " : "",
			key->flags & CBX_KEY_RELOAD ? "by SIGHUP" : "at a restart");
	free(takes);
	if (cbx_text_take(&out, &text, NULL) < 0)
		return NULL;
	return text;
}

static char *read_whole(const char *path)
{
	struct cbx_bytes bytes = { 0 };

	ck_assert_msg(cbx_bytes_read(path, 1 << 20, &bytes) == 0, "%s", path);
	return bytes.at;
}

START_TEST(the_page_says_what_the_table_says)
{
	struct chatterbox_config *config = config_new();
	char *page = read_whole(PAGE);
	size_t i;

	for (i = 0; i < cbx_key_count; i++) {
		char *entry = entry_of(config, i);

		ck_assert_ptr_nonnull(entry);
		ck_assert_msg(strstr(page, entry) != NULL, "the page lacks:\n%s", entry);
		free(entry);
	}
	free(page);
	chatterbox_config_unref(config);
}
END_TEST

START_TEST(the_page_has_no_other_key)
{
	char *page = read_whole(PAGE);
	size_t count = 0;
	const char *at;

	for (at = page; (at = strstr(at, "\n.It Ic ")); count++) {
		char path[CBX_KEY_PATH];
		bool overlay;

		at += strlen("\n.It Ic ");
		snprintf(path, sizeof(path), "%.*s", (int)strcspn(at, "\n"), at);
		ck_assert_msg(cbx_key_find(path, false, &overlay) && !overlay, "%s", path);
	}
	ck_assert_uint_eq(count, cbx_key_count);
	free(page);
}
END_TEST

START_TEST(the_example_is_the_defaults)
{
	struct chatterbox_config *config = config_new();
	struct chatterbox_config *fresh = config_new();

	ck_assert_int_eq(chatterbox_config_load_file(config, EXAMPLE), 0);
	ck_assert_str_eq(config_problems(config), "");
	ck_assert_int_eq(chatterbox_config_compare(fresh, config, NULL, NULL), 0);
	chatterbox_config_unref(config);
	chatterbox_config_unref(fresh);
}
END_TEST

/* A key that the example holds is one that the file gave, or null */
START_TEST(the_example_has_every_key)
{
	json_t *example = json_load_file(EXAMPLE, JSON_REJECT_DUPLICATES, NULL);
	size_t i;

	ck_assert_ptr_nonnull(example);
	for (i = 0; i < cbx_key_count; i++) {
		json_t *at = example;
		char path[CBX_KEY_PATH];
		char *rest = path;
		char *part;

		/* "tls" is false there, and so has no members */
		if (cbx_key_switch(&cbx_keys[i]))
			continue;
		snprintf(path, sizeof(path), "%s", cbx_keys[i].path);
		while ((part = strsep(&rest, ".")))
			at = json_object_get(at, part);
		ck_assert_msg(at != NULL, "the example lacks %s", cbx_keys[i].path);
	}
	json_decref(example);
}
END_TEST

static int print_entries(void)
{
	struct chatterbox_config *config = NULL;
	size_t i;

	if (chatterbox_config_new(&config) < 0)
		return EXIT_FAILURE;
	for (i = 0; i < cbx_key_count; i++) {
		char *entry = entry_of(config, i);

		fputs(entry ? entry : "", stdout);
		free(entry);
	}
	chatterbox_config_unref(config);
	return EXIT_SUCCESS;
}

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("docs");

	if (getenv("CBX_PRINT_ENTRIES"))
		exit(print_entries());
	tcase_add_test(tcase, the_page_says_what_the_table_says);
	tcase_add_test(tcase, the_page_has_no_other_key);
	tcase_add_test(tcase, the_example_is_the_defaults);
	tcase_add_test(tcase, the_example_has_every_key);
	suite_add_tcase(suite, tcase);
}
