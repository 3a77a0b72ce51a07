// SPDX-License-Identifier: MIT
/* state.c - frees a state of any adapter, and compares positions in the stream */
#include "port/state.h"

#include <stdint.h>
#include <stdlib.h>

void cbx_state_free(struct cbx_state *state)
{
	if (state)
		state->ops->free(state);
}

struct position {
	uint64_t ms, sequence;
};

static struct position read_position(const char *text)
{
	struct position position = { 0 };
	char *end;

	position.ms = strtoull(text, &end, 10);
	if (*end == '-')
		position.sequence = strtoull(end + 1, NULL, 10);
	return position;
}

int cbx_stream_position_compare(const char *a, const char *b)
{
	struct position x = read_position(a);
	struct position y = read_position(b);

	if (x.ms != y.ms)
		return x.ms < y.ms ? -1 : 1;
	if (x.sequence != y.sequence)
		return x.sequence < y.sequence ? -1 : 1;
	return 0;
}
