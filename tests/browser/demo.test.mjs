// SPDX-License-Identifier: MIT
// demo.test.mjs - the dashboard of --demo, as a person uses it
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { start } from '../contract/daemon_kit.mjs';
import { axe, firstRows, open, shows, text } from './kit.mjs';

let daemon;

before(async () => {
	daemon = await start(['--demo']);
});
after(() => daemon.child.kill('SIGKILL'));

const at = (path = '') => `${daemon.url}/${path}`;
const column = (page, name) => page.locator(`#job-rows td.${name}`).allInnerTexts();

test('shows the whole fleet, and it moves by itself', async () => {
	const page = await open(at());
	await firstRows(page);
	await shows(page, () => document.getElementById('connection').textContent === 'live');
	await shows(page, () => /^[\d,]+$/.test(document.getElementById('tile-live').textContent) &&
		/MiB\/s$/.test(document.getElementById('tile-speed').textContent) &&
		/^[\d,]+$/.test(document.getElementById('tile-stalled').textContent));
	await shows(page, () => document.querySelectorAll('#servers .good').length === 3);
	await shows(page, () => document.querySelectorAll('#charts canvas').length === 2);
	await shows(page, () => document.querySelector('#job-rows tr[data-changed]') !== null ||
		document.querySelectorAll('#tail li').length > 0);
	const before = await column(page, 'progress');
	await shows(page, (old) => [...document.querySelectorAll('#job-rows td.progress')]
		.some((cell, index) => cell.innerText !== old[index]), before);
	await page.finish();
});

test('each figure says how old it is', async () => {
	const page = await open(at());
	await firstRows(page);
	for (const part of ['totals', 'charts', 'jobs'])
		await shows(page, (id) => /old$/.test(document.querySelector(`#${id} .age`).textContent), part);
	assert.match((await column(page, 'heard'))[0], / ago$/);
	await page.finish();
});

test('filters and sorts by the address, which can be kept', async () => {
	const page = await open(at());
	await firstRows(page);
	await page.selectOption('#job-filters [name=status]', 'paused');
	await shows(page, () => new URLSearchParams(location.search).get('status') === 'paused' &&
		[...document.querySelectorAll('#job-rows tr')].every((row) => row.classList.contains('paused')));
	await page.reload();
	await firstRows(page);
	assert.equal(await page.locator('#job-filters [name=status]').inputValue(), 'paused');
	await page.click('#job-filters [type=reset]');
	await page.click('[data-sort=speed]');
	await shows(page, () => {
		const speeds = [...document.querySelectorAll('#job-rows td.speed')].map((cell) => parseFloat(cell.innerText));
		return location.search.includes('sort=-speed') && speeds.length > 5 &&
			speeds.every((speed, index) => !index || !(speed > speeds[index - 1]));
	});
	assert.equal(await page.locator('th[aria-sort]').getAttribute('aria-sort'), 'descending');
	// jobs that ended have an order of their own, whatever was sorted by
	await page.selectOption('#job-filters [name=state]', 'ended');
	await shows(page, () => document.querySelectorAll('#job-rows tr').length > 0 &&
		[...document.querySelectorAll('#job-rows tr')].every((row) => /completed|killed|other/.test(row.className)));
	await page.selectOption('#job-filters [name=state]', '');
	await page.fill('[name=q]', 'no such thing at all');
	await page.waitForSelector('#jobs-empty:not([hidden])');
	await page.finish();
});

// Whatever comes, the page answers in between: what 250 rows at once take is felt. The pages of the
// list hold no row in common, sorting moves most.
test('draws a long list in slices', async () => {
	const page = await open(at('?limit=250'), { script: () => {
		globalThis.most = 0;
		new MutationObserver((records) => {
			const added = records.filter(({ target }) => target.id === 'job-rows').reduce((sum, { addedNodes }) => sum + addedNodes.length, 0);
			globalThis.most = Math.max(globalThis.most, added);
		}).observe(document, { childList: true, subtree: true });
	} });
	const full = (key) => shows(page, (old) => document.querySelectorAll('#job-rows tr').length === 250 &&
		document.querySelector('#job-rows tr').dataset.key !== old, key);
	await full('');
	const first = await page.locator('#job-rows tr').first().getAttribute('data-key');
	await page.click('[data-sort=system]');
	await page.click('[data-sort=system]');
	await full(first);
	const most = await page.evaluate(() => globalThis.most);
	assert.ok(most > 0 && most <= 50, `${most} rows at once`);
	assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector('table.jobs')).tableLayout), 'fixed');
	await page.finish();
});

test('a filter that the form does not offer is shown; more rows than it offers are not', async () => {
	const page = await open(at('?status=queued&limit=1000'));
	await firstRows(page);
	assert.equal(await page.locator('#job-filters [name=status]').inputValue(), 'queued');
	assert.equal(await page.locator('#job-filters [name=limit]').inputValue(), '');
	await shows(page, () => [...document.querySelectorAll('#job-rows td.status')].every((cell) => cell.innerText.startsWith('Queued')));
	await page.finish();
});

