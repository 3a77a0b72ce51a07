// SPDX-License-Identifier: MIT
// broker.ts - RabbitMQ: RPCs to chatterbox, events of ours to it, and its two periodic events
//
// A lost connection is made again, waiting twice as long each time, up to 10 s. What was asked over
// it fails with CHATTERBOX_E_DOWN: nobody knows whether it was carried out.

import { randomUUID } from 'node:crypto';
import amqp from 'amqplib';
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { ChatterboxError, rpcError } from './error.js';
import type { Settings } from './settings.js';

interface Waiting {
	resolve(result: unknown): void;
	reject(error: Error): void;
	timer: NodeJS.Timeout;
}

export type OnEvent = (name: 'job_status' | 'jobs_data', params: unknown) => void;

const down = (why: string) => new ChatterboxError(`RabbitMQ: ${why}`, 'CHATTERBOX_E_DOWN', 'rmq');

export class Broker {
	#settings: Settings;
	#onEvent: OnEvent;
	#connection?: ChannelModel;
	#channel?: Channel;
	#replies = '';
	#waiting = new Map<string, Waiting>();
	#closed = false;
	#counts = true; // keeps the process running
	#again?: NodeJS.Timeout;

	constructor(settings: Settings, onEvent: OnEvent) {
		this.#settings = settings;
		this.#onEvent = onEvent;
	}

	async connect(): Promise<void> {
		try {
			this.#connection = await amqp.connect({ ...this.#settings.rmq, heartbeat: 10 });
		} catch (error) {
			throw down((error as Error).message);
		}
		this.#connection.on('error', () => {}); // 'close' follows
		this.#connection.on('close', () => this.#lost());
		const channel = await this.#connection.createChannel();
		channel.on('error', () => {});
		channel.on('return', (message) => this.#fail(message.properties.correlationId,
			new ChatterboxError(`nobody consumes ${this.#settings.app}.request`, 'CHATTERBOX_E_DOWN', 'leader')));
		const { queue } = await channel.assertQueue('', { exclusive: true });
		for (const name of ['job_status', 'jobs_data'])
			await channel.bindQueue(queue, this.#settings.exchange, `${this.#settings.app}.event.${name}`);
		await channel.consume(queue, (message) => message && this.#take(message), { noAck: true });
		this.#replies = queue;
		this.#channel = channel;
		this.#setRef();
	}

	#lost(): void {
		this.#channel = undefined;
		for (const id of [...this.#waiting.keys()]) this.#fail(id, down('the connection was lost'));
		if (!this.#closed) this.#tryAgain(100);
	}

	#tryAgain(ms: number): void {
		this.#again = setTimeout(() => {
			if (!this.#closed) this.connect().catch(() => this.#tryAgain(Math.min(2 * ms, 10000)));
		}, ms);
		if (!this.#counts) this.#again.unref();
	}

	#fail(id: string, error: Error): void {
		const waiting = this.#waiting.get(id);
		this.#waiting.delete(id);
		clearTimeout(waiting?.timer);
		waiting?.reject(error);
	}

	#take(message: ConsumeMessage): void {
		const body = JSON.parse(message.content.toString('utf8'));
		const id = message.properties.correlationId as string | undefined;
		if (id && this.#waiting.has(id)) {
			const { resolve, timer } = this.#waiting.get(id)!;
			if (body.error) return this.#fail(id, rpcError(body.error));
			this.#waiting.delete(id);
			clearTimeout(timer);
			return resolve('result' in body ? body.result : body);
		}
		const name = message.fields.routingKey.split('.').at(-1);
		if (name === 'job_status' || name === 'jobs_data')
			this.#onEvent(name, body.jsonrpc === '2.0' ? body.params : body);
		return undefined;
	}

	/** An RPC to whichever instance leads: contract 3.5 */
	call(method: string, params: object): Promise<unknown> {
		const channel = this.#channel;
		if (!channel) return Promise.reject(down(this.#closed ? 'closed' : 'not connected'));
		const id = randomUUID();
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => this.#fail(id, new ChatterboxError(
				`${method}: no answer within ${this.#settings.timeout} ms`, 'CHATTERBOX_E_TIMEOUT', 'leader')),
			this.#settings.timeout + 1000); // so that the leader's own answer comes first
			this.#waiting.set(id, { resolve, reject, timer });
			const body = this.#settings.bare ? params : { jsonrpc: '2.0', id, method, params };
			channel.publish('', `${this.#settings.app}.request`, Buffer.from(JSON.stringify(body)),
				{ mandatory: true, correlationId: id, replyTo: this.#replies, contentType: 'application/json',
					timestamp: Math.floor(Date.now() / 1000), headers: { trace_id: id },
					...this.#settings.bare && { type: method } });
		});
	}

	/** An event that chatterbox hears: contract 3.4 */
	async emit(key: string, params: unknown): Promise<void> {
		if (!this.#channel) throw down(this.#closed ? 'closed' : 'not connected');
		const body = this.#settings.bare ? params : { jsonrpc: '2.0', method: key, params };
		this.#channel.publish(this.#settings.exchange, key, Buffer.from(JSON.stringify(body)),
			{ contentType: 'application/json', messageId: randomUUID(), headers: { trace_id: randomUUID() } });
	}

	#setRef(): void {
		const { stream } = (this.#connection as unknown as
			{ connection: { stream: { ref(): void; unref(): void } } }).connection;
		stream[this.#counts ? 'ref' : 'unref']();
	}

	setRef(counts: boolean): void {
		this.#counts = counts;
		if (this.#channel) this.#setRef();
		this.#again?.[counts ? 'ref' : 'unref']();
	}

	async close(): Promise<void> {
		this.#closed = true;
		clearTimeout(this.#again);
		await this.#connection?.close().catch(() => {});
	}
}
