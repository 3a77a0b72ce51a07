// SPDX-License-Identifier: MIT
/*
 * metrics_process.c - the process_* metrics that every Prometheus client exports
 *
 * Names, units and meanings are those of the guideline for client libraries. They are read from
 * /proc for each page.
 */
#include "base/metrics.h"
#include "base/metrics_text.h"

#include "common/cleanup.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static void put(struct cbx_text *out, bool openmetrics, const char *name, const char *type,
		const char *help, double value)
{
	const struct cbx_sample sample = { .name = name, .suffix = "", .bound = NAN };

	cbx_family_render(name, type, help, openmetrics, out);
	cbx_sample_render(&sample, value, out);
}

/* Reads all of a small file; "" when it can't be read */
static void read_file(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "re");
	size_t len = 0;

	if (file) {
		len = fread(text, 1, size - 1, file);
		fclose(file);
	}
	text[len] = '\0';
}

/* When the machine was started, in seconds since the epoch; 0 = unknown */
static double boot_time(void)
{
	char line[256];
	unsigned long long seconds = 0;
	FILE *file = fopen("/proc/stat", "re");

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "btime %llu", &seconds) == 1)
			break;
	fclose(file);
	return (double)seconds;
}

static void put_stat(struct cbx_text *out, bool openmetrics)
{
	unsigned long long user, system, start, virtual;
	double ticks = (double)sysconf(_SC_CLK_TCK);
	double boot = boot_time();
	char text[1024];
	long long threads, resident;
	const char *p;

	read_file("/proc/self/stat", text, sizeof(text));
	p = strrchr(text, ')'); /* the process name before it may contain anything */
	if (!p || sscanf(p,
			 ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d "
			 "%lld %*d %llu %llu %lld",
			 &user, &system, &threads, &start, &virtual, &resident) != 6)
		return;
	put(out, openmetrics, "process_cpu_seconds_total", "counter",
	    "Total user and system CPU time spent in seconds.", (double)(user + system) / ticks);
	put(out, openmetrics, "process_threads", "gauge", "Number of OS threads in the process.",
	    (double)threads);
	put(out, openmetrics, "process_virtual_memory_bytes", "gauge",
	    "Virtual memory size in bytes.", (double)virtual);
	put(out, openmetrics, "process_resident_memory_bytes", "gauge",
	    "Resident memory size in bytes.", (double)resident * (double)sysconf(_SC_PAGESIZE));
	if (boot > 0)
		put(out, openmetrics, "process_start_time_seconds", "gauge",
		    "Start time of the process since unix epoch in seconds.",
		    boot + (double)start / ticks);
}

static void put_descriptors(struct cbx_text *out, bool openmetrics)
{
	DIR *directory = opendir("/proc/self/fd");
	struct rlimit limit;
	double count = -1; /* not counting the directory's own descriptor */

	if (directory) {
		const struct dirent *entry;

		while ((entry = readdir(directory)))
			count += entry->d_name[0] != '.';
		closedir(directory);
		put(out, openmetrics, "process_open_fds", "gauge",
		    "Number of open file descriptors.", count);
	}
	if (!getrlimit(RLIMIT_NOFILE, &limit))
		put(out, openmetrics, "process_max_fds", "gauge",
		    "Maximum number of open file descriptors.", (double)limit.rlim_cur);
}

void cbx_metrics_process(struct cbx_text *out, bool openmetrics)
{
	put_stat(out, openmetrics);
	put_descriptors(out, openmetrics);
}
