// SPDX-License-Identifier: MIT
/* state.c - what every state adapter shares: being freed by its own vtable, and the stream's order
 */
#include "port/state.h"

#include <stdint.h>
#include <stdlib.h>

void cbx_state_free(struct cbx_state *state)
{
	if (state)
		state->ops->free(state);
}

struct place {
	uint64_t ms, sequence;
};

static struct place read_place(const char *text)
{
	struct place place = { 0 };
	char *end;

	place.ms = strtoull(text, &end, 10);
	if (*end == '-')
		place.sequence = strtoull(end + 1, NULL, 10);
	return place;
}

int cbx_stream_place_compare(const char *a, const char *b)
{
	struct place x = read_place(a);
	struct place y = read_place(b);

	if (x.ms != y.ms)
		return x.ms < y.ms ? -1 : 1;
	if (x.sequence != y.sequence)
		return x.sequence < y.sequence ? -1 : 1;
	return 0;
}
