/* SPDX-License-Identifier: MIT */
/*
 * ocd.h - what OCD writes into SQL, for a fleet behind the embedded profile
 *
 * A row of status_monitor for each job that OCD starts, `connections`, and when lists are to be
 * activated (contract 5). It belongs to one thread.
 */
#ifndef CBX_FLEET_OCD_H
#define CBX_FLEET_OCD_H

#include "common/cleanup.h"

#include <stdbool.h>
#include <stdint.h>

struct cbx_ocd;

/* Creates the table `connections` if it is not there; the others come with the engine's migrations.
 * Return: 0, -ENOMEM, -EIO. */
int cbx_ocd_open(const char *sqlite_path, struct cbx_ocd **out);
void cbx_ocd_free(struct cbx_ocd *ocd);
CBX_DEFINE_CLEANUP(struct cbx_ocd *, cbx_ocd_free)

/* These are kept until cbx_ocd_write(); without memory one is forgotten. @type lives for ever. */
void cbx_ocd_started(struct cbx_ocd *ocd, const char *system, int64_t job_id, const char *type);
void cbx_ocd_connected(struct cbx_ocd *ocd, const char *system, bool online);
void cbx_ocd_activates(struct cbx_ocd *ocd, const char *system, const char *list, int64_t at_ms);

/* Writes what was kept, in one transaction. Return: 0, or -EAGAIN when some of it stays kept: its
 * table is not there yet, or others write. */
int cbx_ocd_write(struct cbx_ocd *ocd);
/* Plans the activations that have passed by half an hour again, for some hours later */
void cbx_ocd_plan_again(struct cbx_ocd *ocd, int64_t now_ms);

#endif
