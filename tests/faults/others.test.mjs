// SPDX-License-Identifier: MIT
// others.test.mjs - row 44: what others write into the tables, or hold locked, costs one job
//
// The tables may be OCD's own. A row with an impossible time, a row that somebody holds for long, a
// row that a trigger or policy refuses: its job may wait or be left out, and everybody else goes on.

import assert from 'node:assert/strict';
import { Daemon } from '../servers/e2e/daemon.mjs';
import { changeAll, allTold, change, daemon, field, grown, hdms, job, listener, nothingLost, place, ready,
	row, setting, statusOf, told, toldOf, until } from './rows.mjs';

const SYSTEMS = Array.from({ length: 10 }, (_, i) => `O${i}`);
const REST = SYSTEMS.slice(1);
const REJECTS = ['chatterbox_decode_rejects_total'];

setting('others', 27, SYSTEMS, { progress_checkpoint: 0, time_till_next_check: 5 });

/** Runs @fn while a transaction that did @what stays open */
async function holding(what, fn) {
	const client = await place.sql.connect();
	try {
		await client.query('begin');
		await client.query(what);
		return await fn();
	} finally {
		await client.query('rollback');
		client.release();
	}
}

row('44: a time that is infinite', async () => {
	await place.rows("insert into status_monitor(system, job_id, status, created_at) values "
		+ "('O0', 98, 'Queued', '-infinity')");
	await place.rows("insert into status_monitor(system, job_id, status, created_at, updated_at) "
		+ "values ('O1', 98, 'Queued', 'infinity', '20000-01-01')");
	hdms.set('O0', job('O0', 1), job('O0', 98, 'Waiting'));
	await grown(...REJECTS, 'member="time"', 0, 2);
	await allTold(await changeAll(REST.slice(1)));
	await told('O0/98/1');
	// and it leads again
	assert.equal(await daemon.program.stop(), 0, daemon.program.tail());
	await daemon.start();
	await allTold(await changeAll(REST.slice(1)), 30000);
	await grown(...REJECTS, 'member="time"', 0, 1);
	const logged = () => daemon.program.lines.filter((line) => line.includes('outside the years')).length;
	await until('it is named', logged);
	await nothingLost();
	assert.equal(logged(), 1, 'named once');
});

row('44: an activation that never comes', async () => {
	await place.rows("insert into list_activation_schedule(system, list_id, activate_at) values "
		+ "('O0', 'a', 'infinity'), ('O1', 'a', now() + interval '1 day'), "
		+ "('O2', 'a', '12000-01-01')");
	await daemon.get('/api/v1/poll', { method: 'POST', body: '{"discovery":true}',
		headers: { authorization: 'Bearer e2e', 'content-type': 'application/json' } });
	const shown = async (system) => (await daemon.get(`/api/v1/systems/${system}`)).json.next_activation;
	await until('the activation of O1', () => shown('O1'));
	assert.ok(!await shown('O0') && !await shown('O2'));
});

row('44: a row that others hold locked delays its own job', async () => {
	const id = await holding("select from status_monitor where system = 'O0' and job_id = 1 for update",
		async () => {
			const waits = await change('O0', 'Waiting');
			await hdms.notify('nl-hdms.event.content.job_status', job('O0', 1, 'Waiting'));
			await hdms.notify('nl-hdms.event.content.job_status',
				`[${job('O0', 1, 'Deciding')},${job('O1', 1, 'Deciding')}]`);
			hdms.set('O0', job('O0', 1, 'Deciding'));
			hdms.set('O1', job('O1', 1, 'Deciding'));
			await until('its neighbour in the message', async () => await statusOf('O1') === 'Deciding', 20000);
			for (let i = 0; i < 3; i++) await allTold(await changeAll(REST.slice(1)), 5000);
			assert.equal((await daemon.get('/readyz')).status, 200);
			await until('it is named', () => daemon.program.lines.some((line) =>
				line.includes('row can\'t be written') && line.includes('O0/1')), 15000);
			assert.equal(await statusOf('O0'), 'Running');
			return waits;
		});
	await told(id, 5000);
	await until('both in their order', async () => await statusOf('O0') === 'Deciding', 5000);
	await nothingLost();
});

row('44: a job that OCD is inserting all the while', async () => {
	await holding("insert into status_monitor(system, job_id, status) values ('O0', 99, 'Queued')",
		async () => {
			hdms.set('O0', job('O0', 1, 'Deciding'), job('O0', 99, 'Waiting'));
			await hdms.notify('nl-hdms.event.content.job_status', job('O0', 99, 'Waiting'));
			for (let i = 0; i < 3; i++) await allTold(await changeAll(REST.slice(1)), 8000);
		});
	await told('O0/99/1', 8000);
	await nothingLost();
});

row('44: rows that SQL refuses: a trigger, row security, a constraint', async () => {
	await place.rows(`create function refuse() returns trigger language plpgsql as $$ begin
		if new.status = 'Odd' then raise 'no' using errcode = 'OCD01'; end if;
		if new.status = 'Gone' then return null; end if; return new; end $$`);
	await place.rows('create trigger refuse before insert or update on status_monitor for each row '
		+ 'execute function refuse()');
	await place.rows("alter table status_monitor add check (status <> 'Bad')");
	const before = await daemon.metric(...REJECTS, 'member="sql"');
	const seen = toldOf('O0');
	for (const status of ['Odd', 'Gone', 'Bad']) {
		await hdms.notify('nl-hdms.event.content.job_status',
			`[${job('O0', 1, status)},${job('O1', 1, `After ${status}`)}]`);
		// told it stays, while the next answer says otherwise
		await until('its neighbour', () => listener.of('update_job_status').some(({ params }) =>
			params.system === 'O1' && params.status === `After ${status}`), 20000);
		hdms.set('O1', job('O1', 1, `After ${status}`));
	}
	await grown(...REJECTS, 'member="sql"', before, 3);
	hdms.set('O0', job('O0', 1, 'Odd'), job('O0', 99, 'Waiting')); // the latter must not vanish meanwhile
	await allTold(await changeAll(REST.slice(1)), 5000);
	assert.equal(toldOf('O0'), seen);
	await grown(...REJECTS, 'member="sql"', before, 5);
	const logged = () => daemon.program.lines.filter((line) => line.includes('SQL refuses a status'));
	await until('it is named', () => logged().length);
	assert.equal(logged().length, 1, 'named once');
	assert.match(logged()[0], /O0\/1/);
	await place.rows('drop trigger refuse on status_monitor');
	await until('it is taken again', async () => await statusOf('O0') === 'Odd');
	await until('Redis shows it', async () => /Odd/.test(await field('O0')));
	await ready();
	await nothingLost();
});

row('44: a database that can not hold what systems say', async () => {
	await place.rows('drop database if exists cbx_latin1');
	await place.rows("create database cbx_latin1 encoding 'LATIN1' template template0 lc_collate 'C' "
		+ "lc_ctype 'C'");
	const other = await Daemon.prepare(place, { sequelize: { database: 'cbx_latin1' } });
	assert.equal(await other.once(), 78);
	assert.match(other.program.lines.join('\n'), /cbx_latin1: the database's encoding is LATIN1/);
	await other.stop();
	await place.rows('drop database cbx_latin1');
});
