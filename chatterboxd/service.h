/* SPDX-License-Identifier: MIT */
/* service.h - the parts of the running daemon: configuration, log, engine, HTTP server */
#ifndef CBD_SERVICE_H
#define CBD_SERVICE_H

#include "settings.h"

struct cbd_service {
	const struct cbd_options *options;
	struct chatterbox_config *config;
	struct cbd_log *log;
	struct chatterbox *box;
	struct cbx_demo *fleet; /* of --demo, else NULL */
	struct cbd_http *http;
	bool waits; /* for its address, which was said */
};

#define CBD_SERVICE_WAITS (-1)

/* These report errors on stderr, and in the log once there is one. */

/* Reads the configuration and creates log and engine. Return: 0 or an exit code. */
int cbd_service_open(struct cbd_service *service, const struct cbd_options *options);
/* Starts HTTP. Return: 0, CBD_SERVICE_WAITS while its address can't be had and @patient, or an exit
 * code. */
int cbd_service_listen(struct cbd_service *service, bool patient);
/* Then the engine. Return: 0 or an exit code. */
int cbd_service_start(struct cbd_service *service, const struct chatterbox_observer *observer);
/* --check-config --connect: prints a line for each server. Return: the exit code. */
int cbd_service_check(struct cbd_service *service);
/* --migrate. Return: the exit code. */
int cbd_service_migrate(struct cbd_service *service);
/* settings.c, on SIGHUP: reads the configuration again and opens the log again; a bad configuration
 * changes nothing */
void cbd_service_reload(struct cbd_service *service);
/* Stops everything and frees it */
void cbd_service_closep(struct cbd_service *service);

/* Writes an error on stderr and in the log */
void cbd_service_complain(struct cbd_service *service, const char *text);

#endif
