// SPDX-License-Identifier: MIT
// ways.test.mjs - the page behind a prefix, with tokens, and when its server goes away
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { start } from '../contract/daemon_kit.mjs';
import { freePort } from '../kit/servers/ports.mjs';
import { axe, firstRows, open, shows } from './kit.mjs';

test('works below a prefix', async () => {
	const daemon = await start(['--demo=20'], { NLCONF_HTTP_SERVER__BASE_PATH: '/watch/box' });
	const page = await open(`${daemon.url}/watch/box/`);
	const paths = [];
	page.on('request', (request) => paths.push(new URL(request.url()).pathname));
	await firstRows(page);
	await page.click('#to-systems');
	await page.waitForSelector('#system-rows tr');
	await shows(page, () => document.getElementById('connection').textContent === 'live');
	assert.deepEqual(paths.filter((path) => !path.startsWith('/watch/box/')), []);
	await page.finish();
	await daemon.stop();
});

test('asks for the token once, and keeps it in the tab alone', async () => {
	const daemon = await start(['--demo=20'], { NLCONF_HTTP_SERVER__TOKEN: 'writer', NLCONF_HTTP_SERVER__READ_TOKEN: 'reader' });
	const page = await open(`${daemon.url}/`, { allowed: /401/ });
	await page.waitForSelector('#token-dialog[open]');
	await axe(page, 'token');
	await page.fill('#token', 'wrong');
	await page.click('#token-dialog [value=open]');
	await shows(page, () => /not the token/.test(document.getElementById('token-error').textContent));
	await page.fill('#token', 'reader');
	await page.click('#token-dialog [value=open]');
	await firstRows(page);
	await shows(page, () => document.getElementById('connection').textContent === 'live');
	await page.click('#poll');
	await page.waitForSelector('#token-dialog[open]');
	await page.fill('#token', 'writer');
	await page.click('#token-dialog [value=open]');
	await page.waitForSelector('.notice.good');
	assert.deepEqual(await page.evaluate(() => [sessionStorage.getItem('token'), localStorage.length, document.cookie]),
		['writer', 0, '']);
	await page.reload();
	await firstRows(page);
	assert.equal(await page.locator('#token-dialog[open]').count(), 0);
	await page.finish();
	await daemon.stop();
});

test('says that the connection is lost, and comes back by itself', async () => {
	const port = String(await freePort());
	const run = () => start(['--demo=20'], { NLCONF_HTTP_SERVER__PORT: port });
	let daemon = await run();
	const page = await open(`${daemon.url}/`, { allowed: /ERR_|Failed to load/ });
	await firstRows(page);
	await shows(page, () => document.getElementById('connection').textContent === 'live');
	await daemon.stop('SIGKILL');
	await shows(page, () => document.getElementById('connection').textContent === 'no connection' &&
		/lost/.test(document.getElementById('verdict-list').textContent));
	await shows(page, () => document.getElementById('totals').classList.contains('stale') &&
		/^stale/.test(document.querySelector('#jobs .age').textContent));
	await axe(page, 'lost');
	daemon = await run();
	await shows(page, () => document.getElementById('connection').textContent === 'live' &&
		!document.getElementById('totals').classList.contains('stale') &&
		!document.getElementById('jobs').classList.contains('stale'));
	await page.finish();
	await daemon.stop();
});
