// SPDX-License-Identifier: MIT
// ocd.test.mjs - the stand-in of OCD at work, beside a chatterboxd that does the job status for it

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { Daemon } from '../../../tests/servers/e2e/daemon.mjs';
import { Hdms } from '../../../tests/servers/e2e/hdms.mjs';
import { Place, until } from '../../../tests/servers/e2e/place.mjs';
import { Chatterbox } from '../../ocd-client/lib/index.js';
import { Ocd } from '../lib/ocd.js';

let place;
let hdms;
let daemon;
let ocd;

const job = (id, status, more = {}) => JSON.stringify({ system: 'OCD1', job_id: id, status,
	job_type: 'lists', ...more });

before(async () => {
	place = await Place.open('ocd', 18);
	hdms = await Hdms.open(place);
	daemon = await Daemon.prepare(place);
	const sql = { host: '127.0.0.1', port: place.pgPort, database: place.database,
		username: place.pgUser, password: '' };
	ocd = new Ocd(await Chatterbox.open(JSON.parse(await readFile(daemon.file, 'utf8'))), sql);
	await ocd.models.sync(); // OCD's tables are there before chatterbox comes
	await place.online(['OCD1']);
	hdms.set('OCD1', job(1, 'Running'), job(2, 'Running'));
	await daemon.start();
});

after(async () => {
	await ocd?.close();
	await daemon?.stop();
	await hdms?.close();
	await place?.close();
});

const step = (name, fn) => test(name, { timeout: 120000 }, async () => {
	try {
		await fn();
	} catch (error) {
		error.message += `\n${daemon.program?.tail(15)}`;
		throw error;
	}
});

step('update_job_status reaches loadBalancing', async () => {
	await until('both jobs', () => ocd.loadBalancing.jobs.size === 2);
	assert.deepEqual([...ocd.loadBalancing.jobs], [['OCD1/1', 'Running'], ['OCD1/2', 'Running']]);
});

step('status reaches loadBalancing', async () => {
	hdms.set('OCD1', job(1, 'Paused'), job(2, 'Paused'));
	await until('OCD1 is paused', () => ocd.loadBalancing.paused.get('OCD1/lists') === true);
	hdms.set('OCD1', job(1, 'Running'), job(2, 'Paused'));
	await until('OCD1 goes on', () => ocd.loadBalancing.paused.get('OCD1/lists') === false);
});

step('user_job_errors reaches cleanUpErroredUserJobsController', async () => {
	hdms.set('OCD1', job(1, 'Running'), job(2, 'Errored', { error_code: 'disk_full' }));
	const [error] = await until('the error', () => ocd.cleanUpErroredUserJobsController.errors.length
		&& ocd.cleanUpErroredUserJobsController.errors);
	assert.equal(error.job_id, 2);
	assert.equal(error.code, 'disk_full');
	const { errors } = await ocd.errorsController.get('OCD1');
	assert.equal(errors.length, 1);
	assert.equal(await ocd.errorsController.remove(errors.map(({ id }) => id)), 1);
});

step('a job that OCD starts is OCD\'s, and its status is chatterbox\'s', async () => {
	await ocd.startJob('OCD1', 3, 'lists');
	hdms.set('OCD1', job(1, 'Running'), job(3, 'Running'));
	await until('job 3 runs', () => ocd.loadBalancing.jobs.get('OCD1/3') === 'Running');
	await ocd.startJob('OCD1', 3, 'lists'); // again, as after a restart of OCD
	await ocd.startJob('OCD1', 1, 'lists'); // a user's until now
	const rows = await place.rows('select job_id::int, status, origin from status_monitor where job_id in (1, 3) order by 1');
	assert.deepEqual(rows, [{ job_id: 1, status: 'Running', origin: 'ocd' },
		{ job_id: 3, status: 'Running', origin: 'ocd' }]);
	assert.deepEqual((await ocd.lastRecordedStatus()).map(({ job_id }) => job_id), [1, 3]);
});

step('setTimeTillNextCheck and updateDatabase: the row as it is', async () => {
	const since = Date.now();
	await ocd.updateConf({ name: 'update_time_till_next_check', info: '"2"' });
	await until('chatterbox has the interval', async () =>
		(await daemon.get('/api/v1/summary')).json.interval.base === 2);
	await hdms.question('all jobs are asked for', ({ event }) => event === 'job_list', since);
});

step('online and internal systems, from what both share', async () => {
	assert.equal(await ocd.onlineSystemsController.isOnline('OCD1'), true);
	assert.equal(await ocd.onlineSystemsController.isOnline('OCD2'), false);
	await ocd.internalSystemsController.add('INT1');
	assert.deepEqual((await ocd.internalSystemsController.list()).map(({ systemID }) => systemID), ['INT1']);
});

step('a job is paused through chatterbox', async () => {
	const since = Date.now();
	await ocd.pauseJob('OCD1', 3);
	await hdms.question('the system is asked', ({ event }) => event === 'job_pause', since);
});

step('the figures come each minute, from chatterbox', async () => {
	const data = await until('jobs_data', () => ocd.lastJobsData, 75000);
	assert.equal(data.job_count, 2);
	assert.equal(data.total_ocd_jobs >= 1, true);
});