test('pages through all jobs', async () => {
	const page = await open(at('?limit=100'));
	await firstRows(page);
	const seen = new Set();
	for (let number = 1; ; number++) {
		await shows(page, (wanted) => document.querySelector('#job-pages .page').textContent === wanted, `page ${number}`);
		const rows = await page.locator('#job-rows tr').evaluateAll((nodes) => nodes.map((node) => node.dataset.key));
		rows.forEach((key) => seen.add(key));
		if (await page.locator('#job-pages [data-to=next]').isDisabled())
			break;
		await page.click('#job-pages [data-to=next]');
		await shows(page, (old) => document.querySelector('#job-rows tr')?.dataset.key !== old, rows[0]);
	}
	assert.ok(seen.size > 300, `${seen.size} jobs`);
	await page.finish();
});

test('opens a job beside the list, orders, and closes it by Escape', async () => {
	const page = await open(at('?status=running'));
	await firstRows(page);
	const link = page.locator('#job-rows td.job a').first();
	await link.click();
	await page.waitForSelector('#drawer:not([hidden])');
	assert.match(await text(page, '#drawer-title'), /^Job \d+ of NL-HDMS-/);
	await page.waitForSelector('#drawer .history li');
	await page.click('#drawer [data-order=pause]:not(:disabled)');
	await shows(page, () => /^Paused/.test(document.querySelector('#drawer .state').textContent));
	await page.click('#drawer [data-order=resume]:not(:disabled)');
	await shows(page, () => /^Running/.test(document.querySelector('#drawer .state').textContent));
	await page.click('#drawer .why summary');
	await shows(page, () => ['to pause job', 'to resume job', 'first heard of', 'Told to all: job'].every((words) =>
		document.querySelector('#drawer .why').textContent.includes(words)));
	await page.click('#drawer [data-order=kill]:not(:disabled)');
	await page.click('#confirm-dialog button:has-text("Cancel")');
	await page.focus('#drawer-close');
	await page.keyboard.press('Escape');
	await page.waitForSelector('#drawer', { state: 'hidden' });
	await page.finish();
});

test('shows systems, errors by code and by system, and the events', async () => {
	const page = await open(at());
	await page.click('#to-systems');
	await page.waitForSelector('#system-rows tr');
	await shows(page, () => [...document.querySelectorAll('#system-rows td.next')].some((cell) => /^in /.test(cell.innerText)));
	await page.selectOption('#system-filters [name=status]', 'offline');
	await shows(page, () => [...document.querySelectorAll('#system-rows tr')].every((row) => row.className === 'offline'));
	await page.selectOption('#system-filters [name=status]', '');
	await page.click('#system-rows tr td.system a');
	await shows(page, () => /since/.test(document.querySelector('#drawer .state')?.textContent));
	await page.click('#drawer-close');
	await page.click('#to-errors');
	await page.waitForSelector('#error-groups details');
	await page.click('#error-by [value=system]');
	await shows(page, () => /^NL-HDMS-/.test(document.querySelector('#error-groups summary').textContent));
	await page.click('#to-events');
	await page.waitForSelector('#tail li');
	await page.click('#tail-pause');
	await shows(page, () => /waiting/.test(document.getElementById('tail-state').textContent));
	await page.click('#tail-pause');
	await shows(page, () => document.getElementById('tail-state').textContent === '');
	await page.finish();
});

test('says whether every list comes in time, and which do not', async () => {
	const page = await open(at());
	await shows(page, () => /^\d+ of \d+ on time$/.test(document.getElementById('tile-tonight').textContent));
	await page.click('.answer a');
	await page.waitForSelector('#tonight-rows tr');
	assert.equal(await page.locator('#tonight-slots li').count(), 48);
	await shows(page, () => [...document.querySelectorAll('#tonight-slots li')].some((slot) => / on time| unknown/.test(slot.title)));
	const times = await page.locator('#tonight-rows td.when').allInnerTexts();
	assert.ok(times.length > 10 && times.every((time) => /, in |ago/.test(time)), times.join('; '));
	await page.selectOption('#tonight-filters [name=state]', 'at_risk');
	await shows(page, () => location.search.includes('state=at_risk') && document.querySelectorAll('#tonight-rows tr').length > 0 &&
		[...document.querySelectorAll('#tonight-rows tr')].every((row) => row.className === 'at_risk' && row.querySelector('.reason').innerText));
	await page.locator('#tonight-rows td.system a').first().click();
	await shows(page, () => /^System NL-HDMS-/.test(document.getElementById('drawer-title').textContent));
	await page.finish();
});

test('asks now, changes the interval, and pauses the asking until a time', async () => {
	const page = await open(at());
	await firstRows(page);
	await page.click('#poll');
	await page.waitForSelector('.notice.good');
	await page.click('#interval');
	await page.fill('#number', '2');
	await page.click('#number-yes');
	await shows(page, () => document.getElementById('tile-interval').textContent === '2 s');
	await page.click('#pause');
	await page.fill('#number', '5');
	await page.keyboard.press('Enter');
	await shows(page, () => /until \d\d:\d\d/.test(document.getElementById('pause-state').textContent));
	await page.click('#resume');
	await page.waitForSelector('#pause:not([hidden])');
	await page.finish();
});

