// SPDX-License-Identifier: MIT
// live.test.mjs - which systems are online is read from `live_temp` when that is configured
//
// Both databases have a table `connections`, and they name different systems: only that of live_temp
// counts (contract 5.2). The connection there only reads.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { Hdms } from './hdms.mjs';
import { Place, until } from './place.mjs';

let place;
let live;
let hdms;
let daemon;

before(async () => {
	place = await Place.open('live', 6);
	live = await place.beside('live_temp');
	hdms = await Hdms.open(place);
	daemon = await Daemon.prepare(place, { live_temp: { host: '127.0.0.1', port: place.pgPort,
		database: live.database, username: place.pgUser, password: 'chatterbox' } });
	hdms.set('LIVE1', '{"system":"LIVE1","job_id":1,"status":"Running"}');
	hdms.set('HERE1', '{"system":"HERE1","job_id":1,"status":"Running"}');
	await place.online(['HERE1']);
	await live.online(['LIVE1']);
	await daemon.start();
});

after(async () => {
	await daemon?.stop();
	await hdms?.close();
	await live?.close();
	await place?.close();
});

test('the connections of live_temp say who is online', async () => {
	const state = async () => (await daemon.get('/api/v1/systems')).json.systems
		.map(({ systemID, status }) => `${systemID} ${status}`);
	try {
		await until('the system of live_temp', async () => (await state()).includes('LIVE1 online'));
		assert.deepEqual(await state(), ['LIVE1 online']);
		await until('a question', () => hdms.questions.length > 0);
		assert.deepEqual(new Set(hdms.questions.map((q) => q.asked[0].system)), new Set(['LIVE1']));
		assert.deepEqual((await live.rows(`select table_name from information_schema.tables
			where table_schema = 'public'`)).map((row) => row.table_name), ['connections']);
	} catch (error) {
		error.message += `\n${daemon.program.tail()}`;
		throw error;
	}
});
