// SPDX-License-Identifier: MIT
// matrix.test.mjs - every call × role × wire: who is asked makes no difference (contract 2.5, 3.5, 6.2)
//
// A call is made over HTTP and from C of the leader, of a standby and of an observer, and over AMQP.
// Each time it has the same outcome and the same effect, once: nl-hdms is asked one time, and what
// is written is written by the leader.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Hdms } from './hdms.mjs';
import { Place, servers, until } from './place.mjs';
import { openWays } from './roles_kit.mjs';
import { misfits } from './schema.mjs';
import { APP } from './wire.mjs';

const MORE = { lease: { ttl: 3 }, check_job_status_time: 3600, rmq_rpc: { poll_timeout: '2s', rpc_timeout: '3s' } };
const TOPIC = { jobs: 0, job: 1, errors: 5, cleanUp: 8 };

let place;
let hdms;
let marks; // how many questions of each kind there were before the call

const job = (id, status) => JSON.stringify({ system: 'MX1', job_id: id, status, job_type: 'lists' });
const JOBS = [job(17, 'Running'), job(18, 'Running'), job(19, 'Paused')];

before(async () => {
	place = await Place.open('matrix', 7);
	hdms = await Hdms.open(place);
	hdms.set('MX1', ...JOBS);
	hdms.set('SHY', JSON.stringify({ system: 'SHY', job_id: 1, status: 'Running' }));
	hdms.set('NO', JSON.stringify({ system: 'NO', job_id: 1, status: 'Running' }));
	await place.online(['MX1', 'SHY', 'NO']);
});

after(async () => {
	await hdms?.close();
	await place?.close();
	assert.deepEqual(misfits, [], 'docs/asyncapi.json');
});

/** Orders and questions so far: "job_pause MX1:17" -> n */
function asked() {
	const counts = {};
	for (const { event, asked: systems } of hdms.questions)
		for (const { system, jobs = [] } of systems) {
			const key = `${event} ${system}${event === 'job_list' ? '' : `:${jobs.join(',')}`}`;
			counts[key] = (counts[key] ?? 0) + 1;
		}
	return counts;
}

/** Since the call exactly these orders were given, each once */
async function ordered(...keys) {
	const news = () => Object.entries(asked()).filter(([key, n]) => /^job_(pause|resume|kill)/.test(key)
		&& n > (marks[key] ?? 0)).map(([key, n]) => `${key} ×${n - (marks[key] ?? 0)}`).sort();
	await until('the orders', () => news().length >= keys.length);
	assert.deepEqual(news(), keys.map((key) => `${key} ×1`).sort());
}

const conf = async (name) => (await place.rows('select info from server_conf where name = $1', [name]))[0]?.info;
const errorRows = () => place.rows('select id::int, system, code from errors order by id desc');

/** One errored job of MX2 and its row of errors */
async function fail() {
	await place.rows('truncate errors');
	hdms.notify('nl-hdms.event.content.job_status', JSON.stringify([{ system: 'MX2', job_id: fail.id += 1,
		status: 'Errored', error_code: 'disk_full' }]));
	return until('an error', async () => (await errorRows())[0]);
}
fail.id = 0;

const one = (what, id = 17, system = 'MX1') => ({ amqp: [what, { system, job_id: id }],
	http: ['POST', `/api/v1/jobs/${system}/${id}/${what}`], c: [`${what}_job`, { system, job_id: id }] });
const shown = (params, query) => ({ amqp: ['find', params], http: ['GET', `/api/v1/jobs?${query}`],
	c: ['query', { topic: TOPIC.jobs, params }] });

/**
 * before: its value goes to the others · call · is: its code and answer · then: what it has done.
 * eventually: followers show it a little later.
 */
