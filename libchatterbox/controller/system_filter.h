/* SPDX-License-Identifier: MIT */
/* system_filter.h - which systems a list is asked for (contract 6.2) */
#ifndef CBX_CONTROLLER_SYSTEM_FILTER_H
#define CBX_CONTROLLER_SYSTEM_FILTER_H

#include "controller/job_api.h"

/* The text is borrowed from the parameters */
struct cbx_system_filter {
	unsigned states; /* a bit for each enum cbx_system_state; 0 = any */
	const char *q;   /* a part of the name, without case; NULL = any */
};

/* Return: 0, or -EINVAL with a line in @error */
int cbx_system_filter_read(const json_t *params, struct cbx_system_filter *filter,
			   char error[CBX_API_ERROR]);
bool cbx_system_filter_matches(const struct cbx_system_filter *filter,
			       const struct cbx_system *system);

#endif
