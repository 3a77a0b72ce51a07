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

/** Which member does what a route of HTTP does; none: who wants that asks over HTTP */
const ROUTES = {
	listJobs: 'jobs', getJob: 'job', listJobHistory: 'history', pauseJob: 'pause', resumeJob: 'resume', killJob: 'kill',
	listSystems: 'onlineSystems', getSystem: 'system', listSystemHistory: 'history', listOutlook: 'outlook',
	explainSystem: 'explain', explainJob: 'explain', getSummary: 'summary', followEvents: 'events', listErrors: 'errors',
	removeErrors: 'errors', removeError: 'errors', listIncidents: 'incidents', getIncident: 'incident',
	cleanUpIncident: 'cleanUpIncident', pauseJobs: 'pauseAll', resumeJobs: 'resumeAll', cleanUp: 'cleanUpErrored',
	poll: 'poll', setInterval: 'setTimeTillNextCheck', pauseScheduler: 'pauseTasks', resumeScheduler: 'resumeTasks',
	dashboard: undefined, openapi: undefined, // for people
	livez: undefined, readyz: undefined, leaderz: undefined, metrics: undefined, // of that one instance
	getSeries: undefined, // what one instance remembers; the event jobs_data tells each minute
};

test('what HTTP offers both clients offer, or it is said why not', async () => {
	const { paths } = JSON.parse(await readFile(`${here}../../docs/openapi.json`, 'utf8'));
	const operations = Object.values(paths).flatMap((methods) => Object.values(methods)).map((route) => route.operationId);
	assert.deepEqual(operations.sort(), Object.keys(ROUTES).sort());
	const text = await readFile(`${here}index.d.ts`, 'utf8');
	const api = text.slice(text.indexOf('export interface ChatterboxApi')).split('\n}')[0];
	for (const member of Object.values(ROUTES).filter(Boolean))
		assert.match(api, new RegExp(`^\t(readonly )?${member}[(:]`, 'm'));
});

test('each member says what it is', async () => {
	const lines = (await Promise.all(['index.d.ts', 'documents.d.ts'].map((name) => readFile(here + name, 'utf8'))))
		.join('').split('\n');
	const undescribed = lines.filter((line, at) => /^export (?!type \*|\*)|^\t+export /.test(line) && !/\*\/$/.test(lines[at - 1]));
	assert.deepEqual(undescribed, []);
	const bare = lines.filter((line, at) => !/ from '/.test(line) && /^\t+(\| ')?(static |readonly |private |\[)*[\w.]+[^*]*[(:?'].*/.test(line)
		&& !/^\t+(\[name in|\} &)/.test(line) && !/^\s*(\*|\/\*|\/\/)/.test(line) && !/\*\/$/.test(lines[at - 1]));
	assert.deepEqual(bare.map((line) => line.trim()), []);
});
