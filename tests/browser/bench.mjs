// SPDX-License-Identifier: MIT
// bench.mjs DAEMON - what the page costs: bytes a second at 200 changes a minute, the first
// movement of a fresh demo, and its longest tasks with 10 000 jobs: ./dev bench page
//
// SECONDS (60): for how long bytes are counted; MINUTES (0): for how many a demo is watched. The time of a long task includes what other programs took meanwhile, so a busy machine adds.
// Bytes are counted where they pass, headers and all: between the browser and the daemon.
import { connect, createServer } from 'node:net';
import { chromium } from 'playwright-core';

process.env.CHATTERBOXD = process.argv[2];
const { sleep, start } = await import('../contract/daemon_kit.mjs');

const MEASURED_S = Number(process.env.SECONDS || 60);
const MINUTES = Number(process.env.MINUTES || 0);
const browser = await chromium.launch({ executablePath: process.env.CBX_CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox'] });

async function counted(url) {
	const { hostname, port } = new URL(url);
	const count = { down: 0, up: 0 };
	const server = createServer((near) => {
		const far = connect(Number(port), hostname);
		far.on('data', (bytes) => { count.down += bytes.length; });
		near.on('data', (bytes) => { count.up += bytes.length; });
		near.pipe(far).pipe(near);
		near.on('error', () => far.destroy());
		far.on('error', () => near.destroy());
	});
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	return { count, url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

const changesOf = async (daemon) => [...(await (await daemon.get('/metrics')).text())
	.matchAll(/^chatterbox_job_transitions_total\{.*\} (\d+)$/gm)].reduce((sum, [, n]) => sum + Number(n), 0);

async function openPage(url) {
	const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
	await page.goto(url);
	await page.waitForSelector('#job-rows tr');
	return page;
}

// @systems: 110 make about 200 changes a minute
async function bytes(systems) {
	const daemon = await start([`--demo=${systems}`]);
	const way = await counted(daemon.url);
	const page = await openPage(way.url);
	await sleep(15000); // the first load, and what follows it at once
	const [before, { down, up }] = [await changesOf(daemon), { ...way.count }];
	await sleep(1000 * MEASURED_S);
	const changes = (await changesOf(daemon)) - before;
	console.log(`page: ${((way.count.down - down) / 1024 / MEASURED_S).toFixed(2)} KB/s down, ${
		((way.count.up - up) / 1024 / MEASURED_S).toFixed(2)} KB/s up, at ${Math.round((60 * changes) / MEASURED_S)} changes a minute; first load ${
		(down / 1024).toFixed(0)} KB`);
	await page.close();
	way.close();
	await daemon.stop();
}

async function firstMovement() {
	const daemon = await start(['--demo']);
	const page = await openPage(`${daemon.url}/`);
	await page.waitForFunction(() => {
		const now = [...document.querySelectorAll('#job-rows tr')].map((row) => row.children[4].innerText).join();
		globalThis.before ??= now;
		return now !== globalThis.before || document.querySelector('tr[data-changed]');
	}, null, { polling: 50 });
	console.log(`page: the first row moved ${((performance.now() - daemon.begun) / 1000).toFixed(1)} s after the demo's start`);
	await page.close();
	await daemon.stop();
}

// A demo is to be as lively later as in its second minute (in the first all is new)
async function lively(minutes) {
	const daemon = await start(['--demo']);
	const changes = [await changesOf(daemon)];
	while (changes.length <= minutes) {
		await sleep(daemon.begun + 60000 * changes.length - performance.now());
		changes.push(await changesOf(daemon));
	}
	console.log(`page: changes in each minute of the demo: ${changes.slice(1).map((all, index) => all - changes[index]).join(' ')}`);
	await daemon.stop();
}

async function jobsOf(daemon, wanted) {
	for (;;) {
		const { job_count: jobs } = await daemon.json('/api/v1/summary');
		if (jobs >= wanted)
			return;
		await sleep(500);
	}
}

async function longTasks() {
	const daemon = await start(['--demo=4200']);
	await jobsOf(daemon, 9500);
	const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
	await page.addInitScript(() => {
		globalThis.long = [];
		new PerformanceObserver((list) => list.getEntries().forEach((entry) => globalThis.long.push(Math.round(entry.duration))))
			.observe({ type: 'longtask', buffered: true });
	});
	const told = async (name, act) => {
		await page.evaluate(() => { globalThis.long = []; });
		await act();
		await sleep(3000);
		const long = await page.evaluate(() => globalThis.long);
		console.log(`page: ${name}: longest task ${Math.max(0, ...long)} ms, ${long.length} over 50`);
	};
	await told('first load', () => page.goto(`${daemon.url}/?limit=250`));
	await told('sort', () => page.click('[data-sort=speed]'));
	await told('filter', () => page.selectOption('#job-filters [name=status]', 'running'));
	await told('next page', () => page.click('#job-pages [data-to=next]'));
	await told('search', () => page.fill('[name=q]', '12'));
	for (const view of ['tonight', 'systems', 'errors', 'events', 'jobs'])
		await told(view, () => page.click(`#to-${view}`));
	console.log(`page: that was with ${(await daemon.json('/api/v1/summary')).job_count} jobs`);
	await page.close();
	await daemon.stop();
}

await firstMovement();
await bytes(110);
await longTasks();
if (MINUTES > 0)
	await lively(MINUTES);
await browser.close();
