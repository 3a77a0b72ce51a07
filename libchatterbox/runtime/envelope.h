/* SPDX-License-Identifier: MIT */
/* envelope.h - what all messages of ours have in common: the JSON-RPC 2.0 envelope (or none),
 * app_id, timestamp, content type, header trace_id (contract 3.1) */
#ifndef CBX_RUNTIME_ENVELOPE_H
#define CBX_RUNTIME_ENVELOPE_H

#include "common/text.h"
#include "port/bus.h"
#include "runtime/settings.h"

/* Writes {"jsonrpc":"2.0","method":@method,"params": …; @id NULL = a notification. Writes nothing
 * in the bare form. */
void cbx_envelope_open(const struct cbx_settings *settings, struct cbx_text *body, const char *id,
		       const char *method);
void cbx_envelope_close(const struct cbx_settings *settings, struct cbx_text *body);
/* Sets the properties; @trace is borrowed and must outlive the message */
void cbx_envelope_properties(const struct cbx_settings *settings, struct cbx_clock *clock,
			     const char *trace, struct cbx_bus_message *message);

#endif
