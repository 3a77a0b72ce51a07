// SPDX-License-Identifier: MIT
/* envelope.c - wraps outgoing messages */
#include "runtime/envelope.h"

void cbx_envelope_open(const struct cbx_settings *settings, struct cbx_text *body, const char *id,
		       const char *method)
{
	if (settings->envelope != CBX_ENVELOPE_JSONRPC)
		return;
	cbx_text_puts(body, "{\"jsonrpc\":\"2.0\",");
	if (id)
		cbx_text_printf(body, "\"id\":\"%s\",", id);
	cbx_text_puts(body, "\"method\":");
	cbx_text_json_string(body, method);
	cbx_text_puts(body, ",\"params\":");
}

void cbx_envelope_close(const struct cbx_settings *settings, struct cbx_text *body)
{
	if (settings->envelope == CBX_ENVELOPE_JSONRPC)
		cbx_text_putc(body, '}');
}

void cbx_envelope_properties(const struct cbx_settings *settings, struct cbx_clock *clock,
			     const char *trace, struct cbx_bus_message *message)
{
	message->app_id = settings->app_name;
	message->content_type = "application/json";
	message->timestamp = cbx_wall(clock) / 1000;
	cbx_bus_add_header(message, "trace_id", trace);
}
