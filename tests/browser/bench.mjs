// SPDX-License-Identifier: MIT
// bench.mjs DAEMON - what the page costs: bytes a second at 200 changes a minute, the first
// movement of a fresh demo, and its longest task with 10 000 jobs: ./dev bench page
//
// Bytes are counted where they pass, headers and all: between the browser and the daemon.
import { connect, createServer } from 'node:net';
import { chromium } from 'playwright-core';

process.env.CHATTERBOXD = process.argv[2];
const { sleep, start } = await import('../contract/daemon_kit.mjs');

const MEASURED_S = Number(process.env.SECONDS || 60);
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

async function longTasks() {
	const daemon = await start(['--demo=4200']);
	const page = await openPage(`${daemon.url}/?limit=250`);
	await page.evaluate(() => {
		globalThis.longest = 0;
		new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
			globalThis.longest = Math.max(globalThis.longest, entry.duration);
		})).observe({ type: 'longtask' });
	});
	for (const act of [() => page.click('[data-sort=speed]'), () => page.selectOption('#job-filters [name=status]', 'running'),
		() => page.click('#job-pages [data-to=next]'), () => page.fill('[name=q]', '12'), () => page.click('#to-systems'),
		() => page.click('#to-errors'), () => page.click('#to-events'), () => page.click('#to-jobs')]) {
		await act();
		await sleep(3000);
	}
	const total = (await daemon.json('/api/v1/summary')).job_count;
	console.log(`page: longest task ${Math.round(await page.evaluate(() => globalThis.longest))} ms with ${total} jobs (0: none over 50)`);
	await page.close();
	await daemon.stop();
}

await firstMovement();
await bytes(110);
await longTasks();
await browser.close();
