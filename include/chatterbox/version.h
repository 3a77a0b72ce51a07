/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/version.h - the version of these headers, and of the library that is running
 *
 * The project's version, by semantic versioning. The library's binary interface has a version of
 * its own, that of the soname: it grows only when a program would have to be built anew.
 */
#ifndef CHATTERBOX_VERSION_H
#define CHATTERBOX_VERSION_H

#include <chatterbox/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The version of these headers, its first number */
#define CHATTERBOX_VERSION_MAJOR 0
/** Its second number */
#define CHATTERBOX_VERSION_MINOR 1
/** Its third number */
#define CHATTERBOX_VERSION_PATCH 0
/** All three as a text */
#define CHATTERBOX_VERSION_TEXT "0.1.0"

/** Are these headers of that version, or of a later one? For #if. */
#define CHATTERBOX_VERSION_AT_LEAST(major, minor, patch) \
	(CHATTERBOX_VERSION_MAJOR > (major) ||           \
	 (CHATTERBOX_VERSION_MAJOR == (major) &&         \
	  (CHATTERBOX_VERSION_MINOR > (minor) ||         \
	   (CHATTERBOX_VERSION_MINOR == (minor) && CHATTERBOX_VERSION_PATCH >= (patch)))))

/**
 * chatterbox_version() - the version of the library that is running
 *
 * Any thread. Return: "0.1.0", static.
 */
CHATTERBOX_API const char *chatterbox_version(void);

#ifdef __cplusplus
}
#endif
#endif
