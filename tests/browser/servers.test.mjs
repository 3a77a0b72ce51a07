// SPDX-License-Identifier: MIT
// servers.test.mjs - the page of a leader and of its standby, on real servers
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Daemon } from '../servers/e2e/daemon.mjs';
import { Hdms } from '../servers/e2e/hdms.mjs';
import { Place, servers } from '../servers/e2e/place.mjs';
import { firstRows, open, shows } from './kit.mjs';

let place;
let hdms;
let leader;
let standby;

const status = (id, text, more = '') => `{"system":"ABC1","job_id":${id},"status":"${text}","percent_completed":"40",` +
	`"download_speed":"512K","job_type":"lists"${more}}`;

before(async () => {
	place = await Place.open('browser', 27);
	await place.online(['ABC1', 'ABC2']);
	hdms = await Hdms.open(place);
	hdms.set('ABC1', status(17, 'Running'), status(18, '<b>Odd</b>'));
	hdms.set('ABC2');
	leader = await Daemon.prepare(place);
	await leader.start();
	standby = await Daemon.prepare(place);
	await standby.start();
});

after(async () => {
	await standby?.stop();
	await leader?.stop();
	await hdms?.close();
	await place?.close();
});

const url = (daemon) => `http://127.0.0.1:${daemon.port}/`;
const rowSays = (page, wanted) => shows(page, (words) => [...document.querySelectorAll('#job-rows tr')]
	.some((row) => words.every((word) => row.innerText.includes(word))), wanted);

test('a change is seen by leader and standby without asking', async () => {
	const pages = [await open(url(leader)), await open(url(standby))];
	for (const page of pages) {
		await firstRows(page);
		await rowSays(page, ['ABC1', '17', 'Running', '0.50 MiB/s']);
		await rowSays(page, ['18', '<b>Odd</b>']); // as text
		await shows(page, () => document.getElementById('connection').textContent === 'live');
	}
	await shows(pages[0], () => document.getElementById('role').textContent === 'leader');
	await shows(pages[1], () => /^standby of /.test(document.getElementById('role').textContent));
	hdms.set('ABC1', status(17, 'Paused'), status(18, '<b>Odd</b>'));
	for (const page of pages) {
		await rowSays(page, ['17', 'Paused']);
		await page.click('#to-events');
		await page.waitForSelector('#tail li');
		await page.finish();
	}
});

test('a server that is down is named, and that it is back', async () => {
	const page = await open(url(leader), { allowed: /503/ });
	await firstRows(page);
	await shows(page, () => document.querySelectorAll('#servers .good').length === 3);
	await servers('kill', 'redis');
	await shows(page, () => /Redis down/.test(document.getElementById('servers').textContent) &&
		/Redis is down/.test(document.getElementById('verdict-list').textContent));
	await servers('up', 'redis');
	await shows(page, () => document.querySelectorAll('#servers .good').length === 3 &&
		!/Redis/.test(document.getElementById('verdict-list').textContent));
	assert.ok(await page.locator('#job-rows tr').count() > 0);
	await page.finish();
});
