// SPDX-License-Identifier: MIT
// hdms.mjs - an nl-hdms whose every answer the test chooses
//
// Systems and their jobs are plain maps; each question is kept as it came. It answers in the
// proposal's shape and knows nothing of chatterbox.

import { randomUUID } from 'node:crypto';
import { until } from './place.mjs';
import { check, nameOfVerb } from './schema.mjs';

const QUEUE = 'nl-hdms.request';

export class Hdms {
	/** One that tells events, but hears no questions: those are somebody else's */
	static async openMouth(place) {
		const hdms = new Hdms();
		hdms.place = place;
		await hdms.connect();
		return hdms;
	}

	/** Again after the broker was away */
	async connect() {
		this.connection = await this.place.connect();
		this.connection.on('error', () => {});
		this.channel = await this.connection.createChannel();
		this.channel.on('error', () => {});
		if (this.questions) await this.#listen();
	}

	static async open(place) {
		const hdms = await Hdms.openMouth(place);
		hdms.systems = new Map(); // name -> Map(job_id -> the text of its Status)
		hdms.offline = new Set();
		hdms.silent = new Set(); // these never answer
		hdms.spoilt = new Set(); // texts of Status that are wrong on purpose
		hdms.twists = new Map(); // system -> (question, usual text, send(text)) instead of an answer
		hdms.questions = [];
		await hdms.#listen();
		return hdms;
	}

	async #listen() {
		await this.channel.assertQueue(QUEUE, { durable: true });
		await this.channel.consume(QUEUE, (message) => message && this.#answer(message), { noAck: true });
	}

	/** Sets the jobs of a system: each is the text of its Status, sent as it stands */
	set(system, ...jobs) {
		this.systems.set(system, new Map(jobs.map((text) => [Number(JSON.parse(text).job_id), text])));
	}

	/** Says that this text of a Status is wrong on purpose; gives it back */
	spoil(text) {
		this.spoilt.add(text);
		return text;
	}

	#answer(message) {
		const body = JSON.parse(message.content.toString('utf8'));
		const params = body.params ?? body;
		const { event } = params.verb;
		const asked = params.object.systems;
		const question = { event, system: params.target.system, asked, body, params,
			properties: message.properties, fields: message.fields, at: Date.now() };
		this.questions.push(question);
		check(nameOfVerb('ask', body), body, message.properties);
		if (asked.some(({ system }) => this.silent.has(system))) return;
		const [{ system, jobs }] = asked;
		const twist = this.twists.get(system);
		if (twist) {
			twist(question, this.#envelope(body, this.#found(event, system, jobs).result),
				(text) => this.#send(message, text));
			return;
		}
		if (this.offline.has(system)) {
			this.#reply(message, body, '{"verb":{"event_category":"request_system","event":"error"},'
				+ `"object":{"code":"system_offline","message":"${system} is offline"}}`);
			return;
		}
		const { result, spoilt } = this.#found(event, system, jobs);
		this.#reply(message, body, result, spoilt);
	}

	#found(event, system, jobs) {
		const all = this.systems.get(system) ?? new Map();
		const texts = jobs ? jobs.map((id) => all.get(id)).filter(Boolean) : [...all.values()];
		return { spoilt: texts.some((job) => this.spoilt.has(job)),
			result: `{"verb":{"event_category":"request_system","event":"${event}"},`
				+ `"object":{"jobs":[${texts.join(',')}],"systems":["${system}"]}}` };
	}

	#envelope(body, result) {
		return body.jsonrpc === '2.0'
			? `{"jsonrpc":"2.0","result":${result},"id":${JSON.stringify(body.id)}}` : result;
	}

	#reply(message, body, result, spoilt = false) {
		const text = this.#envelope(body, result);
		const answer = JSON.parse(text);
		check(nameOfVerb('answer', answer), answer, this.#send(message, text), spoilt);
	}

	#send(message, text) {
		const properties = { correlationId: message.properties.correlationId,
			contentType: 'application/json' };
		this.channel.sendToQueue(message.properties.replyTo, Buffer.from(text), properties);
		return properties;
	}

	/**
	 * Publishes an event as nl-hdms or OCD would; @text is the body, byte for byte; @spoilt: it is
	 * wrong on purpose
	 */
	async emit(key, text, spoilt = false) {
		const headers = { trace_id: randomUUID() };
		if (spoilt) headers.spoilt = true;
		this.channel.publish('amq.topic', key, Buffer.from(text),
			{ contentType: 'application/json', headers });
	}

	/** An event in the envelope of JSON-RPC; @params is JSON text */
	notify(key, params, spoilt = false) {
		return this.emit(key, `{"jsonrpc":"2.0","method":"${key}","params":${params}}`, spoilt);
	}

	/** Waits for a question after @since (ms) that @match accepts */
	question(what, match, since = 0, ms = 10000) {
		return until(what, () => this.questions.find((q) => q.at >= since && match(q)), ms);
	}

	async close() { await this.connection.close().catch(() => {}); }
}
