// SPDX-License-Identifier: MIT
// rpc.test.mjs - every RPC method, called by amqplib, with hdms-sim as the fleet (contract 3.5)

import assert from 'node:assert/strict';
import { patience, servers, until } from './place.mjs';
import { JOBS, clients, fail, idle, once, place, push, rowsOfErrors, shared, sharedJobs, sim, step }
	from './rpc_story.mjs';
import { APP } from './wire.mjs';

step('status: the live jobs of a system, byte for byte as in Redis', async (rpc) => {
	for (const system of sim.systems) {
		const { result, text } = await rpc.call('status', { system });
		assert.deepEqual(result, { jobs: await sharedJobs(system) });
		assert.ok(text.includes(`{"jobs":[${(await shared(system)).join(',')}]}`), text);
	}
	const [{ system, job_id: id }] = await sharedJobs();
	assert.deepEqual(await rpc.get('status', { system: ` ${system} ` }),
		{ jobs: await sharedJobs(system) }, 'the id is trimmed');
	const one = { jobs: [JSON.parse((await shared(system))[0])] };
	assert.deepEqual(await rpc.get('status', { system, job_id: id }), one);
	assert.deepEqual(await rpc.get('status', { system, job_id: String(id) }), one);
});

step('status: unknown and ill-formed', async (rpc) => {
	const [system] = sim.systems;
	await rpc.refused(-32001, 'status', { system: 'NOBODY' });
	await rpc.refused(-32001, 'status', { system: 'NOBODY', job_id: 1 });
	await rpc.refused(-32001, 'status', { system, job_id: 4711 });
	for (const params of [{}, { system: 7 }, { system: '' }, { system: 'A/B' }, { system: 'x'.repeat(65) },
		{ system, job_id: -1 }, { system, job_id: 1.5 }, { system, job_id: 'x' }, { system, job_id: 2 ** 53 },
		{ system: null }])
		await rpc.refused(-32602, 'status', params, params.system?.length !== 65);
});

step('statusAll: every live job once and in order, by pages', async (rpc) => {
	const all = await sharedJobs();
	assert.equal(all.length, JOBS);
	assert.deepEqual(await rpc.get('statusAll'), { jobs: all, next: null });
	assert.deepEqual(await rpc.get('statusAll', { limit: JOBS }), { jobs: all, next: null });
	for (const limit of [1, 3, 7, JOBS - 1]) {
		const pages = await rpc.pages('statusAll', 'jobs', {}, limit);
		assert.equal(pages.length, Math.ceil(JOBS / limit));
		assert.ok(pages.slice(0, -1).every((page) => page.length === limit));
		assert.deepEqual(pages.flat(), all);
	}
	assert.deepEqual(await rpc.get('statusAll', { cursor: null }), { jobs: all, next: null });
	for (const limit of [0, 1001, -1, 1.5, 'many', []])
		await rpc.refused(-32602, 'statusAll', { limit }, true);
	for (const cursor of ['', 7, {}])
		await rpc.refused(-32602, 'statusAll', { cursor }, true);
	await rpc.refused(-32602, 'statusAll', { cursor: 'nonsense' });
});

step('find: by each filter, and by all of them', async (rpc) => {
	const all = await sharedJobs();
	const found = async (filter, expected) => {
		assert.deepEqual(await rpc.get('find', filter), { jobs: expected, next: null }, JSON.stringify(filter));
	};
	const [{ system }] = all;
	const types = [...new Set(all.map((job) => job.job_type))];
	assert.ok(types.length > 1, 'the fleet has jobs of several types');
	await found({}, all);
	await found({ system }, all.filter((job) => job.system === system));
	await found({ system: 'NOBODY' }, []);
	for (const type of types)
		await found({ job_type: type }, all.filter((job) => job.job_type === type));
	await found({ status: 'Running' }, all);
	await found({ status: 'rUNNING' }, all);
	await found({ status: 'paused' }, []);
	const rows = await place.rows('select system, job_id::int as id, origin from status_monitor');
	for (const origin of ['ocd', 'user']) {
		const those = new Set(rows.filter((row) => row.origin === origin).map((row) => `${row.system}/${row.id}`));
		assert.ok(those.size > 1, `jobs of origin ${origin}`);
		const expected = all.filter((job) => those.has(`${job.system}/${job.job_id}`));
		await found({ origin }, expected);
		assert.deepEqual((await rpc.pages('find', 'jobs', { origin }, 2)).flat(), expected);
		await found({ system, origin, status: 'running', job_type: types[0] }, expected.filter((job) =>
			job.system === system && job.job_type === types[0]));
	}
	for (const filter of [{ origin: 'mars' }, { status: 7 }, { job_type: [] }, { system: {} }])
		await rpc.refused(-32602, 'find', filter, true);
});

