// SPDX-License-Identifier: MIT
// own_redis.mjs - a redis-server of a test's own, which it may fill, enslave and wedge
//
// Nothing is kept over a restart but what SAVE wrote, and the commands that tests need are allowed.

import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../kit/servers/ports.mjs';
import { until } from '../servers/e2e/place.mjs';

/** Does it answer a PING with anything at all? */
const answers = (port) => new Promise((resolve) => {
	const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
	socket.once('data', () => { socket.destroy(); resolve(true); });
	socket.once('error', () => resolve(false));
	socket.setTimeout(1000, () => { socket.destroy(); resolve(false); });
});

export class OwnRedis {
	static async open(more) {
		const redis = await OwnRedis.#new();
		await redis.start(more);
		return redis;
	}

	/** One that is no Redis, but a Sentinel; @lines: more of its configuration */
	static async sentinel(lines = []) {
		const redis = await OwnRedis.#new();
		redis.file = join(redis.dir, 'sentinel.conf');
		await writeFile(redis.file, [`port ${redis.port}`, 'bind 127.0.0.1', `dir ${redis.dir}`, ...lines, '']
			.join('\n'));
		await redis.watch();
		return redis;
	}

	/** Starts a Sentinel, which goes on from what it wrote into its configuration */
	watch() { return this.#run([this.file, '--sentinel']); }

	static async #new() {
		const redis = new OwnRedis();
		redis.port = await freePort();
		redis.dir = await mkdtemp(join(tmpdir(), 'cbx-redis-'));
		return redis;
	}

	/** @more: options of redis-server */
	async start(more = []) {
		await this.#run(['--port', String(this.port), '--bind', '127.0.0.1',
			'--dir', this.dir, '--save', '3600 1', '--appendonly', 'no', '--daemonize', 'no',
			'--enable-debug-command', 'yes', '--enable-protected-configs', 'yes',
			'--busy-reply-threshold', '300', '--loading-process-events-interval-bytes', '1024', ...more]);
	}

	async #run(args) {
		this.child = spawn('redis-server', args, { stdio: 'ignore' });
		this.ended = new Promise((resolve) => { this.child.once('exit', resolve); });
		await until('redis-server answers', () => answers(this.port));
	}

	/** Ends it at once: what SAVE did not write is gone */
	async kill() {
		this.child.kill('SIGCONT');
		this.child.kill('SIGKILL');
		await this.ended;
	}

	pause() { this.child.kill('SIGSTOP'); }

	cont() { this.child.kill('SIGCONT'); }

	async close() {
		await this.kill();
		await rm(this.dir, { recursive: true, force: true });
	}
}
