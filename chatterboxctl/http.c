// SPDX-License-Identifier: MIT
/*
 * http.c - one request to chatterboxd by libcurl
 *
 * Redirects are not followed, since the token would go with them; a proxy is not asked for what is
 * on this machine.
 */
#include "http.h"

#include "address.h"
#include "say.h"

#include <chatterbox/version.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#define CONNECT_SECONDS 5
#define READ_SECONDS 30
#define ORDER_SECONDS 330 /* rmq_rpc.rpc_timeout is 5 minutes */
#define QUIET_SECONDS 60
#define BODY_LIMIT ((size_t)256 << 20)

static void curl_freep(CURL **curl)
{
	curl_easy_cleanup(*curl);
}

static void headers_freep(struct curl_slist **headers)
{
	curl_slist_free_all(*headers);
}

static size_t receive(char *bytes, size_t size, size_t count, void *user)
{
	struct cbx_text *body = user;

	if (size * count > BODY_LIMIT - body->len)
		return 0;
	cbx_text_add(body, bytes, size * count);
	return body->failed ? 0 : size * count;
}

static bool add_header(struct curl_slist **headers, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*headers, line);

	if (longer)
		*headers = longer;
	return longer;
}

static bool add_headers(const struct ctl_options *options, const char *body,
			struct curl_slist **headers)
{
	cbx_auto(cbx_freep) char *line = NULL;
	bool added = true;

	if (options->token) {
		if (asprintf(&line, "Authorization: Bearer %s", options->token) < 0)
			return false;
		added = add_header(headers, line);
		explicit_bzero(line, strlen(line));
	}
	if (body)
		added = added && add_header(headers, "Content-Type: application/json");
	return added &&
	       add_header(headers, "Accept: application/json, text/plain, text/event-stream");
}

static int look_up(void *user, curl_off_t all_down, curl_off_t down, curl_off_t all_up,
		   curl_off_t up)
{
	const struct ctl_options *options = user;

	(void)all_down, (void)down, (void)all_up, (void)up;
	return options->stop(options->stop_user);
}

/* libcurl asks it once a second at least */
static bool set_stop(CURL *curl, const struct ctl_options *options)
{
	CURLcode failed = curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);

	failed |= curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_up);
	failed |= curl_easy_setopt(curl, CURLOPT_XFERINFODATA, options);
	return !failed;
}

static bool set_up(CURL *curl, const struct ctl_options *options, const char *method,
		   const char *body, struct ctl_reply *out)
{
	const char *authorities = getenv("SSL_CERT_FILE");
	bool reads = !strcmp(method, "GET");
	long usual = reads ? READ_SECONDS : ORDER_SECONDS;
	CURLcode failed = curl_easy_setopt(curl, CURLOPT_URL, out->url);

	failed |= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	failed |= curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	failed |= curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
	failed |= curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	failed |= curl_easy_setopt(curl, CURLOPT_TIMEOUT,
				   options->timeout ? options->timeout : usual);
	failed |= curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
	failed |=
		curl_easy_setopt(curl, CURLOPT_USERAGENT, "chatterboxctl/" CHATTERBOX_VERSION_TEXT);
	failed |= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
	failed |= curl_easy_setopt(curl, CURLOPT_WRITEDATA, &out->body);
	if (authorities && *authorities)
		failed |= curl_easy_setopt(curl, CURLOPT_CAINFO, authorities);
	if (ctl_address_is_local(options->url))
		failed |= curl_easy_setopt(curl, CURLOPT_PROXY, "");
	if (!reads)
		failed |= curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	if (body) {
		failed |= curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
		failed |= curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
	}
	return !failed && (!options->stop || set_stop(curl, options));
}

/* What went wrong, and what can be done about it */
static void explain(CURLcode failed, const char *detail, const char *url, bool reads)
{
	switch ((int)failed) {
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
		ctl_say("%s: %s; does chatterboxd run there? --url or CHATTERBOX_URL says where "
			"it is",
			url, detail);
		break;
	case CURLE_OPERATION_TIMEDOUT:
		ctl_say("%s: no answer in time (%s); %s, or wait longer with --timeout", url,
			detail,
			reads ? "see whether the machine is overloaded"
			      : "the order may still be carried out: look before you repeat it");
		break;
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
		ctl_say("%s: the answer broke off (%s); %s", url, detail,
			reads ? "try again, and see whether chatterboxd was restarted"
			      : "the order may have been carried out: look before you repeat it");
		break;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		ctl_say("%s: %s; SSL_CERT_FILE names a file of authorities to trust", url, detail);
		break;
	case CURLE_WRITE_ERROR:
		ctl_say("%s: the answer is too large for this machine", url);
		break;
	default:
		ctl_say("%s: %s; is this the address of a chatterboxd, and http or https as it "
			"listens?",
			url, detail);
	}
}

