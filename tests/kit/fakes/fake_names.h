/* SPDX-License-Identifier: MIT */
/*
 * fake_names.h - getaddrinfo() for a test program, in the C library's place
 *
 * "two.test" has the addresses 127.0.0.8 and 127.0.0.9, "fails.test" none, "slow.test" is 127.0.0.7
 * but only answers while it is let through. Addresses are what they are.
 */
#ifndef CBX_TESTS_FAKE_NAMES_H
#define CBX_TESTS_FAKE_NAMES_H

#include <stdbool.h>

void fake_names_let_through(bool through);
/* How many lookups of names were begun, and how many are under way */
int fake_names_asked(void);
int fake_names_hanging(void);

#endif
