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
const replay = (file, ...options) => new Promise((resolve) => {
	execFile(process.env.CBX_E2E_REPLAY, ['--quiet', ...options, file], { timeout: 60000 },
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

		// not before its time, if that is asked for: ten times as fast here
		const began = performance.now();
		const slow = await replay(file, '--speed', '10');
		assert.ok(performance.now() - began >= 100 * (Number(/, (\d+) s,/.exec(out)[1]) - 1), slow.out);
		assert.deepEqual([slow.code, slow.out], [0, out]);
		for (const wrong of ['0', '-1', 'x', '1e9', '']) assert.equal((await replay(file, '--speed', wrong)).code, 64, wrong);

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

const leads = (daemon) => until('it leads', async () => (await daemon.get('/leaderz')).status === 200, 60000);
const toldIn = async (file) => (await readFile(file, 'utf8').catch(() => '')).split('\n')
	.filter((line) => line.startsWith('{"what":"told"')).length;

/** Records into @file, or into one of its own */
async function recorder(place, file) {
	const daemon = await Daemon.prepare(place, { lease: { ttl: 3 }, log: { level: 'info' } });
	await daemon.migrate();
	daemon.flight = file ?? join(daemon.dir, 'flight');
	daemon.launch('--record', daemon.flight);
	return daemon;
}

async function playsAgain(file, least, rest) {
	const { code, out, err } = await replay(file);
	assert.equal(code, 0, out + err);
	assert.ok(Number(/^agrees: (\d+) events, all as recorded$/m.exec(out)?.[1]) >= least, out);
	assert.equal(out.includes('it has no end'), rest, out);
}

test('two leaders record their turns, and a full disk costs the recording alone', { timeout: 240000 }, async () => {
	const place = await Place.open('recording_turns', 29);
	const daemons = [];
	let sim;
	try {
		daemons.push(await recorder(place));
		const [first] = daemons;
		sim = await Sim.start(place, first.dir, SYSTEMS, FLEET);
		await place.online(sim.systems);
		await leads(first);
		daemons.push(await recorder(place));
		const [, second] = daemons;
		await second.ready();
		await until('the first one tells', async () => await toldIn(first.flight) > 100, 60000);
		assert.equal(await toldIn(second.flight), 0, 'who stands by records nothing');
		first.program.child.kill('SIGKILL');
		await first.program.ended;
		await leads(second);
		await until('the second one tells', async () => await toldIn(second.flight) > 100, 60000);
		daemons.push(await recorder(place, '/dev/full'));
		const [, , third] = daemons;
		assert.equal(await second.program.stop(), 0, second.program.tail());
		await playsAgain(first.flight, 90, true);
		await playsAgain(second.flight, 100, false);

		await leads(third);
		await until('events are told', async () => await third.metric('chatterbox_events_published_total') > 20, 60000);
		const lost = third.program.lines.filter((line) => line.includes('the recording /dev/full can\'t be written'));
		assert.equal(lost.length, 1, 'it is said once');
		assert.match(lost[0], /No space left on device; all else goes on/);
		assert.ok(await third.metric('chatterbox_recorded_lines_total', 'dropped') > 20);
		assert.equal(await third.metric('chatterbox_recorded_lines_total', 'written'), 0);
		assert.equal((await third.get('/readyz')).status, 200);
	} catch (error) {
		error.message += daemons.map(({ program }) => `\n${program.tail(15)}`).join('');
		throw error;
	} finally {
		await sim?.program.stop();
		for (const daemon of daemons) await daemon.stop();
		await place.close();
	}
});
