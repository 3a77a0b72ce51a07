// SPDX-License-Identifier: MIT
// pictures.mjs DAEMON DIR - the pictures of README, taken from a running demo: ./dev pictures
//
// A demo that has run for some minutes has a past to show; SECONDS=300 says for how many.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [, , program, target] = process.argv;
process.env.CHATTERBOXD = program;
const { sleep, start } = await import('../contract/daemon_kit.mjs');

const daemon = await start(['--demo']);
mkdirSync(target, { recursive: true });
await sleep(1000 * Number(process.env.SECONDS || 300));
const browser = await chromium.launch({ executablePath: process.env.CBX_CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox'] });

async function picture(name, colorScheme, prepare) {
	const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme, reducedMotion: 'reduce' });
	await page.goto(`${daemon.url}/`);
	await page.waitForSelector('#job-rows tr');
	await page.waitForFunction(() => document.querySelectorAll('#charts canvas').length === 2 &&
		/\d/.test(document.getElementById('tile-stalled').textContent) &&
		document.getElementById('connection').textContent === 'live');
	await prepare(page);
	await page.screenshot({ path: join(target, name) });
	await page.close();
}

await picture('dashboard-light.png', 'light', async () => {});
await picture('dashboard-dark.png', 'dark', async (page) => {
	await page.locator('#job-rows tr.running td.job a').first().click();
	await page.waitForSelector('#drawer .history li');
});
await browser.close();
await daemon.stop();
