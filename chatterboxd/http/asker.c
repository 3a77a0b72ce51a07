// SPDX-License-Identifier: MIT
/*
 * asker.c - who gives an order over HTTP
 *
 * Only what identifies nobody who should not be known: the token's name, not its text, and from
 * what kind of place the client speaks, not its address.
 */
#include "exchange.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static const char *class_of_v4(uint32_t address)
{
	if (address >> 24 == 127)
		return "loopback";
	if (address >> 24 == 10 || address >> 20 == 0xac1 || address >> 16 == 0xc0a8)
		return "private";
	return address >> 16 == 0xa9fe ? "link-local" : "public";
}

static const char *class_of_v6(const struct in6_addr *address)
{
	uint32_t v4;

	memcpy(&v4, address->s6_addr + 12, sizeof(v4));
	if (IN6_IS_ADDR_V4MAPPED(address))
		return class_of_v4(ntohl(v4));
	if (IN6_IS_ADDR_LOOPBACK(address))
		return "loopback";
	if (IN6_IS_ADDR_LINKLOCAL(address))
		return "link-local";
	return (address->s6_addr[0] & 0xfe) == 0xfc ? "private" : "public";
}

static const char *class_of(const struct sockaddr *address)
{
	if (address && address->sa_family == AF_INET)
		return class_of_v4(ntohl(
			((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr));
	if (address && address->sa_family == AF_INET6)
		return class_of_v6(
			&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
	return "nowhere";
}

void cbd_asker_write(const struct cbd_request *request, char out[CBD_ASKER])
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	snprintf(out, CBD_ASKER, "%s, %s", request->by_token ? "http_server.token" : "no token",
		 class_of(info ? info->client_addr : NULL));
}
