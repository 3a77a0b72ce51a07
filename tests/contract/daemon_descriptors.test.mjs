// SPDX-License-Identifier: MIT
// No descriptor is left for another client: the daemon waits without spinning, says nothing wrong,
// and serves again when some have gone. (Who has sent half a request before his turn, and gone, is noticed
// by his idleness alone: libmicrohttpd waits for an edge that came with the half.)
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';

import { sleep, start, until } from './daemon_kit.mjs';

let daemon;

before(async () => {
	daemon = await start(['--demo=5']);
});
after(() => daemon.child.kill('SIGKILL'));

const opened = () => readdirSync(`/proc/${daemon.child.pid}/fd`).length;

// Milliseconds of processor time so far
function worked() {
	const stat = readFileSync(`/proc/${daemon.child.pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ');
	return (Number(stat[11]) + Number(stat[12])) * 10;
}

async function workIn(ms) {
	const before = worked();
	await sleep(ms);
	return worked() - before;
}

test('the thread that serves HTTP steps back behind the others', async () => {
	await daemon.get('/livez');
	const nice = new Map(readdirSync(`/proc/${daemon.child.pid}/task`).map((thread) => {
		const [, name, rest] = /\((.*)\) (.*)/.exec(readFileSync(`/proc/${daemon.child.pid}/task/${thread}/stat`, 'utf8'));
		return [name, Number(rest.split(' ')[16])];
	}));
	assert.equal(nice.get('MHD-single'), Math.min(nice.get('cbx-poller') + 5, 19), JSON.stringify([...nice]));
});

test('outlives a crowd that takes all descriptors', async () => {
	const calm = await workIn(1000);
	const limit = opened() + 10;
	const limited = spawnSync('prlimit', ['--pid', daemon.child.pid, `--nofile=${limit}:${limit}`]);
	assert.equal(limited.status, 0, String(limited.stderr));
	const port = Number(new URL(daemon.url).port);
	const clients = Array.from({ length: 60 }, () => {
		const client = connect(port, '127.0.0.1');
		client.on('error', () => {});
		return client;
	});
	await until(() => opened() >= limit, 5000, 'all descriptors taken');
	const crowded = await workIn(1000);
	assert.ok(crowded < calm + 300, `${crowded} ms of work in a second, ${calm} ms before`);
	assert.equal(daemon.child.exitCode, null);
	clients.forEach((client) => client.destroy());
	await until(async () => {
		try {
			return (await daemon.get('/livez', { headers: { connection: 'close' } })).status === 200;
		} catch {
			return false;
		}
	}, 10000, 'an answer when they have gone');
	assert.equal((await daemon.get('/api/v1/systems')).status, 200);
	assert.deepEqual(await daemon.stop(), { code: 0, signal: null });
});
