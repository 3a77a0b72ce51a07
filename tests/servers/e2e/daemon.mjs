// SPDX-License-Identifier: MIT
// daemon.mjs - chatterboxd and hdms-sim as processes of a test
//
// Both come from the environment (CBX_E2E_DAEMON, CBX_E2E_SIM), which meson sets. What they log is
// kept, and shown when a test fails.

import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../kit/servers/ports.mjs';
import { patience, until } from './place.mjs';

const KEPT = 20000; // lines of a program that are remembered

export class Program {
	/**
	 * @more: of the environment, besides ours without what chatterboxd would take for itself;
	 * @input: 'pipe' for a program that is written to
	 */
	constructor(path, args, more = {}, input = 'ignore') {
		const ours = Object.entries(process.env)
			.filter(([name]) => !name.startsWith('NLCONF_') && !name.startsWith('CHATTERBOX_'));
		const env = { ...Object.fromEntries(ours), ...more };
		this.name = path.split('/').at(-1);
		this.lines = [];
		this.child = spawn(path, args, { env, stdio: [input, 'pipe', 'pipe'] });
		this.ended = new Promise((resolve) => {
			this.child.once('exit', (code, signal) => resolve(code ?? signal));
			this.child.once('error', (error) => resolve(error.message));
		});
		this.ended.then((code) => { this.code = code; });
		for (const stream of [this.child.stdout, this.child.stderr])
			this.#keep(stream);
	}

	#keep(stream) {
		let rest = '';
		stream.setEncoding('utf8');
		stream.on('data', (text) => {
			const lines = (rest + text).split('\n');
			rest = lines.pop();
			this.lines.push(...lines);
			if (this.lines.length > 2 * KEPT) this.lines.splice(0, this.lines.length - KEPT);
		});
		stream.on('end', () => { if (rest) this.lines.push(rest); });
	}

	get runs() { return this.code === undefined; }

	/** Ends it by SIGTERM; its exit code, or 'late' when it had to be killed */
	async stop(ms = 20000) {
		this.child.kill('SIGTERM');
		const late = new Promise((resolve) => { setTimeout(resolve, ms * patience, 'late').unref(); });
		const code = await Promise.race([this.ended, late]);
		if (code === 'late') this.child.kill('SIGKILL');
		await this.ended;
		return code;
	}

	/** The last lines but those of our own reads, for a person who reads why a test failed */
	tail(count = 60) {
		const lines = this.lines.filter((line) => !line.includes('"http request"'));
		return `--- ${this.name} (${this.runs ? 'runs' : `ended with ${this.code}`}):\n${
			lines.slice(-count).map(short).join('\n')}`;
	}
}

/** A line of Bunyan without what is the same in all of them */
function short(line) {
	try {
		const { time, level, msg, ...rest } = JSON.parse(line);
		for (const same of ['name', 'hostname', 'pid', 'v']) delete rest[same];
		return `${time.slice(11)} ${level} ${msg} ${JSON.stringify(rest)}`;
	} catch {
		return line;
	}
}

/** chatterbox.json for this place; @more is laid over it, section by section */
function configuration(place, port, more) {
	const config = {
		check_job_status_time: 1,
		redis: { host: '127.0.0.1', port: place.redisPort, db: place.redisDb },
		rmq: { host: '127.0.0.1', port: place.rmqPort, vhost: place.vhost, user: 'guest', pass: 'guest' },
		rmq_rpc: { poll_timeout: '2s', rpc_timeout: '5s' },
		sequelize: { host: '127.0.0.1', port: place.pgPort, database: place.database,
			username: place.pgUser, password: 'chatterbox' },
		http_server: { host: '127.0.0.1', port, token: 'e2e' },
		log: { level: 'debug' },
	};
	for (const [key, value] of Object.entries(more)) {
		const both = typeof value === 'object' && config[key];
		config[key] = both ? { ...config[key], ...value } : value;
	}
	return config;
}

export class Daemon {
	static async prepare(place, more = {}) {
		const daemon = new Daemon();
		daemon.port = await freePort();
		daemon.dir = await mkdtemp(join(tmpdir(), 'cbx-e2e-'));
		daemon.file = join(daemon.dir, 'chatterbox.json');
		await writeFile(daemon.file, JSON.stringify(configuration(place, daemon.port, more)));
		return daemon;
	}

	/** Runs chatterboxd with more options until it ends; its exit code */
	async once(...options) {
		this.launch(...options);
		return this.program.ended;
	}

	async migrate() {
		const code = await this.once('--migrate');
		if (code !== 0) throw new Error(`--migrate ended with ${code}\n${this.program.tail()}`);
	}

	/** Starts it, and does not wait. @without a mechanism, if it is set (tests/faults/controls.py) */
	launch(...options) {
		const path = this.without ? join(process.env.CBX_E2E_CONTROLS, `chatterboxd-${this.without}`)
			: process.env.CBX_E2E_DAEMON;
		this.program = new Program(path, ['--config', this.file, ...options], this.env);
	}

	async start() {
		this.launch();
		await this.ready();
	}

	async ready(ms = 30000) {
		await until('chatterboxd is ready', async () => {
			if (!this.program.runs) throw new Error('it ended');
			return (await this.get('/readyz')).status === 200;
		}, ms);
	}

	/** GET @path: { status, text, json } */
	async get(path, options = {}) {
		const answer = await fetch(`http://127.0.0.1:${this.port}${path}`,
			{ signal: AbortSignal.timeout(5000 * patience), ...options });
		const text = await answer.text();
		const type = answer.headers.get('content-type') ?? '';
		return { status: answer.status, text, json: type.includes('json') ? JSON.parse(text) : undefined };
	}

	/** The value of a metric, or the sum over its label sets that contain @labels */
	async metric(name, labels = '') {
		const { text } = await this.get('/metrics');
		return text.split('\n')
			.filter((line) => line.match(`^${name}(\\{|\\s)`) && line.includes(labels))
			.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
	}

	async stop() {
		const code = this.program?.runs ? await this.program.stop() : this.program?.code;
		await rm(this.dir, { recursive: true, force: true });
		return code;
	}
}
