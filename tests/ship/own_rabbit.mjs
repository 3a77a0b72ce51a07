// SPDX-License-Identifier: MIT
// own_rabbit.mjs - three RabbitMQ nodes of a test's own that make a cluster
//
// They listen at one port of several loopback addresses, as a cluster names its hosts, and know each other by
// an epmd and a cookie of their own. A node that may not reach another refuses its cookie: to Erlang that is a
// network that parted.

import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../kit/servers/ports.mjs';
import { until } from '../servers/e2e/place.mjs';
import { machine } from './root.mjs';

const BIN = '/usr/lib/rabbitmq/bin';
const LOOPBACK = '-kernel inet_dist_use_interface {127,0,0,1}';
const QUIET = '+sbwt none +sbwtdcpu none +sbwtdio none';

/** Does it answer the first bytes of AMQP with a frame? */
const answers = (host, port) => new Promise((resolve) => {
	const socket = connect(port, host, () => socket.write(Buffer.from('AMQP\0\0\x09\x01', 'latin1')));
	socket.once('data', (data) => { socket.destroy(); resolve(data[0] === 1); });
	socket.once('error', () => resolve(false));
	socket.once('close', () => resolve(false));
	socket.setTimeout(1000, () => { socket.destroy(); resolve(false); });
});

class Node {
	constructor(cluster, index, distPort) {
		this.cluster = cluster;
		this.host = `127.0.0.${index + 1}`;
		this.name = `cbx${index + 1}-${cluster.port}@localhost`;
		this.dir = join(cluster.dir, String(index + 1));
		this.distPort = distPort;
	}

	get #env() {
		const { dir, cluster } = this;
		return { PATH: process.env.PATH, HOME: cluster.dir, LC_ALL: 'C.UTF-8', RABBITMQ_NODENAME: this.name,
			RABBITMQ_NODE_IP_ADDRESS: this.host, RABBITMQ_NODE_PORT: String(cluster.port),
			RABBITMQ_DIST_PORT: String(this.distPort), ERL_EPMD_PORT: String(cluster.epmdPort),
			ERL_EPMD_ADDRESS: '127.0.0.1', RABBITMQ_BASE: dir, RABBITMQ_MNESIA_BASE: join(dir, 'mnesia'),
			RABBITMQ_LOG_BASE: join(dir, 'log'), RABBITMQ_LOGS: this.log,
			RABBITMQ_CONFIG_FILE: join(dir, 'rabbitmq'), RABBITMQ_CONF_ENV_FILE: join(dir, 'env.conf'),
			RABBITMQ_ADVANCED_CONFIG_FILE: join(dir, 'advanced.config'),
			RABBITMQ_ENABLED_PLUGINS_FILE: join(dir, 'enabled_plugins'),
			RABBITMQ_GENERATED_CONFIG_DIR: join(dir, 'generated'),
			RABBITMQ_FEATURE_FLAGS_FILE: join(dir, 'feature_flags'),
			RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `${LOOPBACK} ${QUIET}`, RABBITMQ_CTL_ERL_ARGS: LOOPBACK,
			RABBITMQ_ALLOW_INPUT: '1' }; // the script becomes the Erlang machine
	}

	get log() { return join(this.dir, 'log', 'node.log'); }

	async prepare() {
		for (const dir of ['mnesia', 'log', 'generated']) await mkdir(join(this.dir, dir), { recursive: true });
		await writeFile(join(this.dir, 'env.conf'), '');
		await writeFile(join(this.dir, 'enabled_plugins'), '[].');
		await writeFile(join(this.dir, 'rabbitmq.conf'), `disk_free_limit.absolute = 50MB
log.file.level = info
loopback_users = none
cluster_partition_handling = ${this.cluster.handling}
cluster_formation.peer_discovery_backend = classic_config
${this.cluster.nodes.map(({ name }, i) => `cluster_formation.classic_config.nodes.${i + 1} = ${name}`).join('\n')}
`);
	}

	launch() {
		this.child = spawn(join(BIN, 'rabbitmq-server'), ['-noinput'], { env: this.#env, stdio: 'ignore' });
		this.ended = new Promise((resolve) => { this.child.once('exit', resolve); });
	}

	async ready() {
		await until(`${this.name} answers`, () => answers(this.host, this.cluster.port), 120000)
			.catch(async (error) => {
				throw new Error(`${error.message}\n${(await readFile(this.log, 'utf8')).slice(-3000)}`);
			});
	}

	/** At once, as a machine that loses its power */
	async kill() {
		this.child.kill('SIGKILL');
		await this.ended;
	}

	ctl(...args) {
		const env = Object.entries(this.#env).map(([name, value]) => `${name}=${value}`);
		return machine('env', '-i', ...env, join(BIN, 'rabbitmqctl'), '--quiet', ...args);
	}

	/** Neither reaches nor hears the others, until heal() */
	part() { return this.#trust('other'); }

	heal() { return this.#trust(this.cluster.cookie); }

	#trust(cookie) {
		const others = this.cluster.nodes.filter((node) => node !== this).map(({ name }) => `'${name}'`);
		return this.ctl('eval', `[begin erlang:set_cookie(N, '${cookie}'), erlang:disconnect_node(N) end
			|| N <- [${others.join(', ')}]].`);
	}
}

export class OwnRabbit {
	/** @handling: what a node does that sees too few others */
	static async open(handling = 'pause_minority') {
		const cluster = new OwnRabbit();
		Object.assign(cluster, { handling, port: await freePort(), epmdPort: await freePort(),
			dir: await mkdtemp(join(tmpdir(), 'cbx-rmq-')), cookie: 'CLUSTEROFATEST' });
		await writeFile(join(cluster.dir, '.erlang.cookie'), cluster.cookie, { mode: 0o400 });
		cluster.epmd = spawn('epmd', ['-port', String(cluster.epmdPort), '-address', '127.0.0.1'],
			{ stdio: 'ignore' });
		cluster.nodes = [];
		for (let i = 0; i < 3; i++) cluster.nodes.push(new Node(cluster, i, await freePort()));
		for (const node of cluster.nodes) await node.prepare();
		for (const node of cluster.nodes) node.launch();
		try {
			for (const node of cluster.nodes) await node.ready();
			await cluster.whole();
		} catch (error) {
			await cluster.close(); // nobody else knows it yet
			throw error;
		}
		return cluster;
	}

	get hosts() { return this.nodes.map(({ host }) => host); }

	/** What Place.open() has to know of it */
	get place() {
		return { rmqPort: this.port, rabbitmqctl: (...args) => this.nodes[0].ctl(...args),
			queueArguments: { 'x-queue-type': 'quorum' } };
	}

	/** All of them run, and know it of each other */
	whole() {
		return until('the cluster is whole', async () => {
			for (const { host } of this.nodes) if (!await answers(host, this.port)) return false;
			const status = JSON.parse(await this.nodes[0].ctl('cluster_status', '--formatter', 'json'));
			return status.running_nodes.length === this.nodes.length && !Object.keys(status.partitions).length;
		}, 120000);
	}

	async close() {
		for (const node of this.nodes) await node.kill();
		this.epmd.kill('SIGKILL');
		await rm(this.dir, { recursive: true, force: true });
	}
}
