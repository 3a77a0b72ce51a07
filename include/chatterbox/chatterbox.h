/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/chatterbox.h - everything that libchatterbox offers
 *
 * What holds for all of it:
 *
 * Returns. 0 or more is done, and what more than 0 means the call says; a negative value is a
 * failure: a negated errno, or one of enum chatterbox_error_code.
 *
 * Errors. A call whose failure has a cause worth telling takes a `struct chatterbox_error *` as its
 * last parameter: the caller's own, filled on failure only, NULL if it is not wanted. The others
 * fail for what the number says.
 *
 * Out parameters are written last and only on success.
 *
 * Ownership. Handles are opaque and counted: *_ref() takes a reference and returns the handle,
 * *_unref() takes NULL too, gives one back and returns NULL. What is handed in is copied, or a
 * reference is taken; what is "borrowed" lives as long as what it came from. Allocated texts are
 * given back with free().
 *
 * Threads. A call may be made in any thread, at the same time as others, where its comment says
 * "any thread"; a config, a peer, a task and a scheduler belong to one thread at a time. Library
 * threads block all signals. Callbacks run inside chatterbox_dispatch() alone (engine.h tells their
 * order), except that of the log.
 *
 * Waiting. What is carried out by the engine's threads can be waited for or not (call.h). What only
 * reads memory never blocks.
 *
 * Text is UTF-8 with a NUL behind it. Times are UTC; durations carry their unit in the name or
 * comment. NULL where it is not allowed, an index past the end and the like are mistakes of the
 * caller: they are asserted.
 *
 * Names. chatterbox_<object>_<verb>, or chatterbox_<verb> of the engine; no name is the beginning
 * of another. An enum has its _to_string(). Structs that a host fills begin with their version;
 * those that it receives may grow at their end.
 *
 * "contract 3.3" is a section of contract.md, the page of all that other programs can rely on; it
 * is installed beside this library's documents, and so is api.md, a first page on these calls.
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
