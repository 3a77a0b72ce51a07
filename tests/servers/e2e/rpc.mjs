// SPDX-License-Identifier: MIT
// rpc.mjs - calls chatterbox over AMQP as a front end would, in either form
//
// Every answer must have, whatever was asked, the form, id and correlation of its request, and its
// schema in docs/asyncapi.json.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { patience } from './place.mjs';
import { check, envelopeOf, parse } from './schema.mjs';
import { APP } from './wire.mjs';

export const QUEUE = `${APP}.request`;
const JOB = 'nl-ocd.content.job.';
const ERRORS = 'nl-ocd.server.errors.';

/** "statusAll" and "errors.get" are short for the methods of the proposal */
const fullName = (name) => (name.startsWith('errors.') ? ERRORS + name.slice('errors.'.length)
	: name.includes('.') ? name : JOB + name);

export class Rpc {
	static async open(place, envelope = 'jsonrpc') {
		const rpc = new Rpc();
		rpc.envelope = envelope;
		rpc.waiting = new Map(); // correlation id -> how to go on
		rpc.stray = []; // answers that nobody waits for
		await rpc.connect(place);
		return rpc;
	}

	async connect(place) {
		this.connection = await place.connect();
		this.connection.on('error', () => {});
		this.channel = await this.connection.createChannel();
		this.channel.on('error', () => {});
		({ queue: this.replies } = await this.channel.assertQueue('', { exclusive: true }));
		await this.channel.consume(this.replies, (message) => {
			const go = this.waiting.get(message.properties.correlationId);
			this.waiting.delete(message.properties.correlationId);
			if (go) go(message);
			else this.stray.push(message);
		}, { noAck: true });
	}

	/** Sends @content as it stands; the answer's { text, body, properties } */
	send(content, properties = {}, ms = 15000) {
		const correlationId = randomUUID();
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => reject(new Error(`no answer within ${ms * patience} ms to ${
				content.toString().slice(0, 300)}`)), ms * patience);
			this.waiting.set(correlationId, (message) => {
				clearTimeout(timer);
				resolve({ text: message.content.toString('utf8'), body: parse(message.content),
					properties: message.properties });
			});
			this.channel.sendToQueue(QUEUE, Buffer.from(content),
				{ correlationId, replyTo: this.replies, contentType: 'application/json', ...properties });
		});
	}

	/** A request that nobody wants answered */
	cast(content, properties = {}) {
		this.channel.sendToQueue(QUEUE, Buffer.from(content), properties);
	}

	/** Calls a method: { result, text } or { error }; @spoilt: the request is wrong on purpose */
	async call(name, params = {}, spoilt = false) {
		const method = fullName(name);
		const id = Math.floor(Math.random() * 1e9);
		const body = this.envelope === 'bare' ? params : { jsonrpc: '2.0', id, method, params };
		const properties = { type: this.envelope === 'bare' ? method : undefined,
			headers: { trace_id: randomUUID() } };
		check(`request.${method}`, body, properties, spoilt);
		const answer = await this.send(JSON.stringify(body), properties);
		assert.equal(envelopeOf(answer.body), this.envelope, answer.text);
		assert.equal(answer.properties.headers.trace_id, properties.headers.trace_id);
		if (this.envelope === 'jsonrpc') assert.equal(answer.body.id, id);
		const { error } = answer.body;
		check(error ? 'rpc.error' : `result.${method}`, answer.body, answer.properties);
		if (error) return { error };
		return { result: this.envelope === 'bare' ? answer.body : answer.body.result, text: answer.text };
	}

	/** Calls a method that must succeed: its result */
	async get(name, params) {
		const { result, error } = await this.call(name, params);
		assert.ok(!error, `${name} ${JSON.stringify(params)}: ${JSON.stringify(error)}`);
		return result;
	}

	/** Calls a method that must fail with @code: the error */
	async refused(code, name, params, spoilt = false) {
		const { error, text } = await this.call(name, params, spoilt);
		assert.equal(error?.code, code, `${name} ${JSON.stringify(params)}: ${JSON.stringify(error) ?? text}`);
		return error;
	}

	/** All pages of a list, @limit each */
	async pages(name, member, params, limit) {
		const pages = [];
		let next = null;
		do {
			const page = await this.get(name, { ...params, limit, ...(next ? { cursor: next } : {}) });
			pages.push(page[member]);
			({ next } = page);
		} while (next);
		return pages;
	}

	async close() { await this.connection.close().catch(() => {}); }
}