test('goes by the keyboard alone', async () => {
	const page = await open(at());
	await firstRows(page);
	const seen = [];
	for (let i = 0; i < 60; i++) {
		await page.keyboard.press('Tab');
		seen.push(await page.evaluate(() => {
			const { activeElement: node } = document;
			return node.id || node.name || node.dataset.sort || node.closest('td')?.className || node.className || node.textContent.trim();
		}));
		if (seen.at(-1).includes('job number'))
			break;
	}
	for (const stop of ['skip', 'to-jobs', 'to-events', 'poll', 'q', 'status', 'speed', 'job number'])
		assert.ok(seen.includes(stop), `${stop} is reached: ${seen}`);
	await page.keyboard.press('Enter');
	await page.waitForSelector('#drawer:not([hidden])');
	await shows(page, () => document.activeElement.id === 'drawer-title');
	await page.keyboard.press('Escape');
	await shows(page, () => document.activeElement.closest('td')?.classList.contains('job'));
	await page.finish();
});

for (const colorScheme of ['light', 'dark']) {
	test(`has no fault that axe finds, in ${colorScheme}`, async () => {
		const page = await open(at(), { colorScheme, reducedMotion: 'reduce' });
		await firstRows(page);
		await axe(page, 'jobs');
		await page.locator('#job-rows td.job a').first().click();
		await page.waitForSelector('#drawer .history li');
		await axe(page, 'drawer');
		await page.click('#drawer-close');
		for (const [view, ready] of [['tonight', '#tonight-rows tr'], ['systems', '#system-rows tr'], ['errors', '#error-groups details'], ['events', '#tail li']]) {
			await page.click(`#to-${view}`);
			await page.waitForSelector(ready);
			await axe(page, view);
		}
		await page.click('#interval');
		await axe(page, 'dialog');
		await page.finish();
	});
}

test('fits 390 pixels, and keeps the speed', async () => {
	const page = await open(at('?status=running'), { width: 390, height: 844 });
	await firstRows(page);
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing sticks out');
	assert.ok(await page.locator('#tile-speed').isVisible());
	const box = await page.locator('#job-rows td.speed').first().boundingBox();
	assert.ok(box.x >= 0 && box.x + box.width <= 390 && box.height > 0, JSON.stringify(box));
	await axe(page, 'narrow');
	for (const [view, ready] of [['tonight', '#tonight-rows tr'], ['systems', '#system-rows tr'], ['errors', '#error-groups details'], ['events', '#tail li']]) {
		await page.click(`#to-${view}`);
		await page.waitForSelector(ready);
		const wide = await page.evaluate((name) => [document.documentElement, ...document.querySelectorAll(`#${name} .scroll`)]
			.filter((node) => node.scrollWidth > node.clientWidth).map((node) => node.className || node.tagName), view);
		assert.deepEqual(wide, [], `nothing sticks out of ${view}`);
	}
	await page.finish();
});

test('stands still for who does not like motion', async () => {
	const page = await open(at(), { reducedMotion: 'reduce' });
	await firstRows(page);
	const moving = await page.evaluate(() => [...document.querySelectorAll('*')].filter((node) => {
		const style = getComputedStyle(node);
		return style.animationName !== 'none' || (style.transitionProperty !== 'none' && style.transitionDuration !== '0s');
	}).length);
	assert.equal(moving, 0);
	await page.finish();
});

test('what fails at many places stands above its errors as one, and goes when that is meant', async () => {
	const page = await open(at('?view=errors'));
	const one = page.locator('#incident-list details', { hasText: /fails at \d+ systems/ }).first();
	const ask = () => one.locator('button', { hasText: 'Clean up' }).click();
	const left = async () => {
		const { incidents } = await daemon.json('/api/v1/incidents?limit=20');
		const { id } = incidents.find(({ kind }) => kind === 'file');
		const answer = await fetch(`${daemon.url}/api/v1/incidents/${id}/clean_up`,
			{ method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"dry_run":true}' });
		return (await answer.json()).jobs.length;
	};
	await one.locator('summary').click();
	await one.locator('li a').first().waitFor();
	await shows(page, () => /fails at \d+ systems/.test(document.getElementById('verdict-list').textContent));
	await axe(page, 'incident');
	const before = await left();
	await ask();
	await page.waitForSelector('#confirm-dialog[open]');
	assert.match(await text(page, '#confirm-question'), /^Remove \d+ jobs? and \d+ errors? of this incident\?$/);
	await page.click('#confirm-dialog button:has-text("Cancel")');
	assert.ok(before > 0 && await left() >= before);
	await ask();
	await page.click('#confirm-yes');
	await page.waitForSelector('.notice.good:has-text("removed")');
	assert.ok(await left() < before, 'its jobs are gone');
	await page.finish();
});
