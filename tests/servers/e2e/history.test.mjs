// SPDX-License-Identifier: MIT
// history.test.mjs - what became of jobs and systems, on real servers: who said so and why, after a
// crash, after clean-up, and not for ever (contract 5.2, 6.2)

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { Hdms } from './hdms.mjs';
import { Place, until } from './place.mjs';

const WRITE = { method: 'POST', headers: { Authorization: 'Bearer e2e' } };
const text = (system, job_id, status, more = {}) => JSON.stringify({ system, job_id, status, job_type: 'music', ...more });

let place;
let hdms;
let daemon;

before(async () => {
	place = await Place.open('history', 27);
	hdms = await Hdms.open(place);
	hdms.set('H1', text('H1', 1, 'Running', { percent_completed: '42.5' }), text('H1', 2, 'Running'));
	hdms.set('H2', text('H2', 1, 'Running'));
	daemon = await Daemon.prepare(place, { offline_job_ttl: 3 });
	await place.online(['H1', 'H2']);
	await daemon.start();
});

after(async () => {
	await daemon?.stop();
	await hdms?.close();
	await place?.close();
});

const get = async (path) => {
	const answer = await daemon.get(path);
	assert.equal(answer.status, 200, answer.text);
	return answer.json;
};
const ofSystem = async (system) => (await get(`/api/v1/systems/${system}/history`)).history;
const ofJob = async (system, id) => (await get(`/api/v1/jobs/${system}/${id}/history`)).history;
/** "2 Running>Paused push/-", oldest first */
const told = (history) => history.map(({ revision, previous_status, status, source, reason }) =>
	`${revision ?? 'it'} ${previous_status ?? '-'}>${status} ${source}/${reason ?? '-'}`).reverse();
const has = (system, id, count) => until(`${count} rows of ${system}/${id}`, async () => {
	const { status, json } = await daemon.get(`/api/v1/jobs/${system}/${id}/history`);
	return status === 200 && json.history.length >= count && json.history;
}, 30000);

const step = (title, fn) => test(title, { timeout: 90000 }, async () => {
	try {
		await fn();
	} catch (error) {
		error.message += `\n${daemon.program.tail(15)}`;
		throw error;
	}
});

step('by answer and by push, errored, cleaned up, and back', async () => {
	const [first] = await has('H1', 1, 1);
	assert.equal(first.percent_completed, '42.5');
	assert.equal(first.origin, 'user');
	assert.ok(Date.now() - new Date(first.at) < 60000);
	hdms.set('H1', text('H1', 1, 'Paused'), text('H1', 2, 'Running'));
	await hdms.notify('nl-hdms.event.content.job_status', text('H1', 1, 'Paused'));
	await has('H1', 1, 2);
	hdms.set('H1', text('H1', 1, 'Errored', { error_code: 'disk_full' }), text('H1', 2, 'Running'));
	await has('H1', 1, 3);
	assert.equal((await daemon.get('/api/v1/clean_up', WRITE)).status, 200);
	await has('H1', 1, 4);
	hdms.set('H1', text('H1', 1, 'Running'), text('H1', 2, 'Running'));
	await hdms.notify('nl-ocd.event.update_database', 'null');
	const walk = told(await has('H1', 1, 5));
	assert.match(walk[1], /^2 Running>Paused (push|answer)\/-$/);
	assert.deepEqual([walk[0], ...walk.slice(2)], ['1 ->Running answer/-', '3 Paused>Errored answer/disk_full',
		'3 ->Errored clean_up/-', '4 Errored>Running answer/returned']);
});

step('those that errored and those that ended are listed', async () => {
	const list = async (query) => {
		const { jobs, total } = await get(`/api/v1/jobs?${query}`);
		return `${jobs.map(({ system, job_id, status }) => `${system}/${job_id} ${status}`)} ${total}`;
	};
	hdms.set('H1', text('H1', 1, 'Running'), text('H1', 2, 'Running'), text('H1', 3, 'Errored'), text('H1', 4, 'Failed'),
		text('H1', 5, 'Complete'));
	await hdms.notify('nl-ocd.event.update_database', 'null');
	await until('three have ended', async () => await list('state=errored') === 'H1/3 Errored,H1/4 Failed 2'
		&& await list('state=ended') === 'H1/5 Complete undefined', 30000);
	assert.equal(await list('system=H1'), 'H1/1 Running,H1/2 Running 2');
	assert.equal(await list('state=live&system=H1'), 'H1/1 Running,H1/2 Running 2');
	const { jobs: [job], next } = await get('/api/v1/jobs?state=errored&limit=1&detail=1');
	assert.deepEqual([job.job.job_id, job.kind, job.revision, job.figures.stalled], [3, 'errored', 1, false]);
	assert.equal(await list(`state=errored&limit=1&cursor=${next}`), 'H1/4 Failed 2');
	assert.equal((await daemon.get(`/api/v1/jobs?state=ended&cursor=${next}`)).status, 400);
	for (const query of ['state=gone', 'state=ended&sort=system', 'state=errored&stale=1'])
		assert.equal((await daemon.get(`/api/v1/jobs?${query}`)).status, 400, query);
	assert.equal((await daemon.get('/api/v1/clean_up', WRITE)).status, 200);
	await until('they are cleaned up', async () => await list('state=errored') === ' 0', 30000);
	assert.equal(await list('state=ended&kind=errored&system=H1'), 'H1/3 Errored,H1/4 Failed undefined');
	assert.match(await list('state=ended'), /H1\/5 Complete undefined$/);
	hdms.set('H1', text('H1', 1, 'Running'), text('H1', 2, 'Running'));
});

