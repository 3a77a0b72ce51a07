// SPDX-License-Identifier: MIT
/*
 * file.c - reads the configuration file
 *
 * A file that is not JSON is not used at all. Where the parser's message quotes the bytes at which
 * it stopped, these are cut off: they may be a password.
 */
#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define PATIENCE_MS 5000
#define FILE_BYTES ((size_t)1 << 20)
#define DEFAULT_PATH "/etc/chatterbox/chatterbox.json"

void cbx_bytes_wipe(struct cbx_bytes *bytes)
{
	if (bytes->at)
		explicit_bzero(bytes->at, bytes->len);
	free(bytes->at);
	*bytes = (struct cbx_bytes){ 0 };
}

/* A pipe is waited for, but not for ever: SIGHUP rereads the file in the thread that hears SIGTERM
 */
static ssize_t read_patiently(int fd, char *at, size_t len)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	ssize_t n;

	do {
		if (poll(&ready, 1, PATIENCE_MS) == 0)
			return -ENODATA;
		n = read(fd, at, len);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	return n < 0 ? -errno : n;
}

int cbx_bytes_read(const char *path, size_t most, struct cbx_bytes *out)
{
	cbx_auto(cbx_bytes_wipe) struct cbx_bytes bytes = { 0 };
	cbx_auto(cbx_closep) int fd = -1;
	ssize_t n;

	/* the opening of a FIFO would wait for its writer */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	/* one byte more than allowed shows that the file is too large; the buffer never grows, so
	 * that no copy of a secret stays behind */
	bytes.at = malloc(most + 2);
	if (!bytes.at)
		return -ENOMEM;
	while (bytes.len <= most) {
		n = read_patiently(fd, bytes.at + bytes.len, most + 1 - bytes.len);
		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		bytes.len += (size_t)n;
	}
	if (bytes.len > most)
		return -EFBIG;
	bytes.at[bytes.len] = '\0';
	*out = bytes;
	bytes.at = NULL;
	return 0;
}

static int refuse(struct chatterbox_config *config, const char *path, const char *why)
{
	int r = cbx_problem_add(&config->laid, CHATTERBOX_PROBLEM_ERROR, "%s: %s", path, why);

	return r < 0 ? r : CHATTERBOX_E_CONFIG;
}

static int refuse_json(struct chatterbox_config *config, const char *path, json_error_t *error)
{
	char *near = strstr(error->text, " near ");
	enum json_error_code code = json_error_code(error);
	const char *why = error->text;
	int r;

	if (code == json_error_premature_end_of_input)
		why = "it ends too early";
	/* the name of a member is not a secret and helps to find it */
	else if (near && code != json_error_duplicate_key)
		*near = '\0';
	r = cbx_problem_add(&config->laid, CHATTERBOX_PROBLEM_ERROR, "%s: line %d, column %d: %s%s",
			    path, error->line, error->column,
			    code == json_error_duplicate_key ? "" : "not JSON: ", why);
	return r < 0 ? r : CHATTERBOX_E_CONFIG;
}

int cbx_config_apply_bytes(struct chatterbox_config *config, const char *bytes, size_t len,
			   const char *path)
{
	cbx_auto(cbx_json_wipe) json_t *json = NULL;
	cbx_auto(cbx_freep) char *name = NULL;
	struct cbx_value_source from = { .source = CBX_SOURCE_FILE };
	json_error_t error;
	int result;

	if (!bytes[strspn(bytes, " \t\r\n")] && strlen(bytes) == len)
		return refuse(config, path, "empty, takes a JSON object");
	if (!strncmp(bytes, "\xef\xbb\xbf", 3))
		return refuse(config, path,
			      "line 1, column 1: not JSON: begins with a byte order "
			      "mark; save it as UTF-8 without one");
	result = cbx_json_read(bytes, len, &json, &error);
	if (result < 0)
		return result == -ENOMEM ? result : refuse_json(config, path, &error);
	if (!json_is_object(json))
		return refuse(config, path, "not a JSON object");
	if (asprintf(&name, "file %s", path) < 0) {
		name = NULL;
		return -ENOMEM;
	}
	from.name = name;
	return cbx_config_apply_members(config, "", json, &from);
}

int chatterbox_config_load_file(struct chatterbox_config *config, const char *path)
{
	cbx_auto(cbx_bytes_wipe) struct cbx_bytes bytes = { 0 };
	int r;

	r = cbx_bytes_read(path, FILE_BYTES, &bytes);
	if (r == -ENOMEM)
		return r;
	if (r == -EFBIG)
		return refuse(config, path, "larger than 1 MiB");
	if (r < 0)
		return refuse(config, path, chatterbox_strerror(r));
	r = cbx_config_apply_bytes(config, bytes.at, bytes.len, path);
	return r < 0 ? r : cbx_config_cross(config);
}

const char *chatterbox_config_find_file(const char *option, const char *variable)
{
	if (option)
		return option;
	if (variable && *variable)
		return variable;
	return access(DEFAULT_PATH, F_OK) == 0 ? DEFAULT_PATH : NULL;
}
