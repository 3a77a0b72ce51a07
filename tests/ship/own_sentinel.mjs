// SPDX-License-Identifier: MIT
// own_sentinel.mjs - a master, a replica of it and three Sentinels, of a test's own

import { createServer } from 'node:net';
import { OwnRedis } from '../faults/own_redis.mjs';
import { until } from '../servers/e2e/place.mjs';
import { machine } from './root.mjs';

/** A Sentinel that says what the test wants */
export class FakeSentinel {
	static async open(names) {
		const fake = Object.assign(new FakeSentinel(), { names, heard: new Set() });
		fake.server = createServer((socket) => fake.#serve(socket));
		await new Promise((resolve) => { fake.server.listen(0, '127.0.0.1', resolve); });
		return fake;
	}

	get config() { return { sentinels: [{ host: '127.0.0.1', port: this.server.address().port }], name: NAME }; }

	#serve(socket) {
		socket.on('error', () => {});
		socket.on('close', () => this.heard.delete(socket));
		socket.on('data', (data) => {
			for (const [word] of data.toString().matchAll(/\b(PING|CLIENT|get-master-addr-by-name|SUBSCRIBE)\b/g)) {
				if (word === 'SUBSCRIBE') this.heard.add(socket);
				socket.write({ PING: '+PONG\r\n', CLIENT: '+OK\r\n',
					SUBSCRIBE: array('subscribe', '+switch-master', 1) }[word] ?? array(...this.#address(this.names)));
			}
		});
	}

	#address({ port }) { return ['127.0.0.1', String(port)]; }

	/** It names @other from now on, and tells so */
	turnTo(other) {
		const news = [NAME, ...this.#address(this.names), ...this.#address(other)].join(' ');
		this.names = other;
		for (const socket of this.heard)
			socket.write(array('message', '+switch-master', `another ${news}`)
				+ array('message', '+switch-master', news));
	}

	close() {
		for (const socket of this.heard) socket.destroy();
		this.server.close();
	}
}

const array = (...items) => `*${items.length}\r\n${items.map((item) => (typeof item === 'number' ? `:${item}\r\n`
	: `$${item.length}\r\n${item}\r\n`)).join('')}`;

const NAME = 'ocd-master';
const SECRET = 'of-the-sentinels';
/** SECURITY.md's */
const USER = ['reset', 'on', '>of-the-user', '~nl-ocd-chatterbox:*',
	'%R~nl-ocd.update_time_till_next_check.row_info', '+@read', '+@write', '+@connection', '-@dangerous', '+eval',
	'+evalsha', '+script|load', '+role', '+wait'];
const MORE = ['--databases', '32', '--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1'];

export class OwnSentinel {
	static async open() {
		const own = Object.assign(new OwnSentinel(), { servers: [], sentinels: [] });
		try {
			own.servers.push(await OwnRedis.open(MORE));
			const [{ port }] = own.servers;
			own.servers.push(await OwnRedis.open([...MORE, '--replicaof', '127.0.0.1', String(port)]));
			for (const server of own.servers) await own.#admit(server);
			for (let i = 0; i < 3; i++)
				own.sentinels.push(await OwnRedis.sentinel([`requirepass ${SECRET}`, `sentinel monitor ${NAME} 127.0.0.1 ${port} 2`,
					`sentinel down-after-milliseconds ${NAME} 1000`, `sentinel failover-timeout ${NAME} 3000`]));
			await own.whole();
		} catch (error) {
			await own.close(); // nobody else knows it yet
			throw error;
		}
		return own;
	}

	/** redis-cli's answer, in lines */
	async ask(server, ...words) {
		const login = this.sentinels.includes(server) ? ['--no-auth-warning', '-a', SECRET] : [];
		const said = await machine('redis-cli', '-p', String(server.port), ...login, ...words);
		return said.trim().split('\n');
	}

	/** The user is each server's own, and not written down */
	#admit(server) { return this.ask(server, 'acl', 'setuser', 'chatterbox', ...USER); }

	get #nodes() { return this.sentinels.map(({ port }) => ({ host: '127.0.0.1', port })); }

	/** What chatterbox has to know */
	get config() {
		return { sentinels: this.#nodes, name: NAME, sentinelPassword: SECRET, username: 'chatterbox',
			password: 'of-the-user' };
	}

	/** What Place.open() has to */
	get place() {
		return { redisPort: this.servers[0].port,
			redisOptions: { sentinels: this.#nodes, name: NAME, sentinelPassword: SECRET, sentinelRetryStrategy: () => 200 } };
	}

	/** Whom the Sentinels that run name: a server of ours, undefined while they differ */
	async master() {
		const ports = new Set();
		for (const sentinel of this.sentinels.filter(({ child }) => child.exitCode === null && !child.signalCode))
			ports.add((await this.ask(sentinel, 'sentinel', 'get-master-addr-by-name', NAME))[1]);
		return ports.size === 1 ? this.servers.find(({ port }) => ports.has(String(port))) : undefined;
	}

	/** Each knows the others and one replica, which has what the master has */
	whole() {
		return until('master, replica and Sentinels know each other', async () => {
			for (const sentinel of this.sentinels) {
				const text = await this.ask(sentinel, 'sentinel', 'master', NAME);
				const say = (name) => text[text.indexOf(name) + 1];
				if (say('num-other-sentinels') !== '2' || say('num-slaves') !== '1' || say('flags') !== 'master')
					throw new Error(`${say('num-other-sentinels')} Sentinels, ${say('num-slaves')} replicas, ${
						say('flags')}`);
			}
			const master = await this.master();
			const info = (await this.ask(master, 'info', 'replication')).join();
			return /slave0:.*state=online/.test(info);
		}, 30000);
	}

	/** Waits until @other is named; ms since @since */
	async promoted(other, since) {
		await until('the other one is promoted', async () => await this.master() === other
			&& (await this.ask(other, 'role'))[0] === 'master', 30000);
		return Date.now() - since;
	}

	other(server) { return this.servers.find((one) => one !== server); }

	/** It comes back empty-handed, and is made a replica */
	async back(server) {
		await server.start(MORE);
		await this.#admit(server);
		await this.whole();
	}

	failover() { return this.ask(this.sentinels[0], 'sentinel', 'failover', NAME); }

	async close() {
		for (const server of [...this.sentinels, ...this.servers]) await server.close();
	}
}