step('pause and resume: nl-hdms is asked, and the next word shows it', async (rpc) => {
	const [, { system, job_id: id }] = await sharedJobs();
	const status = async () => (await rpc.get('status', { system, job_id: id })).jobs[0].status;
	assert.deepEqual(await rpc.get('pause', { system, job_id: id }), { ok: true });
	await until('it is paused', async () => await status() === 'Paused');
	assert.deepEqual((await rpc.get('find', { status: 'PAUSED' })).jobs.map((job) => job.job_id), [id]);
	assert.deepEqual(await rpc.get('resume', { system, job_id: String(id) }), { ok: true });
	await until('it runs', async () => await status() === 'Running');
	for (const name of ['pause', 'resume', 'kill']) {
		await rpc.refused(-32001, name, { system, job_id: 4711 });
		await rpc.refused(-32001, name, { system: 'NOBODY', job_id: id });
		await rpc.refused(-32602, name, { system }, true);
		await rpc.refused(-32602, name, { job_id: id }, true);
		await rpc.refused(-32602, name, { system, job_id: 'first' }, true);
	}
});

step('what nl-hdms refuses is passed on with its code', async (rpc) => {
	const [system] = sim.systems;
	for (const [i, name] of ['pause', 'resume', 'kill'].entries()) {
		// told by a push, but the fleet does not have it
		const id = 900000 + i + (rpc.envelope === 'bare' ? 10 : 0);
		await push({ system, job_id: id, status: 'Running' });
		await until('the job is live', () => place.redis.hexists(`${APP}:jobs:{${system}}`, String(id)));
		const error = await rpc.refused(-32004, name, { system, job_id: id });
		assert.equal(error.data, 'unknown_job');
		assert.match(error.message, /no such job/);
	}
	await until('the fleet\'s answers made them vanish', async () => (await shared()).length === JOBS, 30000);
});

step('pauseAll and resumeAll: how many it concerns, at once', async (rpc) => {
	const [system] = sim.systems;
	const paused = (count) => until(`${count} paused jobs`, async () =>
		(await rpc.get('find', { status: 'paused' })).jobs.length === count, 20000);
	assert.deepEqual(await rpc.get('resumeAll'), { jobs: 0 });
	assert.deepEqual(await rpc.get('pauseAll', { system }), { jobs: 4 });
	await paused(4);
	assert.ok((await rpc.get('find', { status: 'paused' })).jobs.every((job) => job.system === system));
	assert.deepEqual(await rpc.get('pauseAll', { system }), { jobs: 0 }, 'they are paused already');
	assert.deepEqual(await rpc.get('pauseAll'), { jobs: JOBS - 4 });
	await paused(JOBS);
	assert.deepEqual(await rpc.get('resumeAll', { system }), { jobs: 4 });
	await paused(JOBS - 4);
	assert.deepEqual(await rpc.get('resumeAll'), { jobs: JOBS - 4 });
	await paused(0);
	for (const name of ['pauseAll', 'resumeAll']) {
		await rpc.refused(-32001, name, { system: 'NOBODY' });
		await rpc.refused(-32602, name, { system: 7 }, true);
	}
});

