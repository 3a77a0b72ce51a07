// SPDX-License-Identifier: MIT
/* state.c - what every state adapter shares: being freed by its own vtable */
#include "port/state.h"

void cbx_state_free(struct cbx_state *state)
{
	if (state)
		state->ops->free(state);
}
