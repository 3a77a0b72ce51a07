/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/chatterbox.h - everything that libchatterbox offers
 *
 * Conventions: 0 is done, a negative value a failure (chatterbox_strerror()), a positive one an
 * outcome that the call documents. Out parameters are written last and only on success. Handles
 * are opaque and counted. Times are UTC, durations carry their unit in the name or comment.
 * "contract 3.3" is a section of contract.md, the page of all that other programs can rely on; it
 * is installed beside this library's documents.
 */
#ifndef CHATTERBOX_CHATTERBOX_H
#define CHATTERBOX_CHATTERBOX_H

#include <chatterbox/call.h>
#include <chatterbox/config.h>
#include <chatterbox/engine.h>
#include <chatterbox/error.h>
#include <chatterbox/errors.h>
#include <chatterbox/job_api.h>
#include <chatterbox/job_status.h>
#include <chatterbox/jobs.h>
#include <chatterbox/log.h>
#include <chatterbox/peer.h>
#include <chatterbox/query.h>
#include <chatterbox/systems.h>
#include <chatterbox/task.h>
#include <chatterbox/version.h>

#endif
