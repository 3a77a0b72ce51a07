// SPDX-License-Identifier: MIT
// fleet.test.mjs - 500 systems of 4 jobs, played by hdms-sim: nothing is missing, nothing is told twice

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { Place, until } from './place.mjs';
import { misfits } from './schema.mjs';
import { MORTAL, Sim, difference, record } from './sim.mjs';
import { APP, Listener, checkChain, checkEnvelope, readStream, wordsOf, wordsOfStream }
	from './wire.mjs';

const SYSTEMS = 500;
// rounds far enough apart to be told from each other by a slow observer
const APART = { check_job_status_time: 5 };

async function withFleet(name, redisDb, options, more, fn) {
	const place = await Place.open(name, redisDb);
	const daemon = await Daemon.prepare(place, more);
	const listener = await Listener.open(place);
	let sim;
	try {
		sim = await Sim.start(place, daemon.dir, SYSTEMS, options);
		await daemon.migrate();
		await place.online(sim.systems);
		await daemon.start();
		const since = Date.now() + 5000; // until then the first answers are in
		await fn({ since, place, daemon, listener, sim });
		assert.equal(await daemon.program.stop(), 0, 'a clean stop');
		assert.deepEqual(misfits, [], 'docs/asyncapi.json');
	} catch (error) {
		error.message += `\n${daemon.program?.tail()}\n${sim?.program.tail(5)}`;
		throw error;
	} finally {
		await sim?.program.stop();
		await daemon.stop();
		await listener.close();
		await place.close();
	}
}

/** "system/job_id" of every field of every APP:jobs:{system} */
async function shared(place, systems) {
	const pipe = place.redis.pipeline();
	for (const system of systems) pipe.hgetall(`${APP}:jobs:{${system}}`);
	const jobs = new Map();
	for (const [i, [error, hash]] of (await pipe.exec()).entries()) {
		if (error) throw error;
		for (const [id, text] of Object.entries(hash)) jobs.set(`${systems[i]}/${id}`, text);
	}
	return jobs;
}

test('all jobs are in Redis and status_monitor within two rounds, and again after a flush',
	() => withFleet('rounds', 3, ['--frozen'], APART, async ({ place, daemon, sim }) => {
		await until('all jobs in both', async () =>
			(await shared(place, sim.systems)).size === SYSTEMS * 4
			&& (await place.rows('select count(*)::int as n from status_monitor'))[0].n === SYSTEMS * 4);
		const rounds = await daemon.metric('chatterbox_cycle_duration_seconds_count');
		assert.ok(rounds <= 2, `${rounds} rounds`);
		for (const [key, text] of await shared(place, sim.systems)) {
			const { system, job_id: id, status } = JSON.parse(text);
			assert.equal(`${system}/${id}`, key);
			assert.equal(status, 'Running');
		}
		await place.redis.flushdb();
		await until('all jobs in Redis again',
			async () => (await shared(place, sim.systems)).size === SYSTEMS * 4, 15000);
		assert.equal(await place.redis.zcard(`${APP}:active_systems`), SYSTEMS);
	}));

test('every change of every job is told exactly once, and the last word is the truth',
	() => withFleet('fleet', 4, ['--rate', '2', '--seed', '7', ...MORTAL], {},
		async ({ place, daemon, listener, sim, since }) => {
			const truth = await sim.allEnded(180000);
			assert.equal(truth.size, SYSTEMS * 4);
			await until('the record is the truth', async () => {
				const found = difference(truth, await record(place), since);
				if (found) throw new Error(found);
				return true;
			}, 60000);
			await place.emptyOutbox();
			await listener.caughtUp();
			const recorded = await record(place);
			const words = wordsOf(listener);
			const last = checkChain(words, 'broker');
			assert.deepEqual([...checkChain(wordsOfStream(await readStream(place.redis)), 'stream')].sort(),
				[...last].sort());
			assert.equal(last.size, recorded.size);
			for (const [key, { status, revision, origin }] of recorded) {
				assert.deepEqual(last.get(key), { revision, status }, key);
				assert.ok(['user', 'ocd'].includes(origin));
			}
			for (const message of listener.messages) checkEnvelope(message);
			await until('ended jobs leave Redis', async () => !(await shared(place, sim.systems)).size);
			assert.ok(words.length > SYSTEMS * 4 * 2, `${words.length} words`);
			await until('nothing is pending', async () => await daemon.metric('chatterbox_outbox_pending') === 0);
			console.log(`${words.length} words of ${last.size} jobs, told once each`);
		}));