int ctl_http(const struct ctl_options *options, const char *method, const char *path,
	     const char *body, struct ctl_reply *out)
{
	cbx_auto(curl_freep) CURL *curl = curl_easy_init();
	cbx_auto(headers_freep) struct curl_slist *headers = NULL;
	char detail[CURL_ERROR_SIZE] = "";
	CURLcode result;

	snprintf(out->url, sizeof(out->url), "%s%s", options->url, path);
	if (strlen(options->url) + strlen(path) >= sizeof(out->url)) {
		ctl_say("%s: the URL is too long", options->url);
		return CTL_UNAVAILABLE;
	}
	if (!curl || !set_up(curl, options, method, body, out) ||
	    !add_headers(options, body, &headers) ||
	    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) ||
	    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail)) {
		ctl_say_memory();
		return CTL_UNAVAILABLE;
	}
	result = curl_easy_perform(curl);
	if (result) {
		explain(result, *detail ? detail : curl_easy_strerror(result), out->url,
			!strcmp(method, "GET"));
		return CTL_UNAVAILABLE;
	}
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &out->code);
	return CTL_OK;
}

struct following {
	CURL *curl;
	struct ctl_stream *stream;
	struct ctl_reply *reply;
	bool had;
};

static size_t receive_stream(char *bytes, size_t size, size_t count, void *user)
{
	struct following *following = user;
	long code = 0;

	curl_easy_getinfo(following->curl, CURLINFO_RESPONSE_CODE, &code);
	if (code != 200) {
		cbx_text_add(&following->reply->body, bytes, size * count);
		return size * count;
	}
	following->had = true;
	return ctl_stream_take(following->stream, bytes, size * count) ? size * count : 0;
}

/* It may be quiet, but a comment comes every 15 s */
static bool set_up_stream(CURL *curl, struct following *following, struct curl_slist **headers)
{
	char line[CTL_STREAM_ID + 32];
	CURLcode failed = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive_stream);

	failed |= curl_easy_setopt(curl, CURLOPT_WRITEDATA, following);
	failed |= curl_easy_setopt(curl, CURLOPT_TIMEOUT, 0L);
	failed |= curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	failed |= curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)QUIET_SECONDS);
	snprintf(line, sizeof(line), "Last-Event-ID: %s", following->stream->last_id);
	if (*following->stream->last_id && !add_header(headers, line))
		return false;
	return !failed;
}

static int end_of(struct following *following, CURLcode failed, const char *detail, bool quiet)
{
	const char *url = following->reply->url;
	long *code = &following->reply->code;

	curl_easy_getinfo(following->curl, CURLINFO_RESPONSE_CODE, code);
	if (following->had)
		return CTL_OK;
	if (failed || *code == 503) {
		if (!quiet && failed)
			explain(failed, *detail ? detail : curl_easy_strerror(failed), url, true);
		else if (!quiet)
			ctl_say("%s: it takes no more followers now", url);
		return CTL_UNAVAILABLE;
	}
	return CTL_NO;
}

int ctl_http_follow(const struct ctl_options *options, const char *path, struct ctl_stream *stream,
		    bool quiet, bool *had, struct ctl_reply *out)
{
	cbx_auto(curl_freep) CURL *curl = curl_easy_init();
	cbx_auto(headers_freep) struct curl_slist *headers = NULL;
	struct following following = { .curl = curl, .stream = stream, .reply = out };
	char detail[CURL_ERROR_SIZE] = "";
	CURLcode failed;
	int result;

	ctl_stream_restart(stream);
	snprintf(out->url, sizeof(out->url), "%s%s", options->url, path);
	if (!curl || !set_up(curl, options, "GET", NULL, out) ||
	    !add_headers(options, NULL, &headers) || !set_up_stream(curl, &following, &headers) ||
	    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) ||
	    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail)) {
		ctl_say_memory();
		return CTL_UNAVAILABLE;
	}
	failed = curl_easy_perform(curl);
	result = end_of(&following, failed, detail, quiet);
	*had = following.had;
	return result;
}

void ctl_reply_free(struct ctl_reply *reply)
{
	cbx_text_free(&reply->body);
}

void ctl_encode(struct cbx_text *text, const char *part)
{
	for (; *part; part++) {
		unsigned char c = (unsigned char)*part;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    strchr("-_~", c))
			cbx_text_putc(text, (char)c);
		else
			cbx_text_printf(text, "%%%02X", c);
	}
}
