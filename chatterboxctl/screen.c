// SPDX-License-Identifier: MIT
/*
 * screen.c - draws what watch knows
 *
 * Lines that are too long are cut by the terminal itself (no automatic margins), which knows how
 * wide a character is. A frame goes out in one write, so that nothing flickers.
 */
#include "screen.h"

#include "options.h"
#include "show.h"

#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>

#define ROUND_GRACE 15 /* s, as doctor and the page have it */
#define BAR 10

static struct termios before;
static bool has_before;

double ctl_screen_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

bool ctl_screen_is_possible(void)
{
	const char *terminal = getenv("TERM");

	return isatty(STDOUT_FILENO) && terminal && *terminal && strcmp(terminal, "dumb") != 0;
}

void ctl_screen_begin(void)
{
	static char buffer[1 << 16];
	struct termios quiet;

	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	has_before = !tcgetattr(STDIN_FILENO, &before);
	if (has_before) {
		quiet = before;
		quiet.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		/* stopped, it would leave the terminal as it is */
		quiet.c_cc[VSUSP] = _POSIX_VDISABLE;
		tcsetattr(STDIN_FILENO, TCSADRAIN, &quiet);
	}
	/* the other screen, no cursor, no automatic margins */
	fputs("\033[?1049h\033[?25l\033[?7l", stdout);
}

void ctl_screen_end(void)
{
	fputs("\033[?7h\033[?25h\033[?1049l", stdout);
	fflush(stdout);
	if (has_before)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
}

static unsigned rows(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_row ? 24 : size.ws_row;
}

static unsigned event_rows(void)
{
	return rows() >= 16 ? CTL_VIEW_EVENTS : rows() >= 10 ? 2 : 0;
}

/* Two lines and a head above them; below, an empty line, a head and the events; and the last row
 * stays empty, where a line's end would scroll */
unsigned ctl_screen_jobs(void)
{
	unsigned events = event_rows();
	unsigned others = 4 + (events ? events + 2 : 0);

	return rows() > others ? rows() - others : 1;
}

static const char *time_left(const json_t *figures, char cell[CTL_CELL])
{
	const json_t *left = json_object_get(figures, "seconds_left");
	long long seconds = json_integer_value(left);

	cell[0] = '\0';
	if (json_is_integer(left) && seconds >= 0)
		snprintf(cell, CTL_CELL, "%lld:%02lld:%02lld", seconds / 3600, seconds / 60 % 60,
			 seconds % 60);
	return cell;
}

static void add_percent(struct ctl_table *table, const json_t *job)
{
	char cell[CTL_CELL];
	char bar[BAR + 1] = "";
	double percent = strtod(ctl_member(job, "percent_completed", cell), NULL);
	int i;

	if (!json_object_get(job, "percent_completed") || !(percent >= 0 && percent <= 100)) {
		ctl_table_add(table, CTL_PLAIN, NULL);
		return;
	}
	for (i = 0; i < BAR; i++)
		bar[i] = i < (int)(percent * BAR / 100 + 0.5) ? '#' : '.';
	ctl_table_addf(table, "[%s] %5.1f %%", bar, percent);
}

static void add_job(struct ctl_table *table, const json_t *entry)
{
	const json_t *job = json_object_get(entry, "job");
	const json_t *figures = json_object_get(entry, "figures");
	const json_t *speed = json_object_get(figures, "speed");
	bool stalled = json_is_true(json_object_get(figures, "stalled"));
	bool stale = json_is_true(json_object_get(figures, "stale"));
	char cell[CTL_CELL];
	const char *status;

	ctl_table_add(table, CTL_PLAIN, ctl_member(job, "system", cell));
	ctl_table_add(table, CTL_PLAIN, ctl_member(job, "job_id", cell));
	status = ctl_member(job, "status", cell);
	ctl_table_add(table, ctl_colour_of(status), status);
	add_percent(table, job);
	ctl_table_add(table, CTL_PLAIN,
		      json_is_number(speed) ? ctl_speed(json_number_value(speed), cell) : NULL);
	ctl_table_add(table, CTL_PLAIN, time_left(figures, cell));
	ctl_table_add(table, stalled ? CTL_RED : CTL_YELLOW,
		      stalled && stale ? "stalled, stale"
		      : stalled        ? "stalled"
		      : stale          ? "stale"
				       : " ");
}

static int draw_jobs(const json_t *jobs)
{
	static const char *const heads[] = { "SYSTEM", "JOB",  "STATUS", "DONE",
					     "SPEED",  "LEFT", "NOTE",   NULL };
	struct ctl_table table;
	const json_t *entry;
	size_t i;

	ctl_table_begin(&table, heads);
	json_array_foreach(jobs, i, entry)
	{
		if (i == ctl_screen_jobs())
			break;
		add_job(&table, entry);
	}
	return ctl_table_end(&table);
}

