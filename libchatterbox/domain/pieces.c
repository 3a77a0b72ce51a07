// SPDX-License-Identifier: MIT
/* pieces.c - frozen copies of a long list that share what has not changed */
#include "domain/pieces.h"

#include "common/array.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static void unref(struct cbx_piece *piece)
{
	size_t i;

	if (!piece || atomic_fetch_sub_explicit(&piece->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (i = 0; i < piece->count; i++)
		piece->unref(piece->records[i]);
	free(piece);
}

void cbx_pieces_unref(struct cbx_piece **pieces, size_t count)
{
	while (count)
		unref(pieces[--count]);
}

void cbx_pieces_forget(struct cbx_pieces *pieces, size_t at)
{
	size_t i = at / CBX_PIECE;

	if (i >= pieces->count)
		return;
	unref(pieces->all[i]);
	pieces->all[i] = NULL;
}

void cbx_pieces_forget_from(struct cbx_pieces *pieces, size_t at)
{
	size_t first = at / CBX_PIECE;

	if (first >= pieces->count)
		return;
	cbx_pieces_unref(pieces->all + first, pieces->count - first);
	pieces->count = first;
}

void cbx_pieces_close(struct cbx_pieces *pieces)
{
	cbx_pieces_unref(pieces->all, pieces->count);
	free(pieces->all);
	*pieces = (struct cbx_pieces){ 0 };
}

static int make(struct cbx_piece **out, size_t first, size_t count, cbx_record_fn record,
		const void *table, void (*release)(void *record))
{
	struct cbx_piece *piece = malloc(sizeof(*piece) + count * sizeof(void *));
	size_t i;

	if (!piece)
		return -ENOMEM;
	atomic_init(&piece->refs, 1);
	piece->count = count;
	piece->unref = release;
	for (i = 0; i < count; i++)
		piece->records[i] = record(table, first + i);
	*out = piece;
	return 0;
}

int cbx_pieces_freeze(struct cbx_pieces *pieces, size_t count, cbx_record_fn record,
		      const void *table, void (*release)(void *record), struct cbx_piece **out)
{
	size_t needed = cbx_pieces_of(count);
	size_t i;

	if (cbx_grow(pieces->all, pieces->capacity, needed) < 0)
		return -ENOMEM;
	for (; pieces->count < needed; pieces->count++)
		pieces->all[pieces->count] = NULL;
	for (i = 0; i < needed; i++) {
		size_t first = i * CBX_PIECE;
		size_t here = count - first < CBX_PIECE ? count - first : CBX_PIECE;

		if (!pieces->all[i] && make(&pieces->all[i], first, here, record, table, release))
			return -ENOMEM;
	}
	for (i = 0; i < needed; i++) {
		atomic_fetch_add_explicit(&pieces->all[i]->refs, 1, memory_order_relaxed);
		out[i] = pieces->all[i];
	}
	return 0;
}
