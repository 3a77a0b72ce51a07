// SPDX-License-Identifier: MIT
/* show.c - texts, colours, figures and JSON for stdout */
#include "show.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/utf8.h"
#include "options.h"
#include "say.h"

#include <string.h>
#include <strings.h>
#include <time.h>

void ctl_print_clean(FILE *out, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		uint32_t code = 0;
		size_t len = cbx_utf8_next(text, left, &code);

		if (!len || cbx_utf8_control(code))
			fputc('?', out);
		else
			fwrite(text, 1, len, out);
		text += len ? len : 1;
		left -= len ? len : 1;
	}
}

static bool has_colours(void)
{
	const char *terminal = getenv("TERM");
	const char *refused = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(refused && *refused) && terminal &&
	       strcmp(terminal, "dumb") != 0;
}

void ctl_print_coloured(enum ctl_colour colour, const char *text)
{
	static const char *const codes[] = {
		[CTL_PLAIN] = "", [CTL_GREEN] = "32", [CTL_YELLOW] = "33",
		[CTL_RED] = "31", [CTL_DIM] = "2",    [CTL_BOLD] = "1",
	};
	bool coloured = colour != CTL_PLAIN && has_colours();

	if (coloured)
		printf("\033[%sm", codes[colour]);
	ctl_print_clean(stdout, text);
	if (coloured)
		fputs("\033[0m", stdout);
}

enum ctl_colour ctl_colour_of(const char *status)
{
	static const struct {
		const char *status;
		enum ctl_colour colour;
	} known[] = {
		{ "running", CTL_GREEN }, { "online", CTL_GREEN },  { "paused", CTL_YELLOW },
		{ "errored", CTL_RED },   { "vanished", CTL_RED },  { "offline", CTL_RED },
		{ "killed", CTL_DIM },    { "completed", CTL_DIM },
	};
	size_t i;

	for (i = 0; i < CBX_COUNT(known); i++)
		if (!strcasecmp(known[i].status, status))
			return known[i].colour;
	return CTL_PLAIN;
}

const char *ctl_member(const json_t *object, const char *name, char buffer[CTL_CELL])
{
	const json_t *value = json_object_get(object, name);

	if (json_is_string(value))
		return json_string_value(value);
	buffer[0] = '\0';
	if (json_is_integer(value))
		snprintf(buffer, CTL_CELL, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		snprintf(buffer, CTL_CELL, "%.15g", json_real_value(value));
	else if (json_is_boolean(value))
		snprintf(buffer, CTL_CELL, "%s", json_is_true(value) ? "true" : "false");
	return buffer;
}

const char *ctl_speed(double bytes, char buffer[CTL_CELL])
{
	/* powers of 1024, as in a status and on the page */
	static const char *const units[] = { "B/s", "KiB/s", "MiB/s", "GiB/s", "TiB/s" };
	size_t i = 0;

	while (bytes >= 1024 && i + 1 < CBX_COUNT(units)) {
		bytes /= 1024;
		i++;
	}
	snprintf(buffer, CTL_CELL, i ? "%.1f %s" : "%.0f %s", bytes, units[i]);
	return buffer;
}

double ctl_age(const char *time)
{
	struct tm parts = { 0 };
	struct timespec now;
	const char *rest = time ? strptime(time, "%Y-%m-%dT%H:%M:%S", &parts) : NULL;
	double age;

	if (!rest)
		return -1;
	clock_gettime(CLOCK_REALTIME, &now);
	age = (double)now.tv_sec - (double)timegm(&parts);
	return age < 0 ? 0 : age;
}

const char *ctl_ago(const char *time, char buffer[CTL_CELL])
{
	double age = ctl_age(time);

	if (age < 0)
		buffer[0] = '\0';
	else if (age < 120)
		snprintf(buffer, CTL_CELL, "%.0f s ago", age);
	else if (age < 7200)
		snprintf(buffer, CTL_CELL, "%.0f min ago", age / 60);
	else if (age < 172800)
		snprintf(buffer, CTL_CELL, "%.0f h ago", age / 3600);
	else
		snprintf(buffer, CTL_CELL, "%.0f days ago", age / 86400);
	return buffer;
}

int ctl_print_json(const json_t *json)
{
	cbx_auto(cbx_freep) char *text = NULL;

	if (isatty(STDOUT_FILENO))
		text = json_dumps(json, JSON_INDENT(2));
	else
		text = cbx_json_text(json);
	if (!text) {
		ctl_say_memory();
		return CTL_UNAVAILABLE;
	}
	puts(text);
	return CTL_OK;
}
