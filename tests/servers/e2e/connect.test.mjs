// SPDX-License-Identifier: MIT
// connect.test.mjs - --check-config --connect: it logs in everywhere, names what is missing, and changes
// nothing; 0, 69 or 78 (contract 8.3)

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { Place } from './place.mjs';

const CANARY = 'canary-of-the-connect-test';
let place;

before(async () => { place = await Place.open('connect', 21); });
after(() => place.close());

/** What there is in all servers, so that a change would show */
async function all() {
	const tables = await place.rows(`select table_name, column_name from information_schema.columns
		where table_schema = 'public' order by 1, 2`);
	return JSON.stringify([tables, (await place.redis.keys('*')).sort()]);
}

/** Ends it with @code, all of @words in its lines, and nothing changed */
async function checked(more, code, ...words) {
	const was = await all();
	const daemon = await Daemon.prepare(place, more);
	try {
		const ended = await daemon.once('--check-config', '--connect');
		const said = daemon.program.lines.join('\n');
		assert.equal(ended, code, said);
		for (const word of words)
			assert.match(said, word);
		assert.ok(!said.includes(CANARY));
		assert.equal(await all(), was);
	} finally {
		await daemon.stop();
	}
}

test('what is missing is named, one thing after the other is put there, and then it is well', async () => {
	await checked({}, 78, /^redis 127\.0\.0\.1:\d+\/21: ok$/m, /^sql .*: NOT AS NEEDED: .*no table status_monitor, completed_jobs, .*outbox, .*lease.*; chatterboxd --migrate makes what is absent$/m,
		/^rmq 127\.0\.0\.1:\d+\/cbx-connect: ok$/m, /^rmq exchange amq\.topic: ok$/m,
		/^rmq queue nl-hdms\.request: NOT AS NEEDED: it does not exist/m,
		/^rmq queue nl-ocd-chatterbox\.request: not there yet/m, /^http 127\.0\.0\.1:\d+: ok$/m);
	const daemon = await Daemon.prepare(place);
	await daemon.migrate();
	await daemon.stop();
	await checked({}, 78, /no table or view connections/);
	await place.online(['E2E1']);
	await checked({}, 78, /^rmq queue nl-hdms\.request: NOT AS NEEDED/m);
	const client = await place.connect();
	const channel = await client.createChannel();
	await channel.assertQueue('nl-hdms.request', { durable: true });
	await client.close();
	await checked({}, 0);
	await checked({ rmq_rpc: { event_exchange: 'nobodys' } }, 78, /^rmq exchange nobodys: NOT AS NEEDED: it does not exist$/m);
	await place.rows('alter table errors rename column code to kode');
	await checked({}, 78, /^sql .*: NOT AS NEEDED: .*errors.*code/m);
	await place.rows('alter table outbox rename column payload to load');
	await checked({}, 78, /^sql .*: NOT AS NEEDED: .*errors\.code is absent, needs text; .*outbox\.payload is absent/m);
	await place.rows('alter table outbox rename column load to payload');
	await place.rows('alter table errors rename column kode to code');
	await checked({}, 0);
});

test('a server that is not there is 69, and the others are looked at all the same', async () => {
	for (const [section, line] of [['redis', 'redis'], ['rmq', 'rmq'], ['sequelize', 'sql'], ['live_temp', 'live_temp']])
		await checked({ [section]: { host: '127.0.0.1', port: 1 } }, 69, new RegExp(`^${line} .*: DOWN: `, 'm'),
			line === 'redis' ? /^rmq .*: ok$/m : /^redis .*: ok$/m);
});

test('a login that is refused is named, its password is not', async () => {
	await checked({ rmq: { user: 'nobody', pass: CANARY } }, 78, /^rmq .*: NOT AS NEEDED: /m);
});

test('an address that another program listens on is 69', async () => {
	const server = createServer();
	await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
	await checked({ http_server: { host: '127.0.0.1', port: server.address().port } }, 69,
		/^http: NOT AS NEEDED: .*http_server\.port/m);
	await new Promise((done) => { server.close(done); });
});

test('--connect goes with --check-config alone', async () => {
	const daemon = await Daemon.prepare(place);
	assert.equal(await daemon.once('--connect'), 64);
	await daemon.stop();
});
