/* SPDX-License-Identifier: MIT */
/* flight_line.h - the parts of a line of a recording; for the files that write them */
#ifndef CBX_ROAD_FLIGHT_LINE_H
#define CBX_ROAD_FLIGHT_LINE_H

#include "road/road.h"

/* Begins a line, with the time */
void cbx_line_begin(struct cbx_road *road, struct cbx_text *line, const char *what);
/* Gives it to the recorder, and frees it */
void cbx_line_end(struct cbx_road *road, struct cbx_text *line);
/* Seconds of the monotonic clock, exactly */
void cbx_line_time(struct cbx_text *line, const char *name, uint64_t ns);
void cbx_line_text(struct cbx_text *line, const char *name, const char *text); /* NULL: left out */
void cbx_line_number(struct cbx_text *line, const char *name, int64_t number);
void cbx_line_flag(struct cbx_text *line, const char *name, bool flag); /* false: left out */
/* @understood: the bytes are JSON */
void cbx_line_body(struct cbx_text *line, const char *body, size_t len, bool understood);

#endif
