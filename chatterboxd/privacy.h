/* SPDX-License-Identifier: MIT */
/* privacy.h - what the daemon takes from and gives to the process around it */
#ifndef CBD_PRIVACY_H
#define CBD_PRIVACY_H

/* At the very start, before there is any thread */
void cbd_privacy_begin(void);

#endif
