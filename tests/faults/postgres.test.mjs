// SPDX-License-Identifier: MIT
// postgres.test.mjs - rows 21 to 26: SQL is killed, read-only, locked, frozen, full; a commit is cut
//
// What was not committed has not happened, and what was committed is told: whatever SQL does,
// chatterboxd stays up, says so in /readyz where it can't serve, and goes on when SQL does.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rmdir, stat, chown } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { promisify } from 'node:util';
import { servers, sleep } from '../servers/e2e/place.mjs';
import { Proxy } from './proxy.mjs';
import { allTold, changeAll, daemon, grown, hdms, job, nothingLost, place, readsGoOn, ready, row, setting,
	status, statusOf, told, toldOf, until } from './rows.mjs';

const exec = promisify(execFile);
const SYSTEMS = Array.from({ length: 20 }, (_, i) => `Q${i}`);
const ERRORS = ['chatterbox_server_errors_total', 'sql'];

let proxy;
setting('postgres', 13, SYSTEMS, () => ({ sequelize: { port: proxy.port } }), async () => {
	proxy = await Proxy.open(Number(process.env.CBX_TEST_PG_PORT));
	return {};
});
after(() => proxy?.close());

const down = (why) => until(`/readyz says ${why}`, async () => {
	const { status: code, text } = await daemon.get('/readyz');
	if (code !== 503 || !text.match(new RegExp(`^sql .*DOWN.*${why}`, 'm'))) throw new Error(text);
	return true;
}, 20000);

/** Reads come from the snapshot */
async function snapshotGoesOn() {
	assert.equal((await daemon.get('/api/v1/jobs')).json.jobs.length, SYSTEMS.length);
	await readsGoOn();
	await readsGoOn('/livez');
}

row('21: killed and started again, twice in the middle of work', async () => {
	for (let i = 0; i < 2; i++) {
		const ids = await changeAll(SYSTEMS);
		await servers('kill', 'pg');
		await snapshotGoesOn();
		await servers('up', 'pg');
		await allTold(ids, 30000);
	}
	await ready();
	await nothingLost();
});

row('22: read-only: said to be down, and nothing is dropped', async () => {
	const db = place.database;
	const ids = await changeAll(SYSTEMS);
	await place.rows(`alter database ${db} set default_transaction_read_only = on`);
	const end = () => place.rows('select pg_terminate_backend(pid) from pg_stat_activity '
		+ "where datname = $1 and application_name like '%chatterbox%'", [db]);
	await end();
	await down('read-only|25006');
	await readsGoOn();
	await sleep(3000);
	await place.rows('begin; set transaction read write; '
		+ `alter database ${db} reset default_transaction_read_only; commit`);
	await allTold(ids, 30000);
	await ready();
});

row('24: a table is locked for longer than the lock timeout', async () => {
	const before = await daemon.metric(...ERRORS);
	const client = await place.sql.connect();
	const words = toldOf('Q0');
	await client.query('begin; lock table status_monitor, outbox in access exclusive mode');
	const texts = SYSTEMS.map((system) => job(system, 1, 'Verifying'));
	SYSTEMS.forEach((system, i) => hdms.set(system, texts[i]));
	await grown(...ERRORS, before, 2);
	await readsGoOn();
	assert.equal(toldOf('Q0'), words);
	await client.query('commit');
	client.release();
	await until('all are recorded', async () => {
		for (const system of SYSTEMS) if (await statusOf(system) !== 'Verifying') return false;
		return true;
	}, 30000);
	await ready();
	await nothingLost();
});

row('24: the server is frozen, and goes on', async () => {
	const ids = await changeAll(SYSTEMS);
	await servers('pause', 'pg');
	try {
		await down('');
		await readsGoOn();
	} finally {
		await servers('cont', 'pg');
	}
	await allTold(ids, 30000);
	await ready();
});

row('25: the disk is full: the next write waits for room, and nothing is half written', async () => {
	const dir = await mkdtemp(join(tmpdir(), 'cbx-full-'));
	await exec('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', dir]);
	try {
		const { uid, gid } = await stat(join(process.env.CBX_TEST_DIR, 'pg'));
		await chown(dir, uid, gid);
		await chmod(dir, 0o700);
		await place.rows(`create tablespace cbx_full location '${dir}'`);
		await place.rows('alter table status_monitor set tablespace cbx_full');
		await place.rows('create table ballast(x text) tablespace cbx_full');
		await place.rows('alter table ballast alter x set storage external');
		const fill = async () => {
			for (const size of [100000, 1000])
				await until('it is full', () => place.rows('insert into ballast values (repeat($1, $2))',
					['x', size]).then(() => false, (error) => error.code === '53100'), 30000);
		};
		await fill();
		const before = await daemon.metric(...ERRORS);
		// new jobs need new room
		const many = Array.from({ length: 400 }, (_, i) => job('Q0', i + 1, status, `,"pad":"${'x'.repeat(50)}"`));
		hdms.set('Q0', ...many);
		await hdms.notify('nl-hdms.event.content.job_status', `[${many.join(',')}]`);
		await grown(...ERRORS, before, 2);
		await readsGoOn();
		const [{ n }] = await place.rows("select count(*)::int as n from status_monitor where system = 'Q0'");
		assert.equal(n, 1, 'all or nothing');
		await place.rows('drop table ballast');
		await told('Q0/400/1', 30000);
		await ready();
		await nothingLost();
	} finally {
		await place.rows('drop table if exists ballast');
		await place.rows('alter table status_monitor set tablespace pg_default');
		await place.rows('drop tablespace if exists cbx_full');
		await exec('umount', [dir]);
		await rmdir(dir);
	}
});

row('26: the answer of a commit is lost: nothing is told twice as two revisions', async () => {
	for (let i = 0; i < 5; i++) {
		// the commit arrives, its answer does not; then one that never arrives
		const cut = proxy.once('up', 'commit', (pair) => {
			if (i % 2) {
				pair.reset();
				return false;
			}
			pair.lanes.down.from.removeAllListeners('data');
			setTimeout(() => pair.reset(), 300);
			return true;
		});
		const ids = await changeAll(SYSTEMS);
		await cut.passed;
		await allTold(ids, 30000);
	}
	await nothingLost();
});
