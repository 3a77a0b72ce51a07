// SPDX-License-Identifier: MIT
// rpc_story.mjs - the setting of the RPC tests: a fleet that stands still but for commands
//
// So each answer is known field by field: what Redis and SQL hold. Each step is played twice, by a
// client that speaks JSON-RPC and by one that speaks the bare form.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { Hdms } from './hdms.mjs';
import { Place, servers, until } from './place.mjs';
import { QUEUE, Rpc } from './rpc.mjs';
import { misfits } from './schema.mjs';
import { Sim } from './sim.mjs';
import { APP, Listener } from './wire.mjs';

const SYSTEMS = 5;
export const JOBS = SYSTEMS * 4;

export let place;
let daemon;
export let sim;
let listener;
let mouth; // publishes events as nl-hdms would
export let clients; // in the JSON-RPC envelope, and bare

before(async () => {
	place = await Place.open('rpc', 6);
	// no incident opens: it would be written into rows of errors between two looks at them
	daemon = await Daemon.prepare(place, { check_job_status_time: 3, rmq_rpc: { rpc_timeout: '3s' },
		incident: { systems: 1000, jobs: 1000 } });
	listener = await Listener.open(place);
	sim = await Sim.start(place, daemon.dir, SYSTEMS, ['--frozen', '--seed', '5']);
	mouth = await Hdms.openMouth(place);
	await daemon.migrate();
	await place.online(sim.systems);
	// as OCD starts jobs
	for (const [key, { origin }] of await sim.truth())
		if (origin === 'ocd')
			await place.rows(`insert into status_monitor(system, job_id, status)
				values ($1, $2, 'Queued')`, key.split('/'));
	await daemon.start();
	clients = [await Rpc.open(place), await Rpc.open(place, 'bare')];
	await until('all jobs are known', async () => (await shared()).length === JOBS);
});

after(async () => {
	const code = await daemon?.stop();
	await sim?.program.stop();
	for (const client of clients ?? []) await client.close();
	await mouth?.close();
	await listener?.close();
	await place?.close();
	assert.equal(code, 0, daemon?.program?.tail());
	assert.deepEqual(misfits, [], 'docs/asyncapi.json');
});

let broken; // the first step that failed: those after it would only say the same

export function step(name, fn, callers = () => clients) {
	test(name, async () => {
		assert.ok(!broken, `after the failed step "${broken}"`);
		try {
			for (const client of callers()) await fn(client);
		} catch (error) {
			broken = name;
			error.message += `\n${daemon.program.tail(30)}`;
			throw error;
		}
	});
}

/** A step that is played once */
export const once = (name, fn) => step(name, fn, () => [clients[0]]);

/** The texts of all live jobs as Redis has them, of one system or all, in the order of pages */
export async function shared(systems = sim.systems) {
	const all = await Promise.all([systems].flat().map((system) =>
		place.redis.hgetall(`${APP}:jobs:{${system}}`)));
	return all.flatMap((hash) => Object.entries(hash)
		.sort(([a], [b]) => Number(a) - Number(b)).map(([, text]) => text));
}

const parsed = (texts) => texts.map((text) => JSON.parse(text));
export const sharedJobs = async (systems) => parsed(await shared(systems));
export const push = (...statuses) => mouth.notify('nl-hdms.event.content.job_status', JSON.stringify(statuses));
/** Waits until every request has been taken and settled */
export const idle = () => until('nothing waits in our queue', async () => {
	const line = (await servers('rabbitmqctl', 'list_queues', '-p', place.vhost, '--silent', 'name',
		'messages')).split('\n').find((text) => text.startsWith(QUEUE));
	return line?.split('\t')[1] === '0';
}, 20000);

/** Four errored jobs of two systems, each with its row of errors; their ids, the newest first */
export async function fail(base) {
	const [a, b] = sim.systems;
	await place.rows('truncate errors');
	await push({ system: a, job_id: base, status: 'Errored', job_type: 'lists', error_code: 'disk_full',
		error_message: 'no space' }, { system: a, job_id: base + 1, status: 'Failed' });
	await until('two errors', async () => (await rowsOfErrors()).length === 2);
	await push({ system: b, job_id: base, status: 'Errored', code: 'checksum', error: 'differs' },
		{ system: b, job_id: base + 1, status: 'Errored', job_type: 'top-up' });
	return until('four errors', async () => {
		const rows = await rowsOfErrors();
		return rows.length === 4 && rows;
	});
}

// SQL keeps microseconds; answers are rounded to milliseconds
const time = (ms) => new Date(Number(ms)).toISOString();
export const rowsOfErrors = async () => (await place.rows(`select id::int, system, job_id::int, job_type, code,
	message, origin, occurrences, (extract(epoch from first_seen) * 1000)::bigint as first_seen,
	(extract(epoch from last_seen) * 1000)::bigint as last_seen, incident::int from errors order by id desc`)).map((row) =>
	({ ...row, first_seen: time(row.first_seen), last_seen: time(row.last_seen) }));