step('errors.get: the rows of SQL, newest first, by pages; errors.remove', async (rpc) => {
	const rows = await fail(rpc.envelope === 'bare' ? 910100 : 910000);
	const [a, b] = sim.systems;
	assert.deepEqual(await rpc.get('errors.get'), { errors: rows, next: null });
	assert.deepEqual(rows.map(({ code }) => code).sort(), ['checksum', 'disk_full', 'errored', 'errored']);
	for (const limit of [1, 2, 3])
		assert.deepEqual((await rpc.pages('errors.get', 'errors', {}, limit)).flat(), rows);
	const ofA = rows.filter(({ system }) => system === a);
	assert.deepEqual(await rpc.get('errors.get', { system: a }), { errors: ofA, next: null });
	assert.deepEqual((await rpc.pages('errors.get', 'errors', { system: a }, 1)).flat(), ofA);
	assert.deepEqual(await rpc.get('errors.get', { system: 'NOBODY' }), { errors: [], next: null });
	for (const params of [{ limit: 0 }, { limit: 1001 }, { cursor: 7 }, { system: '/' }])
		await rpc.refused(-32602, 'errors.get', params, true);
	await rpc.refused(-32602, 'errors.get', { cursor: 'nonsense' });

	for (const params of [{}, { ids: 7 }, { ids: ['x'] }, { ids: [1.5] }, { system: '' }])
		await rpc.refused(-32602, 'errors.remove', params, true);
	assert.deepEqual(await rpc.get('errors.remove', { ids: [] }), { removed: 0 });
	assert.deepEqual(await rpc.get('errors.remove', { ids: [rows[0].id, 2 ** 40] }), { removed: 1 });
	assert.deepEqual(await rowsOfErrors(), rows.slice(1));
	assert.deepEqual(await rpc.get('errors.remove', { system: b }), { removed: 1 });
	assert.deepEqual(await rpc.get('errors.remove', { system: b }), { removed: 0 });
	assert.deepEqual(await rowsOfErrors(), ofA);
	assert.deepEqual(await rpc.get('errors.remove', { ids: ofA.map(({ id }) => id) }), { removed: 2 });
	assert.deepEqual(await rpc.get('errors.get'), { errors: [], next: null });
	await place.rows(`insert into errors (system, code, message, first_seen, last_seen)
		values ($1, 'old', 'of others', 'infinity', null)`, [a]);
	const [{ id, first_seen: first, last_seen: last }] = (await rpc.get('errors.get')).errors;
	assert.deepEqual([first, last], [null, null], 'a time that is none');
	assert.deepEqual(await rpc.get('errors.remove', { ids: [id] }), { removed: 1 });
});

step('cleanUpErrored: errored jobs go to completed_jobs with their revision', async (rpc) => {
	const base = rpc.envelope === 'bare' ? 920100 : 920000;
	const [a, b] = sim.systems;
	await rpc.get('cleanUpErrored'); // those of the steps before
	await fail(base);
	const ids = [base, base + 1];
	const where = async (table) => place.rows(`select system, job_id::int as id, status, revision::int
		from ${table} where job_id = any($1) order by system, job_id`, [ids]);
	const before = await where('status_monitor');
	assert.equal(before.length, 4);
	assert.equal((await rpc.get('status', { system: a, job_id: base })).jobs[0].status, 'Errored');
	for (const params of [{ older_than: -1 }, { older_than: 'old' }, { system: 7 }])
		await rpc.refused(-32602, 'cleanUpErrored', params, true);
	assert.deepEqual(await rpc.get('cleanUpErrored', { older_than: 3600 }), { removed: 0 });
	assert.deepEqual(await rpc.get('cleanUpErrored', { system: b, older_than: '0' }), { removed: 2 });
	assert.deepEqual(await where('completed_jobs'), before.filter(({ system }) => system === b));
	assert.deepEqual(await rpc.get('cleanUpErrored'), { removed: 2 });
	assert.deepEqual(await rpc.get('cleanUpErrored'), { removed: 0 });
	assert.deepEqual(await where('completed_jobs'), before);
	assert.deepEqual(await where('status_monitor'), []);
	assert.equal((await rpc.get('status', { system: a, job_id: base })).jobs[0].status, 'Errored');
});

step('kill: the job ends, and is still found', async (rpc) => {
	const [{ system, job_id: id }] = await sharedJobs(sim.systems.at(rpc.envelope === 'bare' ? -1 : -2));
	assert.deepEqual(await rpc.get('kill', { system, job_id: id }), { ok: true });
	await until('it is in completed_jobs', async () => (await place.rows(
		'select 1 from completed_jobs where system = $1 and job_id = $2', [system, id])).length === 1);
	// Redis shows it after SQL has it
	await until('it is shown as killed', async () =>
		(await rpc.get('status', { system, job_id: id })).jobs[0].status === 'Killed');
	assert.ok(!(await rpc.get('status', { system })).jobs.some((live) => live.job_id === id));
	for (const name of ['pause', 'resume', 'kill'])
		await rpc.refused(-32001, name, { system, job_id: id });
});

