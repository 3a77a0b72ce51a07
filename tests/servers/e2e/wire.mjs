// SPDX-License-Identifier: MIT
// wire.mjs - what a consumer of chatterbox sees: its events on the broker and in the stream
//
// Events are told exactly once and in order when of each job the revisions run 1, 2, 3, ... without
// gap and repetition, and each previous_status is the status of the one before.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { until } from './place.mjs';
import { check, nameOfEvent, parse } from './schema.mjs';

export const APP = 'nl-ocd-chatterbox';

/**
 * A consumer with a queue of its own, bound to every event: those of chatterbox are kept, and all
 * are held against their schema. A test marks by the header `spoilt` what must not fit, or by its value
 * `any` what may.
 */
export class Listener {
	/** @take: gets each message of chatterbox, which is then not kept */
	static async open(place, { durable = false, take } = {}) {
		const listener = new Listener();
		listener.place = place;
		listener.durable = durable;
		listener.messages = [];
		listener.take = take ?? ((message) => listener.messages.push(message));
		await listener.connect();
		return listener;
	}

	/** Again after the broker was away: a durable queue kept what came meanwhile */
	async connect() {
		this.connection = await this.place.connect();
		this.connection.on('error', () => {});
		const channel = await this.connection.createChannel();
		channel.on('error', () => {});
		const { queue } = await channel.assertQueue(this.durable ? 'e2e-listener' : '',
			{ durable: this.durable, exclusive: !this.durable,
				arguments: this.durable ? this.place.queueArguments : undefined });
		await channel.bindQueue(queue, 'amq.topic', '#');
		Object.assign(this, { channel, queue });
		await channel.consume(queue, (message) => {
			if (!message) return;
			if (message.fields.exchange === '') this.mark = message.properties.messageId;
			else this.#take(message);
			if (this.durable) channel.ack(message);
		}, { noAck: !this.durable });
	}

	#take(message) {
		const key = message.fields.routingKey;
		const { spoilt, ...headers } = message.properties.headers;
		if (spoilt !== 'any')
			check(nameOfEvent(key, APP), parse(message.content), { ...message.properties, headers },
				spoilt);
		if (key.startsWith(`${APP}.event.`)) this.take(read(message));
	}

	/** Waits until all has come that is in its queue by now: what the broker took may still be on its way */
	async caughtUp() {
		const messageId = randomUUID();
		this.channel.sendToQueue(this.queue, Buffer.alloc(0), { messageId });
		await until('the listener has all that was in its queue', () => this.mark === messageId);
	}

	/** Messages of one event, as "update_job_status" */
	of(name) { return this.messages.filter((message) => message.name === name); }

	async close() { await this.connection.close().catch(() => {}); }
}

function read(message) {
	const text = message.content.toString('utf8');
	const key = message.fields.routingKey;
	const body = JSON.parse(text);
	return { key, name: key.slice(`${APP}.event.`.length), text, body,
		params: 'jsonrpc' in body ? body.params : body, properties: message.properties,
		redelivered: message.fields.redelivered };
}

/** What every event has (contract 3.1) */
export function checkEnvelope(message) {
	const { properties, body, key } = message;
	assert.equal(properties.appId, APP);
	assert.equal(properties.contentType, 'application/json');
	assert.ok(Math.abs(properties.timestamp - Date.now() / 1000) < 600, `timestamp ${properties.timestamp}`);
	assert.match(properties.headers.trace_id, /^[0-9a-f-]{16,}$/i);
	assert.deepEqual(Object.keys(body).sort(), ['jsonrpc', 'method', 'params']);
	assert.equal(body.jsonrpc, '2.0');
	assert.equal(body.method, key);
}

/** What the three events of the outbox have besides */
export function checkOutbox(message) {
	assert.equal(message.properties.deliveryMode, 2, 'persistent');
	assert.ok(message.properties.messageId, 'message_id');
}

/** The stream's entries: [{ name, id, params, previous_status }] */
export async function readStream(redis) {
	const entries = await redis.xrange(`${APP}:events`, '-', '+');
	return entries.map(([, fields]) => {
		const entry = {};
		for (let i = 0; i < fields.length; i += 2) entry[fields[i]] = fields[i + 1];
		return entry;
	});
}

/** A word of update_job_status from the broker: { id, job, status, previous, origin } */
export const wordOf = ({ params, properties }) => ({
	id: properties.messageId,
	job: `${params.system}/${params.job_id}`,
	status: params.status,
	previous: properties.headers.previous_status,
	origin: properties.headers.origin,
});

/** The same from an entry of the stream */
export function wordOfEntry(entry) {
	const params = JSON.parse(entry.params);
	return { id: entry.id, job: `${params.system}/${params.job_id}`, status: params.status,
		previous: entry.previous_status || undefined };
}

/** Words from the broker, in their order */
export const wordsOf = (listener) => listener.of('update_job_status').map(wordOf);

/** The same from the stream */
export const wordsOfStream = (entries) =>
	entries.filter((entry) => entry.name === 'update_job_status').map(wordOfEntry);

/** Keeps the first of each id: what a consumer does about "at least once" */
export function firstOfEach(words) {
	const seen = new Set();
	return words.filter(({ id }) => !seen.has(id) && seen.add(id));
}

/**
 * Each job's words: revisions from 1 without gap or repetition, an unbroken chain of previous
 * statuses. Returns job -> { revision, status } of its last word.
 */
export function checkChain(words, where) {
	const last = new Map();
	for (const word of words) {
		const before = last.get(word.job);
		const revision = (before?.revision ?? 0) + 1;
		assert.equal(word.id, `${word.job}/${revision}`, `${where}: the next word of ${word.job}`);
		assert.equal(word.previous, before?.status, `${where}: previous_status of ${word.id}`);
		if (before)
			assert.notEqual(word.status, before.status, `${where}: ${word.id} changes nothing`);
		last.set(word.job, { revision, status: word.status });
	}
	return last;
}
