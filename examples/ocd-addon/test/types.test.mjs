// SPDX-License-Identifier: MIT
// types.test.mjs - the types: strict, from the documents, and each member says what it is

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import * as native from '../lib/index.mjs';
import { generate } from '../scripts/types.mjs';

const here = fileURLToPath(new URL('..', import.meta.url));
const exec = promisify(execFile);

test('tsc --strict takes what OCD\'s developers write', async () => {
	await exec(process.execPath, [`${here}node_modules/typescript/bin/tsc`, '-p', here]).catch(({ stdout }) =>
		assert.fail(stdout));
});

test('the types of HTTP and events are those of the documents', async () => {
	assert.equal(await readFile(`${here}generated.d.ts`, 'utf8'), generate(),
		'docs/*.json have changed: npm run types, and look what it changes');
});

test('what is declared is there, and nothing else', async () => {
	const text = await readFile(`${here}index.d.ts`, 'utf8');
	const classes = [...text.matchAll(/^export class (\w+)/gm)].map(([, name]) => name);
	assert.deepEqual(Object.keys(native).sort(), classes.sort());
	const members = text.slice(text.indexOf('export interface ChatterboxApi')).split('\n}')[0]
		.match(/^\t(readonly )?\w+(?=[(:])/gm).map((line) => line.trim().split(' ').at(-1));
	assert.ok(members.length > 15);
	for (const member of members)
		assert.ok(member in native.Chatterbox.prototype || ['internalSystems', 'onlineSystems', 'errors'].includes(member),
			member);
});

test('each member says what it is', async () => {
	const lines = (await readFile(`${here}index.d.ts`, 'utf8')).split('\n');
	const bare = lines.filter((line, at) => /^\t+(\| ')?(static |readonly |private |\[)*[\w.]+[^*]*[(:?'].*/.test(line)
		&& !/^\t+(\[name in|\} &)/.test(line) && !/^\s*(\*|\/\*|\/\/)/.test(line) && !/\*\/$/.test(lines[at - 1]));
	assert.deepEqual(bare.map((line) => line.trim()), []);
});
