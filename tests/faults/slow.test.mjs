// SPDX-License-Identifier: MIT
// slow.test.mjs - row 42: the lease is held by who can work
//
// A slow line is no failure: a large table is loaded a page at a time, and that advances. An instance
// whose load does not advance gives the lease up, says why, and lets another lead.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Daemon } from '../servers/e2e/daemon.mjs';
import { Hdms } from '../servers/e2e/hdms.mjs';
import { Place, until } from '../servers/e2e/place.mjs';
import { Proxy } from './proxy.mjs';

const ROWS = 30000;
const SYSTEMS = 300;
let place;
let hdms;
let proxy;
const daemons = [];

async function prepare(port) {
	const daemon = await Daemon.prepare(place, { sequelize: { port }, lease: { ttl: 5 },
		log: { level: 'info' } });
	daemons.push(daemon);
	return daemon;
}

const lease = async () => (await place.rows('select holder, epoch::int from lease'))[0];
const leads = async (daemon) => Number((await lease())?.holder.split(':')[1]) === daemon.program.child.pid;

before(async () => {
	place = await Place.open('slow', 28);
	hdms = await Hdms.open(place);
	// a question is all that is wanted: without answers nothing changes
	for (let i = 0; i < SYSTEMS; i++) hdms.silent.add(`S${i}`);
	proxy = await Proxy.open(place.pgPort);
	const direct = await prepare(place.pgPort);
	await direct.migrate();
	await place.rows('insert into status_monitor(system, job_id, job_type, status, percent_completed, '
		+ "downloaded, total_files, download_speed, revision) select 'S' || n % $2::int, n, 'lists', "
		+ "'Running', '42.5', 17, 170, '1.5 MB/s', 1 from generate_series(1, $1::int) as n", [ROWS, SYSTEMS]);
});

after(async () => {
	await proxy?.pass();
	const codes = await Promise.all(daemons.map((daemon) => daemon.stop()));
	await proxy?.close();
	await hdms?.close();
	await place?.close();
	assert.deepEqual(codes, codes.map(() => 0), daemons.map(({ program }) => program?.tail()).join('\n'));
});

test('42: 30 000 rows over a slow line', async () => {
	const slow = await prepare(proxy.port);
	proxy.slow(200000, 'down');
	slow.launch();
	await hdms.question('a question', () => true, 0, 150000);
	const { epoch } = await lease();
	assert.equal(epoch, 1, 'it kept the lease all the while');
	assert.ok(await leads(slow));
	await until('all rows are known', async () => await slow.metric('chatterbox_live_jobs') === ROWS);
	await proxy.pass();
	await slow.program.stop();
});

test('42: who can not load gives the lease up, and says why', async () => {
	const stuck = await prepare(proxy.port);
	const [standby] = daemons;
	// its record is never read, all else is well
	const end = proxy.watch('up', 's.cbx_name', () => false);
	stuck.launch();
	await until('it leads', () => leads(stuck));
	await standby.start();
	const since = Date.now();
	await until('the standby leads', () => leads(standby), 120000);
	assert.ok(Date.now() - since > 30000, 'not for a moment of weakness');
	const { status, text } = await stuck.get('/readyz');
	assert.equal(status, 503);
	assert.match(text, /lease: GIVEN UP: it could load nothing more of status_monitor for \d+ s/);
	await until('the log says so', () => stuck.program.lines.some((line) => line.includes('gives the lease up')));
	await hdms.question('a question', () => true, since, 60000);
	// and it does not grab the lease at once
	await standby.program.stop();
	await until('nobody leads', async () => !(await lease()).holder);
	end();
	assert.ok(stuck.program.runs);
	await until('it leads again, a minute later', () => leads(stuck), 90000);
	await stuck.ready(60000);
});
