/* SPDX-License-Identifier: MIT */
/* cors.h - pages of other origins that http_server.cors_origins lets read */
#ifndef CBD_CORS_H
#define CBD_CORS_H

#include <stdbool.h>
#include <stddef.h>

struct MHD_Response;
struct cbd_request;

/* @origins: the list, one a line. Is @origin, as a browser sends it, in it? Return: how the list
 * spells it, of *len bytes, or NULL. */
const char *cbd_cors_find(const char *origins, const char *origin, size_t *len);
/* Does a browser ask whether its page may read this path, and may it? */
bool cbd_cors_preflight(const struct cbd_request *request);
/* Adds the headers that let the page have the answer, if it may */
void cbd_cors_add(const struct cbd_request *request, struct MHD_Response *response);

#endif
