// SPDX-License-Identifier: MIT
// orm.test.mjs - OCD's own tables, made by Sequelize: OCD writes through it, chatterbox beside it
//
// Sessions are in a zone that is half an hour off all others, and OCD's process may be in another:
// what one side writes, the other has to read, to the millisecond.

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { Daemon } from './daemon.mjs';
import { Hdms } from './hdms.mjs';
import { openModels } from './models.mjs';
import { Place, until } from './place.mjs';
import { step } from './story.mjs';

const TABLES = ['status_monitor', 'completed_jobs', 'scheduled_jobs', 'server_conf', 'errors',
	'recently_checked', 'list_activation_schedule', 'content_server_access'];
const JOBS = 40;
const SYSTEMS = ['ORM1', 'ORM2', 'ORM3'];

let place;
let hdms;
let daemon;
let ocd;
const began = Date.now();

const job = (system, id, status, more = {}) => JSON.stringify({ system, job_id: id, status,
	percent_completed: '42.5', downloaded: id, total_files: 2 * id, download_speed: '250K',
	job_type: 'lists', ...more });
/** Every system's jobs, each with what @status says of its id */
const report = (status, more) => SYSTEMS.forEach((system) => hdms.set(system,
	...Array.from({ length: JOBS }, (_, i) => job(system, i + 1, status(i + 1), more))));
const isRecent = (date) => assert.ok(date instanceof Date && date >= began - 1000
	&& date <= Date.now() + 1000, `${date} is not now`);

before(async () => {
	place = await Place.open('orm', 16);
	await place.rows('alter database cbx_orm set timezone = \'America/St_Johns\'');
	ocd = await openModels(place);
	hdms = await Hdms.open(place);
	daemon = await Daemon.prepare(place, { progress_checkpoint: 1, log: { level: 'info' } });
});

after(async () => {
	const code = await daemon?.stop();
	await ocd?.close();
	await hdms?.close();
	await place?.close();
	assert.equal(code, 0, daemon.program.tail());
});

/** As OCD starts a job */
const startJob = (system, id) => ocd.models.status_monitor.bulkCreate(
	[{ system, job_id: id, status: 'Queued', job_type: 'lists', origin: 'ocd' }],
	{ updateOnDuplicate: ['updatedAt'], conflictAttributes: ['system', 'job_id'] });

step('a database that Sequelize made is met as it is', async () => {
	const before_ = await shape();
	await daemon.migrate();
	const now = await shape();
	for (const column of Object.keys(before_)) assert.equal(now[column], before_[column], column);
	await place.online(SYSTEMS);
	await daemon.start();
});

/** Type, default and not null of every column of OCD's, as text */
async function shape() {
	const rows = await place.rows(`select table_name || '.' || column_name as name,
		concat_ws(' ', data_type, character_maximum_length, is_nullable, column_default) as is
		from information_schema.columns where table_name = any($1)`, [TABLES]);
	return Object.fromEntries(rows.map(({ name, is }) => [name, is]));
}

step('both write at the same time', async () => {
	report(() => 'Running');
	const starts = [];
	for (let id = 1; id <= JOBS; id += 1)
		for (const system of SYSTEMS) starts.push(startJob(system, id));
	await Promise.all(starts);
	await until('every job is heard of', async () => await monitored('Running') === JOBS * SYSTEMS.length);
	report((id) => (id % 4 === 0 ? 'Completed' : id % 4 === 1 ? 'Errored' : 'Paused'),
		{ error_code: 'disk_full', error_message: 'no space '.repeat(60) });
	// OCD starts them again, meanwhile: what chatterbox knows of them stays
	await Promise.all(starts.map((_, i) => startJob(SYSTEMS[i % 3], 2 + 4 * Math.floor(i / 12))));
	await until('every job has moved', async () => await monitored('Paused') === JOBS / 2 * SYSTEMS.length
		&& await ocd.models.completed_jobs.count() === JOBS / 4 * SYSTEMS.length);
});

const monitored = (status) => ocd.models.status_monitor.count({ where: { status } });

