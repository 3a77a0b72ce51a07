// SPDX-License-Identifier: MIT
// rows.mjs - the setting of the failure table: a daemon, and a fleet whose every report a test chooses
//
// Nothing was lost when the outbox is empty and of each job the broker was told every revision up to
// the one of the record, in order. While something fails an event may be told twice.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { Daemon } from '../servers/e2e/daemon.mjs';
import { Hdms } from '../servers/e2e/hdms.mjs';
import { Place, patience, until } from '../servers/e2e/place.mjs';
import { Rpc } from '../servers/e2e/rpc.mjs';
import { misfits } from '../servers/e2e/schema.mjs';
import { record } from '../servers/e2e/sim.mjs';
import { APP, Listener, checkChain, firstOfEach, readStream, wordsOf, wordsOfStream }
	from '../servers/e2e/wire.mjs';

export { patience, until };
export let place;
export let hdms;
export let listener;
export let daemon;
export let rpc;

/** The text of a Status; @rest: more members, as ',"percent_completed":"5"' */
export const job = (system, id, status = 'Running', rest = '') =>
	`{"system":"${system}","job_id":${id},"status":"${status}","job_type":"lists"${rest}}`;

/**
 * Opens everything for the rows of a file, and stops it after them. Each of @systems has one job,
 * 1, which runs. @more: of the configuration, or what gives it. @begin: gives ports of other servers
 */
export function setting(name, redisDb, systems, more = {}, begin = () => ({})) {
	before(async () => {
		place = await Place.open(name, redisDb, await begin());
		hdms = await Hdms.open(place);
		listener = await Listener.open(place, { durable: true });
		rpc = await Rpc.open(place);
		daemon = await Daemon.prepare(place, typeof more === 'function' ? await more() : more);
		for (const system of systems) hdms.set(system, job(system, 1));
		await daemon.migrate();
		if (systems.length) await place.online(systems);
		await daemon.start();
		await until('the first words', () => listener.of('update_job_status').length >= systems.length);
		for (const system of systems) await until(`${system} in Redis`, () => field(system));
	});

	after(async () => {
		const code = await daemon?.stop();
		await rpc?.close();
		await listener?.close();
		await hdms?.close();
		await place?.close();
		assert.equal(code, 0, daemon?.program?.tail());
		assert.deepEqual(misfits, [], 'docs/asyncapi.json');
	});
}

/** A row of the table, or several; a failure shows what chatterboxd logged */
export function row(title, fn) {
	test(title, async () => {
		try {
			await fn();
			assert.ok(daemon.program.runs, 'chatterboxd runs');
		} catch (error) {
			error.message += `\n${daemon?.program?.tail()}`;
			throw error;
		}
	});
}

/** Lets hdms say the next thing about job 1 of @system; the message_id that must follow */
export async function change(system, status) {
	const [{ revision }] = await place.rows(
		'select revision::int from status_monitor where system = $1 and job_id = 1', [system]);
	hdms.set(system, job(system, 1, status));
	return `${system}/1/${revision + 1}`;
}

/** What changeAll() let the systems report last */
export let status = 'Running';

/** Lets each of these systems report the other status; the message_ids that must follow */
export async function changeAll(systems) {
	status = status === 'Paused' ? 'Running' : 'Paused';
	const ids = [];
	for (const system of systems) ids.push(await change(system, status));
	return ids;
}

/** The update_job_status of this message_id, once it is there */
export const told = (id, ms) => until(`the event ${id}`, () =>
	listener.of('update_job_status').find((message) => message.properties.messageId === id), ms);

export async function allTold(ids, ms) {
	for (const id of ids) await told(id, ms);
}

/** How often the events of a system were told */
export const toldOf = (system) => listener.of('update_job_status')
	.filter(({ params }) => params.system === system).length;

/** A system's job, as Redis shows it */
export const field = (system, id = 1) => place.redis.hget(`${APP}:jobs:{${system}}`, String(id));

/** The text of its status in SQL */
export const statusOf = async (system, id = 1) => (await place.rows(
	'select status from status_monitor where system = $1 and job_id = $2', [system, id]))[0]?.status;

/** Waits until the metric has grown by @n since @before */
export const grown = (name, labels, before, n = 1, ms = 15000) =>
	until(`${name}{${labels}} has grown by ${n}`,
		async () => await daemon.metric(name, labels) >= before + n, ms);

/** /readyz answers 200 again */
export const ready = (ms = 30000) => until('/readyz is 200',
	async () => (await daemon.get('/readyz')).status === 200, ms);

/** How long @fn takes, in ms */
export async function time(fn) {
	const start = performance.now();
	await fn();
	return performance.now() - start;
}

/** Reads wait for no server: the quickest of some takes less than a second, however busy the machine is */
export async function readsGoOn(path = '/api/v1/jobs') {
	const times = [];
	while (times.length < 5 && !(Math.min(...times) < 1000))
		times.push(await time(async () => assert.equal((await daemon.get(path)).status, 200)));
	assert.ok(Math.min(...times) < 1000, `${path} took ${times.map(Math.round)} ms`);
}

/** Its memory now and at its highest, in MiB */
export async function memory() {
	const text = await readFile(`/proc/${daemon.program.child.pid}/status`, 'utf8');
	const of = (key) => Number(text.match(new RegExp(`${key}:\\s+(\\d+)`))[1]) / 1024;
	return { now: of('VmRSS'), most: of('VmHWM') };
}

/** Nothing is lost or out of order; @stream: the stream was not flushed, and tells the same */
export function nothingLost(options) {
	// what is reported may change while we look: then once more
	return until('nothing is lost, out of order or invented', async () => {
		await checkAll(options);
		return true;
	}, 10000);
}

async function checkAll({ stream = true } = {}) {
	await place.emptyOutbox();
	await listener.caughtUp();
	const recorded = await record(place);
	const told = { broker: wordsOf(listener) };
	if (stream) told.stream = wordsOfStream(await readStream(place.redis));
	for (const [where, words] of Object.entries(told)) {
		const once = firstOfEach(words);
		const last = checkChain(once, where);
		for (const [key, { revision }] of last)
			assert.ok(revision <= (recorded.get(key)?.revision ?? 0), `${where}: ${key} is invented`);
		for (const [key, { status, revision }] of recorded)
			if (revision) assert.deepEqual(last.get(key), { revision, status }, `${where}: ${key}`);
		console.log(`${where}: ${once.length} words, ${words.length - once.length} told again, none lost`);
	}
}
