/* SPDX-License-Identifier: MIT */
/* privacy.h - hardens the process: environment, core files, debuggers */
#ifndef CBD_PRIVACY_H
#define CBD_PRIVACY_H

/* At the very start, before there is any thread */
void cbd_privacy_begin(void);

#endif