const CALLS = {
	'the jobs of a system': { call: () => shown({ system: 'MX1' }, 'system=MX1'), eventually: true,
		is: ({ code, result }) => assert.deepEqual([code, result.jobs], [0, JOBS.map((text) => JSON.parse(text))]) },
	'jobs by a kind': { call: () => shown({ status: 'paused' }, 'status=paused'), eventually: true,
		is: ({ code, result }) => assert.deepEqual([code, result.jobs], [0, [JSON.parse(JOBS[2])]]) },
	'jobs, with a limit that is none': { call: () => ({ ...shown({ limit: 0 }, 'limit=0'), spoilt: true }), code: -32602 },
	'pause': { call: () => one('pause'), is: { ok: true }, then: () => ordered('job_pause MX1:17') },
	'resume': { call: () => one('resume'), is: { ok: true }, then: () => ordered('job_resume MX1:17') },
	'kill': { call: () => one('kill'), is: { ok: true }, then: () => ordered('job_kill MX1:17') },
	'pause of a job that nobody knows': { call: () => one('pause', 4711), code: -32001, then: () => ordered() },
	'pause of nothing': { call: () => ({ ...one('pause', 1, 'a%2Fb'), amqp: ['pause', { system: 'a/b', job_id: 1 }],
		c: ['pause_job', { system: 'a/b', job_id: 1 }], spoilt: true }), code: -32602, then: () => ordered() },
	'a pause that nl-hdms refuses': { call: () => one('pause', 1, 'NO'), before: () => { hdms.offline.add('NO'); },
		code: -32004, reason: 'system_offline', then: () => ordered('job_pause NO:1') },
	'a kill that nl-hdms does not answer': { call: () => one('kill', 1, 'SHY'), before: () => { hdms.silent.add('SHY'); },
		code: -32002, then: () => ordered('job_kill SHY:1') },
	'pause of all': { call: () => ({ amqp: ['pauseAll', { system: 'MX1' }],
		http: ['POST', '/api/v1/jobs/pause_all', { system: 'MX1' }], c: ['pause_jobs', { system: 'MX1' }] }),
	is: { jobs: 2 }, then: () => ordered('job_pause MX1:17', 'job_pause MX1:18') },
	'resume of all': { call: () => ({ amqp: ['resumeAll', { system: 'MX1' }],
		http: ['POST', '/api/v1/jobs/resume_all', { system: 'MX1' }], c: ['resume_jobs', { system: 'MX1' }] }),
	is: { jobs: 1 }, then: () => ordered('job_resume MX1:19') },
	'pause of all of a system that nobody knows': { call: () => ({ amqp: ['pauseAll', { system: 'NOBODY' }],
		http: ['POST', '/api/v1/jobs/pause_all', { system: 'NOBODY' }], c: ['pause_jobs', { system: 'NOBODY' }] }),
	code: -32001, then: () => ordered() },
	'errors': { before: fail, call: () => ({ amqp: ['errors.get', { system: 'MX2' }],
		http: ['GET', '/api/v1/errors?system=MX2'], c: ['query', { topic: TOPIC.errors, params: { system: 'MX2' } }] }),
	is: ({ code, result }, { id }) => assert.deepEqual([code, result.next, result.errors.map((row) => [row.id, row.code])],
		[0, null, [[id, 'disk_full']]]) },
	'an error less': { before: fail, call: ({ id }) => ({ amqp: ['errors.remove', { ids: [id] }],
		http: ['DELETE', `/api/v1/errors/${id}`], c: ['errors_remove', { id }] }),
	is: { removed: 1 }, then: async () => assert.deepEqual(await errorRows(), []) },
	'the errors of a system less': { before: fail, call: () => ({ amqp: ['errors.remove', { system: 'MX2' }],
		http: ['DELETE', '/api/v1/errors?system=MX2'], c: ['errors_remove', { system: 'MX2' }] }),
	is: { removed: 1 }, then: async () => assert.deepEqual(await errorRows(), []) },
	'what a clean-up would take': { before: fail, call: () => ({ amqp: ['cleanUpErrored', { system: 'MX2', dry_run: true }],
		http: ['POST', '/api/v1/clean_up', { system: 'MX2', dry_run: true }],
		c: ['query', { topic: TOPIC.cleanUp, params: { system: 'MX2' } }] }),
	is: ({ code, result }) => {
		assert.equal(code, 0);
		assert.ok(result.jobs.some((each) => each.system === 'MX2' && each.job_id === fail.id && each.status === 'Errored'));
		assert.equal(result.errors, 1);
	},
	then: async () => assert.equal((await errorRows()).length, 1) },
	'a clean-up': { before: async () => { await clearAll(); return fail(); },
		call: () => ({ amqp: ['cleanUpErrored', { system: 'MX2', older_than: 0 }],
			http: ['POST', '/api/v1/clean_up', { system: 'MX2' }], c: ['errors_clean_up', { system: 'MX2', older_than: 0 }] }),
		is: { removed: 1 },
		then: async () => assert.deepEqual(await place.rows("select 1 from status_monitor where system = 'MX2'"), []) },
	'poll': { call: () => ({ amqp: ['nl-ocd.chatterbox.poll', { discovery: true }],
		http: ['POST', '/api/v1/poll', { discovery: true }], c: ['update_database', {}] }),
	is: { ok: true }, then: () => until('a list', () => asked()['job_list MX1'] > (marks['job_list MX1'] ?? 0)) },
	'poll of the monitored': { call: () => ({ amqp: ['nl-ocd.chatterbox.poll', {}],
		http: ['POST', '/api/v1/poll', {}], c: ['poll_jobs', {}] }), is: { ok: true } },
	'interval': { before: () => 3000 + Math.floor(Math.random() * 500), call: (seconds) => ({
		amqp: ['nl-ocd.chatterbox.interval', { seconds }], http: ['PUT', '/api/v1/interval', { seconds }],
		c: ['set_interval', { seconds }] }), is: { ok: true },
	then: async (seconds) => assert.equal(await conf('check_job_status_time'), String(seconds)) },
	'an interval that is none': { call: () => ({ amqp: ['nl-ocd.chatterbox.interval', { seconds: 0 }],
		http: ['PUT', '/api/v1/interval', { seconds: 0 }], c: ['set_interval', { seconds: 0 }], spoilt: true }), code: -32602 },
	'pause of the tasks': { before: () => place.rows("delete from server_conf where name = 'paused_until'"),
		call: () => ({ amqp: ['nl-ocd.chatterbox.pause', { seconds: 60 }],
			http: ['POST', '/api/v1/pause', { seconds: 60 }], c: ['pause_tasks', { seconds: 60 }] }),
		is: { ok: true }, then: async () => assert.match(await conf('paused_until'), /^"\d{4}-/) },
	'end of the pause': { call: () => ({ amqp: ['nl-ocd.chatterbox.resume', {}], http: ['POST', '/api/v1/resume'],
		c: ['resume_tasks', {}] }), is: { ok: true }, then: async () => assert.equal(await conf('paused_until'), 'null') },
};

let ways;
const clearAll = () => ways.at(-1).box.rpc.get('cleanUpErrored', { system: 'MX2' });

async function play({ call, is, code = 0, reason, eventually, then, before: prepare }, { box }) {
	const value = await prepare?.();
	marks = asked();
	const check = async () => {
		const answer = await box.ask(call(value));
		if (typeof is === 'function') is(answer, value);
		else assert.deepEqual([answer.code, answer.reason, answer.result], [code, reason, is], JSON.stringify(answer));
		return true;
	};
	if (eventually) await until('it is shown', check);
	else await check();
	await then?.(value);
}

for (const first of ['HTTP', 'C'])
	test(`a leader asked over ${first}, and who follows it`, async (t) => {
		ways = await openWays(place, first, MORE);
		try {
			await until('its jobs', () => place.redis.hlen(`${APP}:jobs:{MX1}`).then((n) => n === 3));
			for (const [name, row] of Object.entries(CALLS))
				for (const way of ways)
					await t.test(`${name}: ${way.name}`, () => play(row, way));
		} catch (error) {
			error.message += ways.map(({ box }) => box.program?.tail(15) ?? '').join('\n');
			throw error;
		} finally {
			hdms.offline.clear();
			hdms.silent.clear();
			// the followers first: none of them takes over
			for (const { box } of ways.reverse()) await box.stop();
		}
	});
