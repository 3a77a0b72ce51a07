// SPDX-License-Identifier: MIT
/* alloc_faults.c - makes a chosen allocation fail, and follows all others until they are freed */
#include "alloc_faults.h"

#include <check.h>
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the linker's --wrap makes of the names */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t most);
int __wrap_vasprintf(char **out, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));
int __wrap_asprintf(char **out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* How they are called with _FORTIFY_SOURCE */
int __wrap___vasprintf_chk(char **out, int flag, const char *format, va_list arguments)
	__attribute__((format(printf, 3, 0)));
int __wrap___asprintf_chk(char **out, int flag, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void __wrap_free(void *block);

#define TABLE (1U << 17) /* blocks followed at a time; a power of two */
#define MOST 100000      /* allocations of one operation, at most */

static _Thread_local struct {
	unsigned long left; /* allocations until one fails; 0 = none fails */
	bool persistent;
	bool paused;
	unsigned long failed;
	uintptr_t
		*blocks; /* open addressing by address; 0 = free slot; NULL = nothing is followed */
	size_t count;
} state;

static size_t place(uintptr_t block)
{
	return (size_t)((block >> 4) * 0x9e3779b97f4a7c15ULL >> 40) & (TABLE - 1);
}

static void *follow(void *block)
{
	size_t at;

	if (!state.blocks || !block)
		return block;
	if (state.count++ > TABLE / 2)
		abort();
	for (at = place((uintptr_t)block); state.blocks[at]; at = (at + 1) & (TABLE - 1))
		;
	state.blocks[at] = (uintptr_t)block;
	return block;
}

/* Moves blocks up into the gap, so that searches don't end at it */
static void close_gap(size_t gap)
{
	size_t at = gap;

	while (state.blocks[at = (at + 1) & (TABLE - 1)]) {
		size_t home = place(state.blocks[at]);

		if (((at - home) & (TABLE - 1)) < ((at - gap) & (TABLE - 1)))
			continue;
		state.blocks[gap] = state.blocks[at];
		gap = at;
	}
	state.blocks[gap] = 0;
}

/* Blocks from before begin() are unknown, which is no error */
static void forget(const void *block)
{
	size_t at;

	if (!state.blocks || !block)
		return;
	for (at = place((uintptr_t)block); state.blocks[at]; at = (at + 1) & (TABLE - 1)) {
		if (state.blocks[at] != (uintptr_t)block)
			continue;
		close_gap(at);
		state.count--;
		return;
	}
}

static bool fails(void)
{
	if (state.paused || !state.left || (state.left > 1 && state.left--))
		return false;
	state.failed++;
	if (!state.persistent)
		state.left = 0;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : follow(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : follow(__real_calloc(count, size));
}

void *__wrap_realloc(void *old, size_t size)
{
	void *block;

	if (fails())
		return NULL;
	forget(old);
	block = __real_realloc(old, size);
	return follow(block);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return __wrap_realloc(old, bytes);
}

char *__wrap_strndup(const char *text, size_t most)
{
	size_t len = strnlen(text, most);
	char *copy = __wrap_malloc(len + 1);

	if (!copy)
		return NULL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *__wrap_strdup(const char *text)
{
	return __wrap_strndup(text, strlen(text));
}

int __wrap_vasprintf(char **out, const char *format, va_list arguments)
{
	va_list again;
	char *text;
	int len;

	va_copy(again, arguments);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	text = len < 0 ? NULL : __wrap_malloc((size_t)len + 1);
	/* after a failure *out is undefined: makes sure that nobody uses it */
	*out = text ? text : (char *)(uintptr_t)8;
	return text ? vsnprintf(text, (size_t)len + 1, format, arguments) : -1;
}

int __wrap_asprintf(char **out, const char *format, ...)
{
	va_list arguments;
	int len;

	va_start(arguments, format);
	len = __wrap_vasprintf(out, format, arguments);
	va_end(arguments);
	return len;
}

int __wrap___vasprintf_chk(char **out, int flag, const char *format, va_list arguments)
{
	(void)flag;
	return __wrap_vasprintf(out, format, arguments);
}

int __wrap___asprintf_chk(char **out, int flag, const char *format, ...)
{
	va_list arguments;
	int len;

	(void)flag;
	va_start(arguments, format);
	len = __wrap_vasprintf(out, format, arguments);
	va_end(arguments);
	return len;
}

void __wrap_free(void *block)
{
	forget(block);
	__real_free(block);
}

void alloc_faults_arm(unsigned long nth, bool persistent)
{
	state.left = nth;
	state.persistent = persistent;
	state.failed = 0;
}

unsigned long alloc_faults_disarm(void)
{
	state.left = 0;
	return state.failed;
}

void alloc_faults_pause(void)
{
	state.paused = true;
}

void alloc_faults_resume(void)
{
	state.paused = false;
}

void alloc_faults_begin(void)
{
	json_set_alloc_funcs(__wrap_malloc, __wrap_free);
	state.count = 0;
	state.blocks = __real_calloc(TABLE, sizeof(*state.blocks));
	ck_assert_ptr_nonnull(state.blocks);
}

size_t alloc_faults_end(void)
{
	__real_free(state.blocks);
	state.blocks = NULL;
	return state.count;
}

static bool is_accepted(const struct alloc_case *operation, int result)
{
	return result == -ENOMEM || (operation->accepts && operation->accepts(result));
}

/* One run in which the @nth allocation fails; false if it makes fewer */
static bool run_once(const struct alloc_case *operation, unsigned long nth, bool persistent)
{
	const char *mode = persistent ? "from that one on" : "that one alone";
	unsigned long failed;
	void *fixture;
	size_t leaked;
	int result;

	alloc_faults_begin();
	fixture = operation->set_up ? operation->set_up() : NULL;
	alloc_faults_arm(nth, persistent);
	result = operation->run(fixture);
	failed = alloc_faults_disarm();
	ck_assert_msg(result >= 0 || failed, "%s: %d without a failed allocation", operation->name,
		      result);
	if (result < 0) {
		ck_assert_msg(is_accepted(operation, result),
			      "%s, allocation %lu (%s): %d is no documented failure",
			      operation->name, nth, mode, result);
		if (operation->unchanged)
			operation->unchanged(fixture);
		result = operation->run(fixture);
		ck_assert_msg(result >= 0, "%s, allocation %lu (%s): %d at the second try",
			      operation->name, nth, mode, result);
	}
	if (operation->done)
		operation->done(fixture);
	if (operation->tear_down)
		operation->tear_down(fixture);
	leaked = alloc_faults_end();
	ck_assert_msg(!leaked, "%s, allocation %lu (%s): %zu blocks leaked", operation->name, nth,
		      mode, leaked);
	return failed > 0;
}

unsigned long alloc_faults_sweep(const struct alloc_case *operation)
{
	unsigned long nth = 1;
	unsigned long persistent = 1;

	while (run_once(operation, nth, false))
		ck_assert_uint_lt(nth++, MOST);
	while (run_once(operation, persistent, true))
		ck_assert_uint_lt(persistent++, MOST);
	return nth - 1;
}
