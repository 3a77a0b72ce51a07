// SPDX-License-Identifier: MIT
// own_redis.mjs - a redis-server of a test's own, which it may fill, enslave and wedge
//
// Nothing is kept over a restart but what SAVE wrote, and the commands that tests need are allowed.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
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
	static async open() {
		const redis = new OwnRedis();
		redis.port = await freePort();
		redis.dir = await mkdtemp(join(tmpdir(), 'cbx-redis-'));
		await redis.start();
		return redis;
	}

	/** @more: options of redis-server */
	async start(more = []) {
		this.child = spawn('redis-server', ['--port', String(this.port), '--bind', '127.0.0.1',
			'--dir', this.dir, '--save', '3600 1', '--appendonly', 'no', '--daemonize', 'no',
			'--enable-debug-command', 'yes', '--enable-protected-configs', 'yes',
			'--busy-reply-threshold', '300', '--loading-process-events-interval-bytes', '1024', ...more],
		{ stdio: 'ignore' });
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