static int draw_events(const struct ctl_view *view)
{
	static const char *const heads[] = { "TIME", "EVENT", "SYSTEM", "JOB", "WHAT", NULL };
	struct ctl_table table;
	size_t shown = view->event_count < event_rows() ? view->event_count : event_rows();
	size_t i;

	ctl_table_begin(&table, heads);
	for (i = view->event_count - shown; i < view->event_count; i++) {
		char line[CTL_VIEW_TEXT];
		char *rest = line;
		size_t column;

		memcpy(line, view->events[i], sizeof(line));
		for (column = 0; heads[column]; column++) {
			const char *part = strsep(&rest, "\t");

			ctl_table_add(&table, part ? ctl_colour_of(part) : CTL_PLAIN, part);
		}
	}
	return ctl_table_end(&table);
}

/* A round is late when three were due; on others than the leader its figures are older anyway */
static bool is_stale(const json_t *summary)
{
	const char *role = json_string_value(json_object_get(summary, "role"));
	const json_t *round = json_object_get(summary, "last_cycle");
	double interval =
		json_number_value(json_object_get(json_object_get(summary, "interval"), "current"));

	return role && !strcmp(role, "leader") &&
	       ctl_age(json_string_value(json_object_get(round, "finished_at"))) >
		       3 * interval + ROUND_GRACE;
}

static void print_state(const struct ctl_view *view, const char *otherwise)
{
	char text[sizeof(view->lost) + 64];

	if (*view->lost) {
		snprintf(text, sizeof(text), "LOST, figures %.0f s old: %s",
			 ctl_screen_now() - view->answered, view->lost);
		ctl_print_coloured(CTL_RED, text);
	} else if (json_is_true(json_object_get(view->summary, "paused"))) {
		ctl_print_coloured(CTL_YELLOW, "the asking is paused");
	} else if (is_stale(view->summary)) {
		ctl_print_coloured(CTL_RED, "STALE: the last round is too old");
	} else {
		ctl_print_coloured(CTL_DIM, otherwise);
	}
}

static void print_count(const json_t *object, const char *name, const char *what, const char *gap)
{
	char cell[CTL_CELL];

	ctl_print_clean(stdout, ctl_member(object, name, cell));
	printf(" %s%s", what, gap);
}

static void print_summary(const json_t *summary, const char *gap)
{
	const json_t *systems = json_object_get(summary, "systems");
	const json_t *round = json_object_get(summary, "last_cycle");
	const char *leader = json_string_value(json_object_get(summary, "leader"));
	char cell[CTL_CELL];
	const char *ago = ctl_ago(json_string_value(json_object_get(round, "finished_at")), cell);

	print_count(summary, "job_count", "live", gap);
	print_count(summary, "activte_jobs", "running", gap);
	print_count(summary, "total_ocd_jobs", "of OCD", gap);
	print_count(summary, "active_ocd_jobs", "of OCD running", gap);
	printf("%s%s", *ago ? "round " : "no round yet", ago);
	fputs(gap, stdout);
	fputs(ctl_speed(json_number_value(json_object_get(summary, "total_download_speed")), cell),
	      stdout);
	fputs(gap, stdout);
	print_count(systems, "online", "online", gap);
	print_count(systems, "offline", "offline", gap);
	if (leader)
		fputs("leader ", stdout);
	ctl_print_coloured(leader ? CTL_PLAIN : CTL_RED, leader ? leader : "nobody leads");
}

int ctl_screen_draw(const struct ctl_view *view)
{
	int result;

	/* terminals that know 2026 show the frame at once; others leave it out */
	fputs("\033[?2026h\033[H\033[J", stdout);
	print_summary(view->summary, "  ");
	putchar('\n');
	print_state(view, "q ends it");
	putchar('\n');
	result = draw_jobs(view->jobs);
	if (!result && event_rows()) {
		printf("\033[%u;1H", rows() - event_rows() - 1);
		result = draw_events(view);
	}
	fputs("\033[?2026l", stdout);
	fflush(stdout);
	return result;
}

void ctl_screen_print_line(const struct ctl_view *view)
{
	time_t now = time(NULL);
	struct tm local;
	char text[16];

	strftime(text, sizeof(text), "%H:%M:%S", localtime_r(&now, &local));
	printf("%s\t", text);
	print_summary(view->summary, "\t");
	putchar('\t');
	print_state(view, "-");
	putchar('\n');
	fflush(stdout);
}
