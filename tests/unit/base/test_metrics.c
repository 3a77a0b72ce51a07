// SPDX-License-Identifier: MIT
/* Families, their children and both text formats; promtool checks the page. */
#include "base/metrics.h"
#include "base/thread.h"
#include "common/cleanup.h"
#include "metric_value.h"
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static char *render(struct cbx_metrics *metrics, bool openmetrics)
{
	struct cbx_text text = { 0 };
	char *page = NULL;

	cbx_metrics_render(metrics, openmetrics, &text);
	ck_assert_int_eq(cbx_text_take(&text, &page, NULL), 0);
	return page;
}

static struct cbx_metrics *three_families(void)
{
	struct cbx_metrics *metrics = NULL;
	struct cbx_metric *metric;

	ck_assert_int_eq(cbx_metrics_new(&metrics), 0);
	metric = cbx_metrics_add(metrics, CBX_COUNTER, "a_total", "Counts \\ \"a\"\nb", "x", "y");
	cbx_metric_add(metric, "q\"\\\n", NULL, 1);
	cbx_metric_add(metric, "q\"\\\n", "", 2);
	cbx_metric_add(metric, "q\"\\\n", "", -5);
	cbx_metrics_add(metrics, CBX_GAUGE, "untouched", "Never seen", NULL, NULL);
	metric = cbx_metrics_add(metrics, CBX_GAUGE, "g", "A gauge", NULL, NULL);
	cbx_metric_set(metric, "ignored", "ignored", 7);
	cbx_metric_add(metric, NULL, NULL, -7.5);
	return metrics;
}

START_TEST(writes_prometheus_text)
{
	struct cbx_metrics *metrics = three_families();
	cbx_auto(cbx_freep) char *page = render(metrics, false);

	ck_assert_str_eq(page, "# HELP a_total Counts \\\\ \"a\"\\nb\n"
			       "# TYPE a_total counter\n"
			       "a_total{x=\"q\\\"\\\\\\n\",y=\"\"} 3\n"
			       "# HELP g A gauge\n"
			       "# TYPE g gauge\n"
			       "g -0.5\n");
	cbx_metrics_free(metrics);
}
END_TEST

START_TEST(writes_openmetrics)
{
	struct cbx_metrics *metrics = three_families();
	cbx_auto(cbx_freep) char *page = render(metrics, true);

	ck_assert_str_eq(page, "# HELP a Counts \\\\ \\\"a\\\"\\nb\n"
			       "# TYPE a counter\n"
			       "a_total{x=\"q\\\"\\\\\\n\",y=\"\"} 3\n"
			       "# HELP g A gauge\n"
			       "# TYPE g gauge\n"
			       "g -0.5\n");
	cbx_metrics_free(metrics);
}
END_TEST

START_TEST(histogram_is_cumulative)
{
	struct cbx_metrics *metrics = NULL;
	struct cbx_metric *metric;
	char *page;

	ck_assert_int_eq(cbx_metrics_new(&metrics), 0);
	metric = cbx_metrics_add(metrics, CBX_HISTOGRAM, "h_seconds", "Takes", "task", NULL);
	cbx_metric_observe(metric, "t", NULL, 0.001); /* a bound belongs to its bucket */
	cbx_metric_observe(metric, "t", NULL, 0.3);
	cbx_metric_observe(metric, "t", NULL, 0.3);
	cbx_metric_observe(metric, "t", NULL, 1000);
	ck_assert(metric_value(metric, "t", NULL) == 4);
	page = render(metrics, false);
	ck_assert_ptr_nonnull(strstr(page, "h_seconds_bucket{task=\"t\",le=\"0.001\"} 1\n"));
	ck_assert_ptr_nonnull(strstr(page, "h_seconds_bucket{task=\"t\",le=\"0.25\"} 1\n"));
	ck_assert_ptr_nonnull(strstr(page, "h_seconds_bucket{task=\"t\",le=\"0.5\"} 3\n"));
	ck_assert_ptr_nonnull(strstr(page, "h_seconds_bucket{task=\"t\",le=\"1\"} 3\n"));
	ck_assert_ptr_nonnull(strstr(page, "h_seconds_bucket{task=\"t\",le=\"300\"} 3\n"
					   "h_seconds_bucket{task=\"t\",le=\"+Inf\"} 4\n"
					   "h_seconds_sum{task=\"t\"} 1000.601\n"
					   "h_seconds_count{task=\"t\"} 4\n"));
	free(page);
	page = render(metrics, true);
	ck_assert_ptr_nonnull(strstr(page, "h_seconds_bucket{task=\"t\",le=\"1.0\"} 3\n"));
	ck_assert_ptr_nonnull(strstr(page, "h_seconds_bucket{task=\"t\",le=\"0.5\"} 3\n"));
	free(page);
	cbx_metrics_free(metrics);
}
END_TEST

