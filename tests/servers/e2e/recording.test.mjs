// SPDX-License-Identifier: MIT
// recording.test.mjs - hdms-sim with every kind of life on real servers, recorded, and played again
// without any (contract 8.3, docs/recording.md)

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { Place, until } from './place.mjs';
import { MORTAL, Sim } from './sim.mjs';

const SYSTEMS = 40;
const FLEET = [...MORTAL, '--rate', '4', '--user-share', '0.6', '--push', '0.3', '--malformed', '0.02', '--drop', '0.01'];
const WRITE = { method: 'POST', headers: { Authorization: 'Bearer e2e', 'Content-Type': 'application/json' } };

/** Plays a file: { code, out, err } */
const replay = (file) => new Promise((resolve) => {
	execFile(process.env.CBX_E2E_REPLAY, ['--quiet', file], { timeout: 60000 },
		(error, out, err) => resolve({ code: error ? error.code : 0, out, err }));
});

/** What chatterboxd recorded of a fleet that came to its end, and what became of it */
async function record(name, redisDb, fn, ...options) {
	const place = await Place.open(name, redisDb);
	let daemon;
	let sim;
	try {
		daemon = await Daemon.prepare(place, { offline_job_ttl: 5, log: { level: 'info' } });
		const file = join(daemon.dir, 'flight');
		sim = await Sim.start(place, daemon.dir, SYSTEMS, FLEET);
		await daemon.migrate();
		await place.online(sim.systems);
		await place.rows(`insert into status_monitor (system, job_id, status) values ('${sim.systems[0]}', 1, ''),
			('${sim.systems[1]}', 2, '')`);
		daemon.launch('--record', file, ...options);
		await daemon.ready();
		await place.rows(`insert into scheduled_jobs (system, job_id) values ('${sim.systems[2]}', 1)`);
		const lives = (text) => ['Running', 'Paused', 'Completed', 'Errored', 'Killed'].every((status) =>
			text.includes(`"previous_status":"Running","origin":"user","body":{`) && text.includes(`"status":"${status}"`)) &&
			['"event":"status"', '"event":"user_job_errors"', '"what":"push"', '"what":"unanswered"',
				'"malformed":true', '"table":"ocd"'].every((part) => text.includes(part));
		const told = (text) => text.split('\n').filter((line) => line.startsWith('{"what":"told"')).length;
		await until('every kind of life is recorded', async () => {
			const text = await readFile(file, 'utf8');
			return lives(text) && told(text) > 300;
		}, 120000);
		const cleared = await daemon.get('/api/v1/clean_up', { ...WRITE, body: '{}' });
		assert.equal(cleared.status, 200, cleared.text);
		await until('the clean-up is recorded', async () => (await readFile(file, 'utf8')).includes('"what":"cleared"'));
		assert.equal(await daemon.program.stop(), 0, daemon.program.tail());
		await fn(file, sim);
	} catch (error) {
		error.message += `\n${daemon?.program?.tail(20)}`;
		throw error;
	} finally {
		await sim?.program.stop();
		await daemon?.stop();
		await place.close();
	}
}

test('what was told on real servers is told again without them', { timeout: 240000 }, () =>
	record('recording', 29, async (file) => {
		const { code, out, err } = await replay(file);
		assert.equal(code, 0, out + err);
		assert.match(out, /^agrees: \d{3,} events, all as recorded$/m);

		const text = await readFile(file, 'utf8');
		const altered = text.replace(/("what":"told"[^\n]*"status":")Completed"/, '$1Complexed"');
		assert.notEqual(altered, text);
		await writeFile(file, altered);
		const second = await replay(file);
		assert.equal(second.code, 1, second.out + second.err);
		assert.match(second.out, /^NL-HDMS-\d+\/\d+: differs at line \d+/m);
		assert.match(second.out, /recorded: Complexed (after|at first) .*\n {2}played: +Completed (after|at first)/);

		await writeFile(file, text.slice(0, text.length / 2));
		const third = await replay(file);
		assert.equal(third.code, 65, third.out + third.err);
		assert.match(third.err, /flight: line \d+ \(byte \d+\): is cut off/);
		assert.match(third.out, /agrees: \d+ events/);
	}));

test('without names it is told as well', { timeout: 240000 }, () =>
	record('recording_anonymous', 30, async (file, sim) => {
		const text = await readFile(file, 'utf8');
		for (const system of sim.systems) assert.ok(!text.includes(system), system);
		assert.ok(!/NL-HDMS|track-|\.flac|127\.0\.0\.1/.test(text));
		const { code, out, err } = await replay(file);
		assert.equal(code, 0, out + err);
		assert.match(out, /names replaced/);
	}, '--record-anonymous'));
