/* SPDX-License-Identifier: MIT */
/*
 * servers.c - what a test may do to its servers, through servers.sh
 *
 * The script owns the processes; here is only how a C test calls it. The script is run by
 * argument vector and not by a shell command, so nothing has to be quoted.
 */
#include "servers.h"

#include <check.h>
#include <ctype.h>
#include <errno.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_ARGS 16
#define VERB 0
#define HEAD 3

const char *cbx_test_env(const char *name)
{
	char variable[64];
	const char *value;
	char *c;

	snprintf(variable, sizeof(variable), "CBX_TEST_%s", name);
	for (c = variable; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	value = getenv(variable);
	ck_assert_msg(
		value && *value,
		"%s is not set: run this test by tests/kit/servers/servers.sh run, ./dev test or "
		"meson test",
		variable);
	return value;
}

int cbx_test_port(const char *name)
{
	char variable[32];
	const char *text;
	char *end;
	long port;

	snprintf(variable, sizeof(variable), "%s_PORT", name);
	text = cbx_test_env(variable);
	port = strtol(text, &end, 10);
	ck_assert_msg(*end == '\0' && port > 0 && port < 65536, "CBX_TEST_%s is no port: %s",
		      variable, text);
	return (int)port;
}

/* Reads @fd to its end; a zero-terminated text to free */
static char *read_all(int fd)
{
	size_t len = 0, size = 4096;
	char *text = malloc(size);
	ssize_t n;

	ck_assert_ptr_nonnull(text);
	for (;;) {
		n = read(fd, text + len, size - len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
		if (size - len < 2) {
			size *= 2;
			text = realloc(text, size);
			ck_assert_ptr_nonnull(text);
		}
	}
	text[len] = '\0';
	return text;
}

/* Runs the script with @argv, whose first entry is filled in here; what it printed */
static char *run_script(const char **argv)
{
	posix_spawn_file_actions_t actions;
	int out[2], status, error;
	char *text;
	pid_t pid;

	argv[VERB] = cbx_test_env("SERVERS_SH");
	ck_assert_int_eq(pipe(out), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
	posix_spawn_file_actions_addclose(&actions, out[0]);
	posix_spawn_file_actions_addclose(&actions, out[1]);
	error = posix_spawn(&pid, argv[VERB], &actions, NULL, (char *const *)(void *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(out[1]);
	ck_assert_msg(error == 0, "%s: %s", argv[VERB], strerror(error));
	text = read_all(out[0]);
	close(out[0]);
	while (waitpid(pid, &status, 0) < 0)
		ck_assert_int_eq(errno, EINTR);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "servers.sh %s failed: %s",
		      argv[VERB + 1], text);
	return text;
}

static void command(const char *verb, const char *name)
{
	const char *argv[] = { NULL, verb, cbx_test_env("DIR"), name, NULL };

	free(run_script(argv));
}

void servers_kill(const char *name)
{
	command("kill", name);
}

void servers_up(const char *name)
{
	command("up", name);
}

void servers_pause(const char *name)
{
	command("pause", name);
}

void servers_cont(const char *name)
{
	command("cont", name);
}

char *servers_rabbitmqctl(const char *arg, ...)
{
	const char *argv[HEAD + MAX_ARGS + 1] = { NULL, "rabbitmqctl", cbx_test_env("DIR") };
	size_t n = HEAD;
	va_list args;

	va_start(args, arg);
	for (; arg; arg = va_arg(args, const char *)) {
		ck_assert_msg(n < HEAD + MAX_ARGS, "too many arguments for rabbitmqctl");
		argv[n++] = arg;
	}
	va_end(args);
	return run_script(argv);
}
