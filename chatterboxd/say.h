/* SPDX-License-Identifier: MIT */
/* say.h - a word on stderr or stdout that holds nobody up when nobody reads it */
#ifndef CBD_SAY_H
#define CBD_SAY_H

/* One line to @fd, without its newline: "chatterboxd: error: ..." It is given up when @fd takes
 * nothing for a tenth of a second, and cut at what a pipe takes in one piece. Any thread. */
void cbd_say(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
