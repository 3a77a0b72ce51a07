/* SPDX-License-Identifier: MIT */
/* address.h - where chatterboxd is, and the token for it. What is wrong is said on stderr. */
#ifndef CTL_ADDRESS_H
#define CTL_ADDRESS_H

#include <stdbool.h>

#define CTL_DEFAULT_URL "http://127.0.0.1:3041"

/* @given: of the command line, or NULL. *out is without slashes at its end. -EINVAL, -ENOMEM. */
int ctl_address_read(const char *given, char **out);
/* Whether it is this machine, which no proxy is asked for */
bool ctl_address_is_local(const char *url);
/* @file: of the command line, or NULL. *out is NULL when there is no token. -EINVAL, -ENOMEM. */
int ctl_token_read(const char *file, char **out);

#endif
