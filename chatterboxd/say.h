/* SPDX-License-Identifier: MIT */
/* say.h - messages on stderr or stdout that don't block when nobody reads them */
#ifndef CBD_SAY_H
#define CBD_SAY_H

/* Writes one line to @fd, without its newline: "chatterboxd: error: ..." Gives up if @fd takes
 * nothing for a tenth of a second; longer lines are cut to what a pipe takes at once. Any thread.
 */
void cbd_say(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