step('OCD reads what chatterbox wrote', async () => {
	for (const row of await ocd.models.status_monitor.findAll()) {
		const { id, createdAt, updatedAt, ...is } = row.get();
		assert.deepEqual(is, { ...JSON.parse(job(is.system, is.job_id, is.job_id % 4 === 1 ? 'Errored' : 'Paused')) });
		isRecent(createdAt);
		isRecent(updatedAt);
		assert.ok(id > 0 && updatedAt > createdAt);
	}
	for (const row of await ocd.models.completed_jobs.findAll()) {
		assert.equal(row.status, 'Completed');
		assert.equal(row.downloaded, row.job_id);
		isRecent(row.createdAt);
		isRecent(row.started_at);
	}
	const errors = await ocd.models.errors.findAll();
	assert.equal(errors.length, JOBS / 4 * SYSTEMS.length);
	for (const row of errors) {
		assert.equal(row.code, 'disk_full');
		assert.equal(row.message, 'no space '.repeat(60).slice(0, 255));
		isRecent(row.first_seen);
	}
	assert.equal(await ocd.models.recently_checked.count(), SYSTEMS.length);
	for (const row of await ocd.models.recently_checked.findAll()) isRecent(row.checked_at);
	const [plain] = await place.rows(`select count(*)::int as wrong from errors
		where abs(extract(epoch from last_seen at time zone 'UTC' - "updatedAt")) > 0.001`);
	assert.deepEqual(plain, { wrong: 0 });
});

step('both read the same of each job and error', async () => {
	const { json: { errors } } = await daemon.get('/api/v1/errors?limit=1000');
	const rows = await ocd.models.errors.findAll({ order: [['id', 'DESC']] });
	assert.deepEqual(errors.map((e) => [e.id, e.system, e.job_id, e.message]),
		rows.map((e) => [e.id, e.system, e.job_id, e.message]));
	rows.forEach((row, i) => { // microseconds are rounded here and cut there
		assert.ok(Math.abs(Date.parse(errors[i].first_seen) - row.first_seen) <= 1);
	});
	for (const row of await ocd.models.completed_jobs.findAll()) {
		const json = await until('readers see its end', async () => {
			const answer = await daemon.get(`/api/v1/jobs/${row.system}/${row.job_id}`);
			return answer.json.job?.status === row.status && answer.json;
		});
		// chatterbox answers from memory while it remembers: by its own clock
		assert.ok(Math.abs(Date.parse(json.first_seen) - row.started_at) < 60000);
		assert.ok(Math.abs(Date.parse(json.updated_at) - row.updatedAt) < 60000);
	}
});

const order = (method, route, body) => daemon.get(`/api/v1/${route}`, { method, body,
	headers: { Authorization: 'Bearer e2e', 'Content-Type': 'application/json' } });

step('chatterbox reads what OCD wrote', async () => {
	const activate_at = new Date(Date.now() + 3600000);
	await ocd.models.list_activation_schedule.create({ system: 'ORM1', list_id: 'pop', activate_at });
	await ocd.models.scheduled_jobs.create({ system: ' ORM2 ', job_id: 77, scheduled_for: new Date(), info: { a: 1 } });
	await ocd.models.server_conf.upsert({ name: 'check_job_status_time', info: '"2"' });
	hdms.set('ORM2', job('ORM2', 77, 'Running'), job('ORM2', 78, 'Running'));
	assert.equal((await order('POST', 'poll', '{"discovery":true}')).status, 202);
	const next = await until('the activation is known', async () =>
		(await daemon.get('/api/v1/systems/ORM1')).json.next_activation);
	assert.equal(Date.parse(next), activate_at.getTime());
	for (const [id, origin] of [[77, 'ocd'], [78, 'user']])
		assert.equal(await until(`job ${id}`, async () =>
			(await daemon.get(`/api/v1/jobs/ORM2/${id}`)).json?.origin), origin);
});

step('the interval is kept in OCD\'s table, whoever makes the row', async () => {
	assert.equal((await order('PUT', 'interval', '{"seconds":1}')).status, 200);
	const [row] = await ocd.models.server_conf.findAll({ where: { name: 'check_job_status_time' } });
	assert.equal(row.info, '1');
	isRecent(row.updatedAt);
});

step('an id beyond INTEGER costs that job alone', async () => {
	hdms.set('ORM3', job('ORM3', 2 ** 40, 'Running'), job('ORM3', 90, 'Running'));
	await order('POST', 'poll', '{"discovery":true}');
	await until('its neighbour', async () => await ocd.models.status_monitor.count({ where: { job_id: 90 } }) === 1);
	hdms.set('ORM3', job('ORM3', 2 ** 40, 'Running'), job('ORM3', 90, 'Paused'));
	await until('its neighbour moves', async () => await ocd.models.status_monitor.count(
		{ where: { job_id: 90, status: 'Paused' } }) === 1);
	assert.equal((await daemon.get('/readyz')).status, 200);
});