once('what is no request is answered with the codes of JSON-RPC', async (rpc) => {
	const [, bareRpc] = clients;
	const codeOf = async (client, content, properties) => {
		const { body, text } = await client.send(content, properties);
		assert.ok(body?.error, text);
		return [body.error.code, body.id];
	};
	const method = 'nl-ocd.content.job.statusAll';
	const J = JSON.stringify;
	for (const content of ['', '{', 'status', '{"jsonrpc":"2.0","id":1,"method":', '['.repeat(100000),
		Buffer.from([0xff, 0xfe, 0x00]), `{"jsonrpc":"2.0","method":"${method}"}x`])
		assert.deepEqual(await codeOf(rpc, content), [-32700, null], content.toString().slice(0, 60));
	for (const content of ['[]', '17', '"text"', 'null', `[${J({ jsonrpc: '2.0', id: 1, method })}]`])
		assert.deepEqual(await codeOf(rpc, content), [-32600, null], content);
	assert.deepEqual(await codeOf(rpc, J({ jsonrpc: '2.0', id: 5 })), [-32600, 5]);
	assert.deepEqual(await codeOf(rpc, J({ jsonrpc: '1.0', id: 'five', method })), [-32600, 'five']);
	assert.deepEqual(await codeOf(rpc, J({ jsonrpc: '2.0', id: 5, method: 7 })), [-32600, 5]);
	for (const id of [{}, [5], true])
		assert.deepEqual(await codeOf(rpc, J({ jsonrpc: '2.0', id, method })), [-32600, null]);
	assert.deepEqual(await codeOf(bareRpc, '{}'), [-32600, undefined], 'bare, without a type');
	for (const name of ['nl-ocd.content.job.explode', 'statusAll', 'chatterbox.scheduler.pause']) {
		assert.deepEqual(await codeOf(rpc, J({ jsonrpc: '2.0', id: 6, method: name })), [-32601, 6], name);
		assert.deepEqual(await codeOf(bareRpc, '{}', { type: name }), [-32601, undefined], name);
	}
	for (const params of [[], [1], 7, 'x'])
		assert.deepEqual(await codeOf(rpc, J({ jsonrpc: '2.0', id: 7, method, params })), [-32602, 7]);
	assert.deepEqual((await rpc.send(J({ jsonrpc: '2.0', id: 'a', method, params: null }))).body.id, 'a');
	const huge = J({ jsonrpc: '2.0', id: 8, method, params: { cursor: 'x'.repeat(2 << 20) } });
	assert.equal((await codeOf(rpc, huge))[0], -32700, 'larger than limits.reply_bytes');
	await idle();
});

once('requests that nobody waits for, and garbage, never block the queue', async (rpc) => {
	const [{ system, job_id: id }] = await sharedJobs();
	const pause = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'nl-ocd.content.job.pause',
		params: { system, job_id: id } });
	rpc.cast(pause);
	for (let i = 0; i < 300; i++) { // more than the prefetch
		rpc.cast('garbage');
		rpc.cast('garbage', { replyTo: 'a.queue.that.is.not.there', correlationId: String(i) });
		rpc.cast('{"jsonrpc":"2.0","method":"nl-ocd.content.job.statusAll"}', { replyTo: '' });
	}
	assert.equal((await rpc.get('statusAll')).next, null);
	await until('the cast pause was obeyed', async () =>
		(await rpc.get('find', { status: 'paused' })).jobs.some((job) => job.job_id === id));
	await rpc.get('resumeAll');
	await idle();
	assert.deepEqual(rpc.stray, []);
});

once('while nl-hdms or a server is away the error says which way', async (rpc) => {
	const [{ system, job_id: id }] = await sharedJobs();
	assert.equal(await sim.program.stop(), 0);
	const began = Date.now();
	await rpc.refused(-32002, 'pause', { system, job_id: id });
	assert.ok(Date.now() - began < 8000 * patience, 'within rpc_timeout, or little more');
	assert.ok((await rpc.get('statusAll')).jobs.length, 'reads go on');
	await servers('kill', 'pg');
	await rpc.refused(-32003, 'errors.get');
	assert.ok((await rpc.get('statusAll')).jobs.length, 'reads go on');
	await servers('up', 'pg');
	await until('errors are read again', async () => !(await rpc.call('errors.get')).error, 30000);
	await idle();
});