START_TEST(the_sixty_fourth_is_other)
{
	struct cbx_metrics *metrics = NULL;
	struct cbx_metric *metric;
	cbx_auto(cbx_freep) char *page = NULL;
	const char *p;
	size_t lines = 0;
	char name[8];
	int i;

	ck_assert_int_eq(cbx_metrics_new(&metrics), 0);
	metric = cbx_metrics_add(metrics, CBX_COUNTER, "c_total", "Counts", "x", NULL);
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "v%d", i);
		cbx_metric_add(metric, name, NULL, 1);
	}
	cbx_metric_add(metric, "v62", NULL, 1);
	ck_assert(metric_value(metric, "v0", NULL) == 1);
	ck_assert(metric_value(metric, "v62", NULL) == 2);
	ck_assert(metric_value(metric, "v63", NULL) == 0);
	ck_assert(metric_value(metric, "other", NULL) == 1000 - 63);
	page = render(metrics, false);
	for (p = page; (p = strstr(p, "c_total{")); p++)
		lines++;
	ck_assert_uint_eq(lines, 64);
	cbx_metrics_free(metrics);
}
END_TEST

START_TEST(clear_and_null)
{
	struct cbx_metrics *metrics = NULL;
	struct cbx_metric *metric;
	cbx_auto(cbx_freep) char *page = NULL;

	ck_assert_int_eq(cbx_metrics_new(&metrics), 0);
	metric = cbx_metrics_add(metrics, CBX_GAUGE, "g", "A gauge", "x", NULL);
	cbx_metric_set(metric, "a", NULL, 1);
	cbx_metric_clear(metric);
	ck_assert(metric_value(metric, "a", NULL) == 0);
	page = render(metrics, false);
	ck_assert_str_eq(page, "");
	cbx_metric_set(metric, "a", NULL, 2);
	ck_assert(metric_value(metric, "a", NULL) == 2);
	cbx_metric_add(NULL, "a", NULL, 1);
	cbx_metric_set(NULL, "a", NULL, 1);
	cbx_metric_observe(NULL, "a", NULL, 1);
	cbx_metric_clear(NULL);
	ck_assert(metric_value(NULL, "a", NULL) == 0);
	cbx_metrics_free(metrics);
	cbx_metrics_free(NULL);
}
END_TEST

#define TAKES 20000

static void *take(void *metric)
{
	int i;

	for (i = 0; i < TAKES; i++)
		cbx_metric_add(metric, i % 2 ? "odd" : "even", NULL, 1);
	return NULL;
}

START_TEST(threads_take_and_render)
{
	struct cbx_thread threads[4] = { 0 };
	struct cbx_metrics *metrics = NULL;
	struct cbx_metric *metric;
	size_t i;

	ck_assert_int_eq(cbx_metrics_new(&metrics), 0);
	metric = cbx_metrics_add(metrics, CBX_COUNTER, "c_total", "Counts", "x", NULL);
	for (i = 0; i < CBX_COUNT(threads); i++)
		ck_assert_int_eq(cbx_thread_start(&threads[i], "take", take, metric), 0);
	for (i = 0; i < 100; i++)
		free(render(metrics, false));
	for (i = 0; i < CBX_COUNT(threads); i++)
		cbx_thread_join(&threads[i]);
	ck_assert(metric_value(metric, "odd", NULL) == TAKES * 2.0);
	ck_assert(metric_value(metric, "even", NULL) == TAKES * 2.0);
	cbx_metrics_free(metrics);
}
END_TEST

