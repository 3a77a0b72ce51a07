/* SPDX-License-Identifier: MIT */
/* file.h - the two files of a recording; of the recorder's thread */
#ifndef CBX_ADAPTER_FLIGHT_FILE_H
#define CBX_ADAPTER_FLIGHT_FILE_H

#include "common/text.h"

struct cbx_flight_file {
	char *path;
	char *before; /* FILE.1 */
	int fd;       /* -1: it is not open */
	uint64_t size;
	bool regular; /* else nothing is known of its size, and it can't be turned over */
	bool opened;  /* once: what is there now is ours */
};

int cbx_flight_file_init(struct cbx_flight_file *file, const char *path); /* -ENOMEM */
void cbx_flight_file_close(struct cbx_flight_file *file);
void cbx_flight_file_free(struct cbx_flight_file *file);
/* Opens it; what was there before we began becomes FILE.1. 0, or -errno. */
int cbx_flight_file_open(struct cbx_flight_file *file);
/* FILE becomes FILE.1, and an empty FILE is opened. 0, or -errno. */
int cbx_flight_file_turn_over(struct cbx_flight_file *file);
/* Writes all of it, or nothing: after a failure it ends where it ended before. 0, or -errno. */
int cbx_flight_file_write(struct cbx_flight_file *file, const struct cbx_text *text);

#endif
