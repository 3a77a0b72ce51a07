// SPDX-License-Identifier: MIT
// outage.test.mjs - Redis, RabbitMQ and PostgreSQL are each killed and come back during a run
//
// chatterboxd must stay up, say what is down, and catch up by itself: afterwards each job's events
// are complete, and its last one is what hdms-sim wrote down. While something fails an event may come
// twice (contract 3.3: at least once), so that repetitions are counted and not refused.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { Place, servers, sleep, until } from './place.mjs';
import { misfits } from './schema.mjs';
import { MORTAL, Sim, difference, record } from './sim.mjs';
import { APP, Listener, checkChain, firstOfEach, readStream, wordsOf, wordsOfStream }
	from './wire.mjs';

const SYSTEMS = 100;
const LINE = { redis: /redis/i, rmq: /rmq|rabbit|amqp/i, pg: /sql|postgres/i };
const NAMES = Object.keys(LINE);

let place;
let daemon;
let listener;
let sim;
let since; // by then every job is known

before(async () => {
	place = await Place.open('outage', 5);
	// a system that came online while the broker was away is noticed by the next Update Database Task
	daemon = await Daemon.prepare(place, { time_till_next_check: 15 });
	listener = await Listener.open(place, { durable: true });
	sim = await Sim.start(place, daemon.dir, SYSTEMS, ['--rate', '0.7', '--seed', '3', '--push', '0.2',
		...MORTAL]);
	await daemon.migrate();
	await place.online(sim.systems);
	await daemon.start();
	// a system that nobody has heard of yet is not asked if its word that it is online is lost with the broker
	await until('every job is known', async () => {
		const known = await record(place);
		return [...await sim.truth()].every(([key, { status }]) => known.has(key) || status === null);
	}, 60000);
	since = Date.now();
});

after(async () => {
	await sim?.program.stop();
	const code = await daemon?.stop();
	await listener?.close();
	await place?.close();
	assert.equal(code, 0, daemon?.program?.tail());
	assert.deepEqual(misfits, [], 'docs/asyncapi.json');
});

const wordCount = async () => (await place.rows(
	'select coalesce(sum(revision), 0)::int as n from (select revision from status_monitor '
	+ 'union all select revision from completed_jobs) as all_jobs'))[0].n;

/** One line of /readyz says that @name is down, no other server's line does */
async function saysDown(name) {
	const { status, text } = await daemon.get('/readyz');
	if (status !== 503) throw new Error(`${status}: ${text}`);
	const lines = text.split('\n');
	for (const other of NAMES) {
		const line = lines.find((l) => LINE[other].test(l));
		assert.ok(line, `a line of ${other} in:\n${text}`);
		if (/\bok\b|\bup\b/i.test(line) === (other === name)) throw new Error(text);
	}
	return true;
}

for (const name of NAMES) {
	test(`${name} is killed and comes back`, async () => {
		try {
			const earlier = await wordCount();
			await servers('kill', name);
			await until(`/readyz says that ${name} is down`, () => saysDown(name), 20000);
			assert.equal((await daemon.get('/livez')).status, 200);
			await sleep(5000); // the fleet lives on meanwhile
			assert.ok(daemon.program.runs);
			assert.equal((await daemon.get('/api/v1/jobs?limit=1')).status, 200, 'reads go on');
			await servers('up', name);
			if (name === 'rmq') await until('the listener is back', () => listener.connect().then(() => true));
			await until('/readyz is 200 again',
				async () => (await daemon.get('/readyz')).status === 200, 45000);
			await until('words are recorded again', async () => await wordCount() > earlier, 45000);
		} catch (error) {
			error.message += `\n${daemon.program.tail()}`;
			throw error;
		}
	});
}

test('afterwards nothing is missing', async () => {
	try {
		const truth = await sim.allEnded(300000);
		await until('the record is the truth', async () => {
			const found = difference(truth, await record(place), since);
			if (found) throw new Error(found);
			return true;
		}, 90000);
		await place.emptyOutbox();
		await listener.caughtUp();
		const recorded = await record(place);
		const told = { broker: wordsOf(listener), stream: wordsOfStream(await readStream(place.redis)) };
		for (const [where, words] of Object.entries(told)) {
			const once = firstOfEach(words);
			const last = checkChain(once, where);
			assert.equal(last.size, recorded.size, where);
			for (const [key, { status, revision }] of recorded)
				assert.deepEqual(last.get(key), { revision, status }, `${where}: ${key}`);
			console.log(`${where}: ${once.length} words, ${words.length - once.length} told again`);
		}
		for (const system of sim.systems)
			await until(`${system} has left Redis`, async () => !await place.redis.exists(`${APP}:jobs:{${system}}`));
	} catch (error) {
		error.message += `\n${daemon.program.tail()}\n${sim.program.tail(5)}`;
		throw error;
	}
});