step('vanished, and gone offline for too long', async () => {
	hdms.set('H1', text('H1', 1, 'Running'));
	assert.deepEqual(told(await has('H1', 2, 2)), ['1 ->Running answer/-', '2 Running>Killed inferred/vanished']);
	await has('H2', 1, 1);
	hdms.offline.add('H2');
	await hdms.notify('nl-hdms.event.control.system_offline', '"H2"');
	assert.deepEqual(told(await has('H2', 1, 2)),
		['1 ->Running answer/-', '2 Running>Errored inferred/system_offline']);
	const [turn, before] = (await ofSystem('H2')).filter(({ job_id }) => job_id === undefined);
	assert.deepEqual(Object.keys(turn), ['at', 'status', 'previous_status', 'source']);
	assert.deepEqual([before.status, turn.status, turn.source], ['online', 'offline', 'push']);
	assert.equal((await get('/api/v1/systems/H2')).since, turn.at);
	assert.equal((await get('/api/v1/systems')).systems.find(({ systemID }) => systemID === 'H2').since, turn.at);
});

step('after a crash each change is there once, a restart is no turn, and what is old goes', async () => {
	const turns = async () => (await ofSystem('H1')).filter(({ job_id }) => job_id === undefined);
	const first = await turns();
	assert.equal(first.length, 1);
	const { since } = await get('/api/v1/systems/H1');
	assert.equal(since, first[0].at);
	await place.rows("insert into job_history (system, job_id, revision, at, status) values "
		+ "('H1', 77, 1, now() - interval '31 days', 'Running'), ('H1', 78, 1, now() - interval '29 days', 'Running')");
	// killed as soon as the change is committed, whatever was told of it
	hdms.set('H1', text('H1', 1, 'Paused'));
	await until('it is recorded', async () => (await place.rows(
		"select 1 from status_monitor where system = 'H1' and job_id = 1 and status = 'Paused'")).length);
	daemon.program.child.kill('SIGKILL');
	await daemon.program.ended;
	await place.redis.flushdb();
	await daemon.start();
	await until('it leads', async () => (await daemon.get('/leaderz')).status === 200, 30000);
	await until('H1 is online', async () => (await get('/api/v1/systems/H1')).status === 'online', 30000);
	const walk = told(await ofJob('H1', 1));
	assert.equal(walk.filter((line) => line.startsWith('5 Running>Paused')).length, 1, walk.join('\n'));
	assert.equal(walk.length, 6);
	assert.deepEqual(await turns(), first);
	assert.equal((await get('/api/v1/systems/H1')).since, since);
	await until('what is too old is gone', async () => (await daemon.get('/api/v1/jobs/H1/77/history')).status === 404);
	assert.equal((await ofJob('H1', 78)).length, 1);
});

step('a job that is older than the history is known without one; nobody knows another', async () => {
	await place.rows("delete from job_history where system = 'H1' and job_id = 2");
	assert.deepEqual(await get('/api/v1/jobs/H1/2/history'), { history: [], next: null });
	for (const path of ['/api/v1/jobs/H1/4711/history', '/api/v1/jobs/H1/x/history', '/api/v1/systems/NONE/history'])
		assert.equal((await daemon.get(path)).status, 404, path);
	for (const query of ['limit=0', 'limit=1001', 'cursor=e1', 'cursor=h', 'system=H1'])
		assert.equal((await daemon.get(`/api/v1/systems/H1/history?${query}`)).status, 400, query);
	const whole = await ofSystem('H1');
	let { history, next } = await get('/api/v1/systems/H1/history?limit=3');
	while (next) {
		const page = await get(`/api/v1/systems/H1/history?limit=3&cursor=${next}`);
		history = [...history, ...page.history];
		next = page.next;
	}
	assert.deepEqual(history, whole);
});
