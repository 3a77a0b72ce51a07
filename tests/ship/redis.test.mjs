// SPDX-License-Identifier: MIT
// Redis by TLS through a stunnel, as SECURITY.md shows it, which dies and comes back. Nothing is lost.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { OwnRedis } from '../faults/own_redis.mjs';
import { Rig } from '../faults/rig.mjs';
import { Authority } from '../kit/ca.mjs';
import { freePort } from '../kit/servers/ports.mjs';
import { SOURCE } from './root.mjs';

/** The block of SECURITY.md, for these addresses */
async function stunnelFile(dir, port, redis, ca) {
	const text = await readFile(join(SOURCE, 'SECURITY.md'), 'utf8');
	const block = text.match(/^ +\[redis\]\n(?: +\w+ = .*\n)+/m)[0].replace(/^ +/gm, '');
	const given = block.replace('127.0.0.1:6380', `127.0.0.1:${port}`)
		.replace('redis.example:6379', `127.0.0.1:${redis}`).replace('/etc/chatterbox/ca.pem', ca);
	assert.ok(given.includes(`accept = 127.0.0.1:${port}\n`) && given.includes(`CAfile = ${ca}\n`), given);
	const file = join(dir, 'stunnel.conf');
	await writeFile(file, `foreground = yes\npid =\n${given}`);
	return file;
}

test('TLS by stunnel, as SECURITY.md shows it', async () => {
	const redis = await OwnRedis.open();
	const authority = new Authority(redis.dir, 'right');
	const { cert, key } = authority.issue('DNS:redis.example');
	const tls = await freePort();
	await redis.kill();
	await redis.start(['--tls-port', String(tls), '--tls-cert-file', cert, '--tls-key-file', key,
		'--tls-ca-cert-file', authority.cert, '--tls-auth-clients', 'no', '--databases', '32']);
	const port = await freePort();
	const file = await stunnelFile(redis.dir, port, tls, authority.cert);
	const launch = () => spawn('stunnel4', [file], { stdio: 'ignore' });
	let stunnel = launch();
	const end = () => new Promise((resolve) => { stunnel.once('exit', resolve); stunnel.kill('SIGKILL'); });
	try {
		await Rig.run('stunnel', 29, { systems: 20, place: { redisPort: redis.port }, config: { redis: { port } } },
			async (rig) => {
				await rig.more(50);
				await end();
				await rig.more(20);
				stunnel = launch();
				await rig.daemon.ready(60000);
				await rig.more(50);
			});
	} finally {
		await end();
		await redis.close();
	}
});
