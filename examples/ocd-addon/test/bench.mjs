// SPDX-License-Identifier: MIT
// bench.mjs - the addon on real servers, in figures: scripts/bench.sh runs it
//
// One chatterboxd with 10 000 jobs on 100 systems. Events are appended to the stream in bulk, as fast as
// Redis takes them: what is measured is the way from there to a listener.

import { readFile } from 'node:fs/promises';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { Daemon } from '../../../tests/servers/e2e/daemon.mjs';
import { Hdms } from '../../../tests/servers/e2e/hdms.mjs';
import { Place, until } from '../../../tests/servers/e2e/place.mjs';
import { Chatterbox } from '../lib/index.mjs';
import { job } from './both.mjs';

const SYSTEMS = 100;
const JOBS = 100; // of each
const EVENTS = 100000;
const MIB = 1024 * 1024;

const say = (what, figure) => console.log(`${what.padEnd(52)} ${figure}`);

/** The middle of @times runs, in ms */
async function timed(times, fn) {
	const took = [];
	for (let i = 0; i < times; i += 1) {
		const began = performance.now();
		await fn();
		took.push(performance.now() - began);
	}
	return `${took.sort((a, b) => a - b)[Math.floor(times / 2)].toFixed(2)} ms`;
}

function memory() {
	globalThis.gc();
	return process.memoryUsage().rss;
}

const place = await Place.open('bench', 13);
const hdms = await Hdms.open(place);
const systems = Array.from({ length: SYSTEMS }, (_, i) => `SYS${i}`);
for (const system of systems)
	hdms.set(system, ...Array.from({ length: JOBS }, (_, id) => job(system, id, 'Running',
		{ downloaded: id, total_files: 500, download_speed: '250K', list_id: 'L17' })));
const daemon = await Daemon.prepare(place, { check_job_status_time: 60, log: { level: 'info' } });
await place.online(systems);
await daemon.start();
await until('all jobs are known', async () =>
	(await daemon.get('/api/v1/jobs?limit=1')).json?.total === SYSTEMS * JOBS, 60000);

const before = memory();
const box = await Chatterbox.open(JSON.parse(await readFile(daemon.file, 'utf8')));
await until('all jobs are shown', async () => (await box.activeJobs()).length === SYSTEMS * JOBS, 60000);
say('memory with 10 000 jobs (rss, engine and all)', `${((memory() - before) / MIB).toFixed(1)} MiB`);
say('activeJobs(), 10 000 jobs', await timed(20, () => box.activeJobs()));
say('activeJobsJson(), 10 000 jobs', await timed(20, () => box.activeJobsJson()));
say('summary()', await timed(200, () => box.summary()));

const delay = monitorEventLoopDelay({ resolution: 1 });
let heard = 0;
let began;
box.on('update_job_status', () => {
	began ??= performance.now();
	heard += 1;
});
box.on('lost', (count) => { heard += count; });
const params = job('SYS1', 1, 'Running');
delay.enable();
for (let at = 0; at < EVENTS;) {
	const pipeline = place.redis.pipeline();
	for (let i = 0; i < 1000; i += 1, at += 1)
		pipeline.xadd('nl-ocd-chatterbox:events', '*', 'name', 'update_job_status', 'id', `SYS1/1/${at + 2}`,
			'params', params);
	await pipeline.exec();
}
await until('all events are heard', () => heard >= EVENTS, 60000);
delay.disable();
say('events per second, from Redis to a listener', Math.round(EVENTS / (performance.now() - began) * 1000));
say('delay of the event loop meanwhile, p99', `${(delay.percentile(99) / 1e6).toFixed(1)} ms`);

await box.close();
await daemon.stop();
await hdms.close();
await place.close();
