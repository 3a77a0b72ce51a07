// SPDX-License-Identifier: MIT
/* address.c - reads the URL and the token, neither of which is repeated if it may hold a secret */
#include "address.h"

#include "common/cleanup.h"
#include "say.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TOKEN_SIZE 4096

static void curl_url_freep(CURLU **url)
{
	curl_url_cleanup(*url);
}

static bool has(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	bool found = !curl_url_get(url, part, &text, 0);

	curl_free(text);
	return found;
}

static bool has_scheme(CURLU *url)
{
	char *text = NULL;
	bool known = !curl_url_get(url, CURLUPART_SCHEME, &text, 0) &&
		     (!strcmp(text, "http") || !strcmp(text, "https"));

	curl_free(text);
	return known;
}

int ctl_address_read(const char *given, char **out)
{
	cbx_auto(curl_url_freep) CURLU *url = curl_url();
	const char *from = given ? "--url" : "CHATTERBOX_URL";
	const char *text = given ? given : getenv("CHATTERBOX_URL");
	size_t len;

	if (!text || !*text)
		text = CTL_DEFAULT_URL;
	if (!url)
		return ctl_say_memory();
	if (curl_url_set(url, CURLUPART_URL, text, 0) || !has_scheme(url)) {
		ctl_say("%s: takes a URL such as %s or https://host/prefix", from, CTL_DEFAULT_URL);
		return -EINVAL;
	}
	if (has(url, CURLUPART_USER) || has(url, CURLUPART_PASSWORD) || has(url, CURLUPART_QUERY) ||
	    has(url, CURLUPART_FRAGMENT)) {
		ctl_say("%s: takes no user, password, ? or # in the URL; a token goes into "
			"--token-file or CHATTERBOX_TOKEN",
			from);
		return -EINVAL;
	}
	len = strlen(text);
	while (len && text[len - 1] == '/')
		len--;
	*out = strndup(text, len);
	return *out ? 0 : ctl_say_memory();
}

bool ctl_address_is_local(const char *url)
{
	cbx_auto(curl_url_freep) CURLU *parsed = curl_url();
	char *host = NULL;
	bool local =
		parsed && !curl_url_set(parsed, CURLUPART_URL, url, 0) &&
		!curl_url_get(parsed, CURLUPART_HOST, &host, 0) &&
		(!strcmp(host, "localhost") || !strcmp(host, "[::1]") || !strncmp(host, "127.", 4));

	curl_free(host);
	return local;
}

/* What a header can carry: anything else would end it, or could not be what was configured */
static int check_token(const char *from, const char *token)
{
	size_t i;

	for (i = 0; token[i]; i++)
		if (token[i] <= ' ' || token[i] >= 0x7f) {
			ctl_say("%s: a token has neither blanks nor control characters, and is "
				"ASCII",
				from);
			return -EINVAL;
		}
	return 0;
}

static int read_file(const char *path, char line[TOKEN_SIZE])
{
	FILE *file = fopen(path, "re");
	bool read = file && fgets(line, TOKEN_SIZE, file);
	int error = errno;

	if (file && !read && !ferror(file))
		error = 0;
	if (file)
		fclose(file);
	if (!read) {
		ctl_say("--token-file %s: %s", path, error ? strerror(error) : "is empty");
		return -EINVAL;
	}
	line[strcspn(line, "\r\n")] = '\0';
	return 0;
}

int ctl_token_read(const char *file, char **out)
{
	const char *environment = getenv("CHATTERBOX_TOKEN");
	const char *from = file ? "--token-file" : "CHATTERBOX_TOKEN";
	char line[TOKEN_SIZE] = "";
	int result = 0;

	if (file)
		result = read_file(file, line);
	else if (environment && strlen(environment) < sizeof(line))
		strcpy(line, environment);
	else if (environment)
		ctl_say("CHATTERBOX_TOKEN: is too long");
	if (!file && environment && !*line && *environment)
		return -EINVAL;
	if (!result && file && !*line) {
		ctl_say("--token-file %s: its first line is empty", file);
		result = -EINVAL;
	}
	if (!result)
		result = check_token(from, line);
	if (!result && *line && !(*out = strdup(line)))
		result = ctl_say_memory();
	explicit_bzero(line, sizeof(line));
	return result;
}
