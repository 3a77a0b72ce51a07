/* SPDX-License-Identifier: MIT */
/*
 * file.h - is a file what a library may be told to read?
 *
 * OpenSSL opens the files of certificates that it is given by fopen(), and reads them to their end:
 * a FIFO that nobody writes to, or a device, would hold up the thread for ever.
 */
#ifndef CBX_COMMON_FILE_H
#define CBX_COMMON_FILE_H

/* Why a library can't be told to read it: "it is a FIFO". NULL: it can, or will say itself why not
 * (it is absent). @path NULL or "": no file. */
const char *cbx_file_trouble(const char *path);

#endif