/* What promtool says of a page; it must say nothing */
static void check_with_promtool(const char *page)
{
	FILE *input = tmpfile();
	FILE *output = tmpfile();
	char said[4096] = "";
	int status = -1;
	pid_t pid;

	ck_assert(input && output);
	fputs(page, input);
	rewind(input);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		dup2(fileno(input), 0);
		dup2(fileno(output), 1);
		dup2(fileno(output), 2);
		execlp("promtool", "promtool", "check", "metrics", (char *)NULL);
		dprintf(2, "promtool can't be run: it is in Debian's package prometheus\n");
		_exit(127);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	rewind(output);
	said[fread(said, 1, sizeof(said) - 1, output)] = '\0';
	ck_assert_msg(WIFEXITED(status) && !WEXITSTATUS(status) && !said[0], "promtool (%d): %s",
		      status, said);
	fclose(input);
	fclose(output);
}

START_TEST(promtool_has_nothing_to_say)
{
	struct cbx_metrics *metrics = three_families();
	struct cbx_metric *metric;
	struct cbx_text text = { 0 };

	metric = cbx_metrics_add(metrics, CBX_HISTOGRAM, "h_seconds", "Takes", NULL, NULL);
	cbx_metric_observe(metric, NULL, NULL, 0.3);
	metric = cbx_metrics_add(metrics, CBX_GAUGE, "large", "From 1e-9 to 1e300", "x", NULL);
	cbx_metric_set(metric, "1e300", NULL, 1e300);
	cbx_metric_set(metric, "1e-30", NULL, 1e-30);
	cbx_metrics_process(&text, false);
	ck_assert_ptr_nonnull(strstr(text.bytes, "\nprocess_cpu_seconds_total "));
	ck_assert_ptr_nonnull(strstr(text.bytes, "\nprocess_resident_memory_bytes "));
	ck_assert_ptr_nonnull(strstr(text.bytes, "\nprocess_virtual_memory_bytes "));
	ck_assert_ptr_nonnull(strstr(text.bytes, "\nprocess_open_fds "));
	ck_assert_ptr_nonnull(strstr(text.bytes, "\nprocess_max_fds "));
	ck_assert_ptr_nonnull(strstr(text.bytes, "\nprocess_start_time_seconds "));
	cbx_metrics_render(metrics, false, &text);
	check_with_promtool(text.bytes);
	cbx_text_clear(&text);
	cbx_metrics_process(&text, true);
	ck_assert_ptr_nonnull(strstr(text.bytes, "# TYPE process_cpu_seconds counter\n"
						 "process_cpu_seconds_total "));
	cbx_text_free(&text);
	cbx_metrics_free(metrics);
}
END_TEST

/* A figure of the process that can be known otherwise */
START_TEST(counts_descriptors)
{
	struct cbx_text before = { 0 };
	struct cbx_text after = { 0 };
	int fds[2] = { 0, 0 };
	int fd;

	cbx_metrics_process(&before, false);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	cbx_metrics_process(&after, false);
	close(fd);
	sscanf(strstr(before.bytes, "\nprocess_open_fds "), "\nprocess_open_fds %d", &fds[0]);
	sscanf(strstr(after.bytes, "\nprocess_open_fds "), "\nprocess_open_fds %d", &fds[1]);
	ck_assert_int_ge(fds[0], 3);
	ck_assert_int_eq(fds[1], fds[0] + 1);
	cbx_text_free(&before);
	cbx_text_free(&after);
}
END_TEST

UNIT_TESTS(writes_prometheus_text, writes_openmetrics, histogram_is_cumulative,
	   the_sixty_fourth_is_other, clear_and_null, threads_take_and_render,
	   promtool_has_nothing_to_say, counts_descriptors)
