// SPDX-License-Identifier: MIT
// own_cluster.mjs - a Redis Cluster of a test's own: three masters and a replica of each

import { OwnRedis } from '../faults/own_redis.mjs';
import { freePort } from '../kit/servers/ports.mjs';
import { until } from '../servers/e2e/place.mjs';
import { APP } from '../servers/e2e/wire.mjs';
import { machine } from './root.mjs';

export const EVENTS = `${APP}:events`;
/** SECURITY.md's */
const USER = ['reset', 'on', '>of-the-user', '~nl-ocd-chatterbox:*',
	'%R~nl-ocd.update_time_till_next_check.row_info', '+@read', '+@write', '+@connection', '-@dangerous', '+eval',
	'+evalsha', '+script|load', '+role', '+wait', '+asking', '+cluster|slots'];

export class OwnCluster {
	static async open() {
		const own = Object.assign(new OwnCluster(), { servers: [] });
		try {
			for (let i = 0; i < 6; i++) {
				const server = await OwnRedis.open(own.#options(await freePort()));
				own.servers.push(server);
				await own.#admit(server);
			}
			await machine('redis-cli', '--cluster', 'create', ...own.servers.map(({ port }) => `127.0.0.1:${port}`),
				'--cluster-replicas', '1', '--cluster-yes');
			await own.whole();
		} catch (error) {
			await own.close(); // nobody else knows it yet
			throw error;
		}
		return own;
	}

	#options(bus) {
		return ['--cluster-enabled', 'yes', '--cluster-port', String(bus), '--cluster-node-timeout', '1000',
			'--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1'];
	}

	/** redis-cli's answer, in lines */
	async ask(server, ...words) {
		return (await machine('redis-cli', '-p', String(server.port), ...words)).trim().split(/\r?\n/);
	}

	/** The user is each server's own, and not written down */
	#admit(server) { return this.ask(server, 'acl', 'setuser', 'chatterbox', ...USER); }

	/** What chatterbox has to know: two of the six */
	get config() {
		return { cluster: this.servers.slice(2, 4).map(({ port }) => ({ host: '127.0.0.1', port })), db: 0,
			username: 'chatterbox', password: 'of-the-user' };
	}

	/** What Place.open() has to */
	get place() {
		return { redisPort: this.servers[0].port,
			redisNodes: this.servers.map(({ port }) => ({ host: '127.0.0.1', port })) };
	}

	get living() { return this.servers.filter(({ child }) => child.exitCode === null && !child.signalCode); }

	async id(server) { return (await this.ask(server, 'cluster', 'myid'))[0]; }

	/** CLUSTER NODES, of one that lives: id, port, flags, master's id, state of its link, slots */
	async #nodes() {
		return (await this.ask(this.living[0], 'cluster', 'nodes')).map((line) => {
			const [id, address, flags, master, , , , link, ...slots] = line.split(' ');
			return { id, port: Number(address.match(/:(\d+)@/)[1]), flags: flags.split(','), master, link, slots };
		});
	}

	/** The server that holds @slot as a master */
	async holds(slot) {
		const has = ({ flags, slots }) => flags.includes('master') && !flags.includes('fail') && slots.some((range) => {
			const [first, last = first] = range.split('-').map(Number);
			return first <= slot && slot <= last;
		});
		const node = (await this.#nodes()).find(has);
		return this.servers.find(({ port }) => port === node?.port);
	}

	async slot(key) { return Number((await this.ask(this.living[0], 'cluster', 'keyslot', key))[0]); }

	async replicaOf(server) {
		const id = await this.id(server);
		const node = (await this.#nodes()).find(({ master, flags }) => master === id && !flags.includes('fail'));
		return this.servers.find(({ port }) => port === node.port);
	}

	/** All see all slots served, and each master has a replica that has what it has */
	whole() {
		return until('the cluster is whole', async () => {
			for (const server of this.servers) {
				const info = (await this.ask(server, 'cluster', 'info')).join();
				if (!/cluster_state:ok.*cluster_slots_ok:16384.*cluster_known_nodes:6/.test(info)) throw new Error(info);
				const said = (await this.ask(server, 'info', 'replication')).join();
				if (!/role:master.*slave0:.*state=online|role:slave.*master_link_status:up/.test(said)) throw new Error(said);
			}
			return true;
		}, 30000);
	}

	/** Waits until @slot is held by another server than @before; ms since @since */
	async promoted(slot, before, since) {
		await until('a replica is promoted', async () => {
			const now = await this.holds(slot);
			return now && now !== before && (await this.ask(now, 'cluster', 'info')).includes('cluster_state:ok');
		}, 30000);
		return Date.now() - since;
	}

	/** It comes back empty-handed, and is made a replica */
	async back(server) {
		await server.start(this.#options(await freePort()));
		await this.#admit(server);
		await this.whole();
	}

	/** @count slots of @from go to @to, with their keys, as an operator has them moved */
	async reshard(from, to, count) {
		await machine('redis-cli', '--cluster', 'reshard', `127.0.0.1:${from.port}`, '--cluster-from', await this.id(from),
			'--cluster-to', await this.id(to), '--cluster-slots', String(count), '--cluster-yes');
	}

	/** One slot, by hand; @between() runs while it is at both */
	async moveSlot(slot, from, to, between = () => {}) {
		const [source, target] = [await this.id(from), await this.id(to)];
		await this.ask(to, 'cluster', 'setslot', slot, 'importing', source);
		await this.ask(from, 'cluster', 'setslot', slot, 'migrating', target);
		await between();
		for (;;) {
			const keys = (await this.ask(from, 'cluster', 'getkeysinslot', slot, '100')).filter(Boolean);
			if (!keys.length) break;
			await this.ask(from, 'migrate', '127.0.0.1', to.port, '', '0', '5000', 'keys', ...keys);
		}
		for (const server of [to, from]) await this.ask(server, 'cluster', 'setslot', slot, 'node', target);
	}

	async close() {
		for (const server of this.servers) await server.close();
	}
}
