/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/peer.h - the other end of an embedded bus: the host in the place of nl-hdms
 *
 * With chatterbox.bus "memory" the broker lives in the engine, and nobody but its host can reach
 * it. A peer is the host's connection to it. What is said there is what would be said over RabbitMQ
 * (contract 3): the engine publishes its questions to the queue nl-hdms.request, and takes answers
 * by reply_to and correlation_id; reports and control events are published to
 * rmq_rpc.event_exchange. So a host with a transport of its own, or a simulation, can run an engine
 * without any server; examples/embed.c does.
 *
 * A peer belongs to one thread at a time, which need not be the one that dispatches.
 */
#ifndef CHATTERBOX_PEER_H
#define CHATTERBOX_PEER_H

#include <chatterbox/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

struct chatterbox_peer;

/** The version of struct chatterbox_message in these headers */
#define CHATTERBOX_MESSAGE_VERSION 1

/** struct chatterbox_message - a message on the embedded bus, by AMQP's words; absent texts are
 * NULL */
struct chatterbox_message {
	uint32_t version;           /* CHATTERBOX_MESSAGE_VERSION */
	const char *exchange;       /* NULL or "" is the default one */
	const char *routing_key;    /* with the default exchange the name of a queue */
	const char *body;           /* JSON, @len bytes; a received one has a NUL behind it */
	size_t len;                 /* of the body */
	const char *reply_to;       /* where an answer goes: its routing key */
	const char *correlation_id; /* what an answer repeats */
	const char *message_id;     /* by which a report that comes again is known */
	const char *type;           /* in the bare form of an RPC its method */
};

/**
 * chatterbox_peer_new() - connect to an engine's embedded bus and consume a queue
 * @box: an engine whose chatterbox.bus is "memory", started or not; the peer takes a reference
 * @queue: declared if it is not there yet, "nl-hdms.request"; NULL = only to publish
 * @exchange: the queue is bound to it by its own name; NULL = it is reached by the default exchange
 * @out: the peer; give it back with chatterbox_peer_unref()
 * @error: why it failed; may be NULL
 *
 * Questions that were asked before wait in the queue, until they expire.
 * Return: 0, -EINVAL when the bus is not the embedded one, CHATTERBOX_E_REFUSED for a name that a
 * broker refuses ("amq.…"), -ENOMEM, -errno.
 */
CHATTERBOX_API int chatterbox_peer_new(struct chatterbox *box, const char *queue,
				       const char *exchange, struct chatterbox_peer **out,
				       struct chatterbox_error *error);
/**
 * chatterbox_peer_ref() - take a reference
 * @peer: peer
 *
 * Any thread. Return: @peer.
 */
CHATTERBOX_API struct chatterbox_peer *chatterbox_peer_ref(struct chatterbox_peer *peer);
/**
 * chatterbox_peer_unref() - give a reference back
 * @peer: peer, or NULL
 *
 * With the last one it is disconnected, and gives back its reference of the engine: so not inside
 * a callback of that engine. Return: NULL.
 */
CHATTERBOX_API struct chatterbox_peer *chatterbox_peer_unref(struct chatterbox_peer *peer);
/**
 * chatterbox_peer_get_fd() - a descriptor that is readable when there are messages
 * @peer: peer
 *
 * Receive until there is none before waiting for it again.
 * Return: a descriptor that stays the peer's, and lives as long as it.
 */
CHATTERBOX_API int chatterbox_peer_get_fd(struct chatterbox_peer *peer);
/**
 * chatterbox_peer_receive() - the next message of the queue
 * @peer: peer
 * @out: the message; it and its texts are valid until the next call for this peer
 *
 * Never blocks. Whatever is received is acknowledged. Return: 1 = there was one, 0 = there is none
 * now, -ENOMEM.
 */
CHATTERBOX_API int chatterbox_peer_receive(struct chatterbox_peer *peer,
					   const struct chatterbox_message **out);
/**
 * chatterbox_peer_publish() - send a message
 * @peer: peer
 * @message: copied
 * @error: why it failed; may be NULL
 *
 * Never blocks. An exchange that is not there is made; a message that nobody is bound for is gone,
 * as on a broker. Return: 0, -EINVAL for a message of another version, CHATTERBOX_E_LIMIT for a
 * text that AMQP can't carry (255 bytes), CHATTERBOX_E_REFUSED, -ENOMEM.
 */
CHATTERBOX_API int chatterbox_peer_publish(struct chatterbox_peer *peer,
					   const struct chatterbox_message *message,
					   struct chatterbox_error *error);

#ifdef __cplusplus
}
#endif
#endif
