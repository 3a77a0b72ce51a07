// SPDX-License-Identifier: MIT
// twin.test.mjs - two databases and one Redis: two chatterboxes with one app_name
//
// Each could hold the lease of its own database. Whose mark is in Redis first leads; the other one says
// which database that is, and leads when the mark has expired.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Daemon } from '../servers/e2e/daemon.mjs';
import { sleep, until } from '../servers/e2e/place.mjs';
import { APP } from '../servers/e2e/wire.mjs';
import { Rig } from './rig.mjs';

const JOB = 'S/1';
const said = (status) => `{"system":"S","job_id":1,"status":"${status}","job_type":"lists"}`;

const idOf = async (place) => JSON.parse(
	(await place.rows("select info from server_conf where name = 'database_id'"))[0].info);
const leads = async (daemon) => (await daemon.get('/leaderz')).status === 200;
const warnings = (daemon) => daemon.program.lines.filter((line) => line.includes('does not lead: '));
const told = (rig) => (rig.recorder.broker.walks.get(JOB) ?? []).join(' ');

/** @second says in /readyz that @first's database is in the way, and has said so once in the log */
async function expectAside(second, first, its) {
	const { text } = await until('the second one says why it does not lead', async () => {
		const answer = await second.get('/readyz');
		return answer.status === 503 && answer.text.includes('twin: ') && answer;
	});
	assert.match(text, new RegExp(`${APP}:state in Redis .* that of database ${first}, ours .* is ${its}`));
	for (const key of ['chatterbox.app_name', 'redis.db', 'sequelize.database'])
		assert.ok(text.includes(key), text);
	await until('it is logged', () => warnings(second).length);
	await sleep(1000);
	assert.equal(warnings(second).length, 1, second.program.tail());
	assert.ok(warnings(second)[0].includes(first) && warnings(second)[0].includes(its));
}

test('55: a second chatterbox with the same Redis and app_name, and another database', async () => {
	const rig = await Rig.open('twin', 1, { fleet: null });
	const other = await rig.place.beside('second');
	const [first] = rig.daemons;
	let codes;
	const second = await Daemon.prepare(rig.place, { lease: { ttl: 1 }, log: { level: 'info' },
		sequelize: { database: other.database } });
	try {
		rig.hdms.set('S', said('Running'));
		await rig.place.online(['S']);
		await first.start();
		await until('the first word', () => told(rig) === 'Running');
		await second.migrate();
		await other.online(['S']);
		second.launch();
		await until('an id of its own', () => idOf(other));
		await expectAside(second, await idOf(rig.place), await idOf(other));

		rig.hdms.set('S', said('Paused'));
		await until('the first one tells it', () => told(rig) === 'Running Paused');
		// a flush takes the mark away, for a moment
		await rig.recorder.flush();
		await sleep(4000);
		rig.hdms.set('S', said('Queued'));
		await until('the first one tells it', () => told(rig) === 'Running Paused Queued');
		assert.ok(await leads(first) && !await leads(second));
		assert.deepEqual(await other.rows("select 1 from lease where holder <> ''"), []);
		assert.deepEqual(await other.rows('select 1 from outbox'), []);
		const { duplicates, redelivered } = rig.recorder.broker;
		assert.deepEqual({ duplicates, redelivered }, { duplicates: 0, redelivered: 0 });
		assert.equal(await rig.differences(), '');

		assert.equal(await first.program.stop(), 0);
		await until('the second one leads', () => leads(second));
		await second.ready();
		assert.equal(await rig.place.redis.get(`${APP}:state`).then((text) => text.split(' ')[1]),
			await idOf(other));
		await until('its own record', async () => (await other.rows('select 1 from status_monitor')).length);

		first.launch();
		await expectAside(first, await idOf(other), await idOf(rig.place));
	} catch (error) {
		error.message += `\n${rig.tail()}\n${second.program?.tail(40)}`;
		throw error;
	} finally {
		codes = [await second.stop(), ...await rig.close()];
		await other.close();
	}
	assert.deepEqual(codes, [0, 0], 'a clean stop');
});
