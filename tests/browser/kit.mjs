// SPDX-License-Identifier: MIT
// kit.mjs - a browser that looks at the page as a person does: it waits for what is shown, and
// whatever the page complains of, or asks of another host, fails the test
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after } from 'node:test';
import { chromium } from 'playwright-core';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export const patience = 10000 * Number(process.env.CBX_TEST_PATIENCE || 4);

let browser;
after(() => browser?.close());

// A browser of its own, without anything from outside. It is run as root in CI, where it has no sandbox.
export async function launch() {
	browser ??= await chromium.launch({ executablePath: process.env.CBX_CHROMIUM || '/usr/bin/chromium',
		args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
	return browser;
}

// @allowed: complaints that the test causes itself, as a pattern; @script: runs in the page before its own
export async function open(url, { allowed = null, script = () => {}, width = 1280, height = 900, ...more } = {}) {
	const context = await (await launch()).newContext({ viewport: { width, height }, ...more });
	const page = await context.newPage();
	const complaints = [];
	const complain = (text) => {
		if (!allowed?.test(text))
			complaints.push(text);
	};
	page.setDefaultTimeout(patience);
	page.on('pageerror', (error) => complain(`error: ${error.message}`));
	page.on('console', (message) => message.type() === 'error' && complain(message.text()));
	page.on('request', (request) => request.url().startsWith(new URL(url).origin) ||
		complaints.push(`asks another host: ${request.url()}`));
	page.finish = async () => {
		await context.close();
		assert.deepEqual(complaints, []);
	};
	await page.addInitScript(script);
	await page.goto(url);
	return page;
}

// Waits in the page until @condition, which gets @argument, is true
export const shows = (page, condition, argument) => page.waitForFunction(condition, argument, { timeout: patience });

export const text = (page, selector) => page.locator(selector).first().innerText();

export const firstRows = (page) => page.waitForSelector('#job-rows tr');

export async function axe(page, name) {
	await page.evaluate(() => document.getAnimations().forEach((animation) => animation.finish()));
	// by the debugger, which the page's policy does not hold back
	await page.evaluate(axeSource);
	const { violations } = await page.evaluate(() => globalThis.axe.run());
	assert.deepEqual(violations.map(({ id, nodes }) => `${name}: ${id}: ${nodes[0].html}`), []);
}
