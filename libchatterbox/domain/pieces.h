/* SPDX-License-Identifier: MIT */
/*
 * pieces.h - a long list of counted records, frozen again and again while a few of them change
 *
 * What readers see is made of pieces, each immutable and counted. The owner of a table keeps those
 * of its last copy and forgets the ones in which something changed; the next copy shares all
 * others, so that it costs as much as has changed. Records are given by their place, which the
 * owner keeps stable or tells that it moved.
 */
#ifndef CBX_DOMAIN_PIECES_H
#define CBX_DOMAIN_PIECES_H

#include <stddef.h>

#define CBX_PIECE 256 /* records in each but the last */

struct cbx_piece {
	_Atomic unsigned refs;
	size_t count;
	void (*unref)(void *record);
	void *records[];
};

/* The pieces of @count records */
static inline size_t cbx_pieces_of(size_t count)
{
	return (count + CBX_PIECE - 1) / CBX_PIECE;
}

static inline void *cbx_pieces_at(struct cbx_piece *const *pieces, size_t at)
{
	return pieces[at / CBX_PIECE]->records[at % CBX_PIECE];
}

/* Drops references of the first @count pieces */
void cbx_pieces_unref(struct cbx_piece **pieces, size_t count);

/* What the owner keeps; all zero at first */
struct cbx_pieces {
	struct cbx_piece **all; /* NULL: has to be made anew */
	size_t count, capacity;
};

/* The record at @at changed */
void cbx_pieces_forget(struct cbx_pieces *pieces, size_t at);
/* What stood at @at and behind it may stand elsewhere now, or is gone; 0: all */
void cbx_pieces_forget_from(struct cbx_pieces *pieces, size_t at);
void cbx_pieces_close(struct cbx_pieces *pieces);
/* A reference of the record at @at */
typedef void *(*cbx_record_fn)(const void *table, size_t at);
/* Writes counted references of all pieces of @count records to @out. -ENOMEM: nothing was written.
 */
int cbx_pieces_freeze(struct cbx_pieces *pieces, size_t count, cbx_record_fn record,
		      const void *table, void (*unref)(void *record), struct cbx_piece **out);

#endif
