// SPDX-License-Identifier: MIT
// leaks.test.mjs - memory stays flat over many engines, events and calls
//
// CBX_LEAKS multiplies how many: `CBX_LEAKS=50 npm test leaks` opens 10 000 engines and hears
// 1 000 000 events, as scripts/bench.mjs says.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { Chatterbox, Task, TaskScheduler } from '../lib/index.mjs';
import { World, embedded, folder, until } from './kit.mjs';

const TIMES = Number(process.env.CBX_LEAKS ?? 1);
const OPENED = 200 * TIMES;
const EVENTS = 20000 * TIMES;
const MIB = 1024 * 1024;

async function settled() {
	for (let i = 0; i < 5; i += 1) {
		globalThis.gc();
		await new Promise(setImmediate);
	}
	const { rss, heapUsed } = process.memoryUsage();
	return { rss, heapUsed, files: readdirSync('/proc/self/fd').length,
		threads: readdirSync('/proc/self/task').length };
}

/** @turn so often, after a quarter that may fill caches; @most MiB of heap may remain. One leaked
 * engine keeps 3 KiB of it. */
async function staysFlat(t, count, most, turn) {
	for (let i = 0; i < count / 4; i += 1) await turn(i);
	const before = await settled();
	for (let i = 0; i < count; i += 1) await turn(i);
	const after = await settled();
	const grown = Object.fromEntries(Object.keys(before).map((key) => [key, after[key] - before[key]]));
	t.diagnostic(`${count} turns: rss +${(grown.rss / MIB).toFixed(1)} MiB, heap +${
		(grown.heapUsed / MIB).toFixed(1)} MiB`);
	assert.ok(grown.files <= 0, `${grown.files} descriptors more`);
	assert.ok(grown.threads <= 0, `${grown.threads} threads more`);
	assert.ok(grown.heapUsed < most * MIB, `heap +${grown.heapUsed}`);
	assert.ok(grown.rss < 40 * MIB, `rss +${grown.rss}`);
}

test('engines that are opened and closed', async (t) => {
	const { dir, remove } = folder();
	await staysFlat(t, OPENED, 0.4, async () => {
		const box = await Chatterbox.open(embedded(dir, { role: 'observer' }));
		box.on('update_job_status', () => {});
		await box.activeJobs();
		await box.close();
	});
	remove();
});

test('engines that could not be opened', (t) => staysFlat(t, OPENED, 0.4, async () => {
	await Chatterbox.open({ check_job_status_time: 'x' }).catch(() => {});
}));

test('events to a listener and to an iteration, and the calls beside them', async (t) => {
	const world = await World.open({ events: { max_length: 1000 } });
	const JOBS = 500;
	let heard = 0;
	let wanted = 0;
	let turn = 0;
	world.box.on('update_job_status', () => { heard += 1; });
	const iterated = world.box.events({ names: ['update_job_status'] });
	await staysFlat(t, EVENTS / JOBS, 1, async () => {
		wanted += JOBS;
		turn += 1;
		// each round another status of each job, which is also what its system answers
		world.systems.set('ABC1', Array.from({ length: JOBS }, (_, job_id) => ({ system: 'ABC1', job_id,
			status: turn % 2 ? 'Running' : 'Paused', note: 'x'.repeat(100) })));
		world.push(world.systems.get('ABC1'));
		for (let i = 0; i < JOBS; i += 1) await iterated.next();
		await until('all are heard', () => heard >= wanted);
		await world.box.summary();
		await world.box.activeJobs();
		await world.box.pause('NOBODY', 1).catch(() => {});
		const scheduler = new TaskScheduler();
		scheduler.addTask(new Task(1, () => {}, 'x'));
	});
	await iterated.return();
	await world.close();
});
