// SPDX-License-Identifier: MIT
// bench_client.mjs CLIENT CONFIG JOBS EVENTS - one client of bench.mjs, which is our parent

import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

const [path, file, jobs, events] = process.argv.slice(2);
const { Chatterbox } = await import(path);
const MIB = 1024 * 1024;

/** The middle of @times runs */
async function timed(times, fn) {
	const took = [];
	for (let i = 0; i < times; i += 1) {
		const began = performance.now();
		await fn();
		took.push(performance.now() - began);
	}
	return `${took.sort((a, b) => a - b)[Math.floor(times / 2)].toFixed(2)} ms`;
}

async function memory() {
	for (let i = 0; i < 5; i += 1) {
		globalThis.gc();
		await new Promise(setImmediate);
	}
	return process.memoryUsage();
}

const mib = (bytes) => `${(bytes / MIB).toFixed(1)} MiB`;

/** Waits for all events of that name; { rate, p99, most } */
function hear(box, name) {
	const delay = monitorEventLoopDelay({ resolution: 1 });
	let heard = 0;
	let began;
	return new Promise((resolve) => {
		const count = (more) => {
			began ??= performance.now();
			heard += more;
			if (heard < Number(events)) return;
			delay.disable();
			resolve({ rate: Math.round(Number(events) / (performance.now() - began) * 1000),
				p99: (delay.percentile(99) / 1e6).toFixed(1), most: (delay.max / 1e6).toFixed(1) });
			box.removeAllListeners();
		};
		box.on(name, () => count(1));
		box.on('lost', (lost) => count(lost));
		delay.enable();
	});
}

const before = await memory();
const box = await Chatterbox.open(file);
let held = [];
while (held.length !== Number(jobs)) {
	held = await box.activeJobs();
	await new Promise((resolve) => { setTimeout(resolve, 20); });
}
held = undefined;
const opened = await memory();
held = await box.activeJobs();
const heap = (await memory()).heapUsed - opened.heapUsed;

process.send({
	'open, with 10 000 jobs (rss)': mib(opened.rss - before.rss),
	'10 000 jobs held as objects (heap)': mib(heap),
	'`activeJobs()`, 10 000 jobs: objects': await timed(20, () => box.activeJobs()),
	'`activeJobsJson()`, 10 000 jobs: a Buffer': await timed(20, () => box.activeJobsJson()),
	'`summary()`': await timed(200, () => box.summary()),
	// an observer's addon takes all events from the stream
	hears: path.includes('ocd-client') ? ['update_job_status', 'job_status'] : ['update_job_status'],
});
process.on('message', async (name) => {
	if (name === 'close') {
		await box.close();
		process.exit();
	}
	const heard = hear(box, name);
	process.send('ready');
	process.send(await heard);
});
