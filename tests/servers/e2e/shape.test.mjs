// SPDX-License-Identifier: MIT
// shape.test.mjs - the shape of every key, row, question and event, as foreign clients see them
//
// One quiet fleet, looked at from all sides (contract 1, 3, 4, 5). What happens when something
// changes is in change.test.mjs.

import assert from 'node:assert/strict';
import { until } from './place.mjs';
import { A17, A18, B5, daemon, field, hash, hdms, listener, place, setting, shared, step, told }
	from './story.mjs';
import { APP, checkEnvelope, checkOutbox, readStream } from './wire.mjs';

setting('shape', 1);

step('--migrate makes the tables and ends', async () => {
	assert.equal(await daemon.once('--migrate'), 0);
	assert.equal(await daemon.once('--migrate'), 0, 'a second time');
	const tables = (await place.rows('select tablename as t from pg_tables where schemaname = $1',
		['public'])).map(({ t }) => t);
	for (const name of ['status_monitor', 'completed_jobs', 'scheduled_jobs', 'server_conf', 'errors',
		'recently_checked', 'list_activation_schedule', 'content_server_access', 'outbox', 'lease'])
		assert.ok(tables.includes(name), `table ${name}`);
});

step('each online system is asked for all its jobs', async () => {
	await daemon.start();
	for (const system of ['E2E1', 'E2E2', 'E2E3']) {
		const q = await hdms.question(`job_list of ${system}`,
			(x) => x.event === 'job_list' && x.system === system);
		assert.deepEqual(q.params, { verb: { event_category: 'request_system', event: 'job_list' },
			object: { systems: [{ system }] }, target: { system } });
		assert.equal(q.body.jsonrpc, '2.0');
		assert.ok('id' in q.body && 'method' in q.body);
		assert.equal(q.fields.exchange, '');
		assert.equal(q.fields.routingKey, 'nl-hdms.request');
		assert.equal(q.properties.appId, APP);
		assert.equal(q.properties.contentType, 'application/json');
		assert.ok(q.properties.replyTo && q.properties.correlationId);
		const expiration = Number(q.properties.expiration);
		assert.ok(expiration > 0 && expiration <= 2000, `expiration ${q.properties.expiration}`);
		assert.ok(q.properties.timestamp > 1e9);
		assert.match(q.properties.headers.trace_id, /./);
	}
});

step('its jobs are in Redis as contract 1.1 spells them', async () => {
	await until('three jobs in Redis', async () => Object.keys(await hash('E2E1')).length === 2
		&& Object.keys(await hash('E2E2')).length === 1);
	assert.equal(await field('E2E1', 17), A17);
	assert.equal(await field('E2E1', 18), A18);
	assert.equal(await field('E2E2', 5), B5);
	assert.deepEqual((await place.redis.hvals(`${APP}:jobs:{E2E1}`)).sort(), [A17, A18].sort());
	assert.equal(await place.redis.type(`${APP}:jobs:{E2E1}`), 'hash');
	assert.equal(await place.redis.ttl(`${APP}:jobs:{E2E1}`), -1);
});

step('the other keys of Redis have their type, content and life', async () => {
	const { redis } = place;
	const epoch = BigInt((await place.rows('select epoch from lease'))[0].epoch);
	assert.equal(await redis.type(`${APP}:rev:{E2E1}`), 'string');
	assert.equal(BigInt(await redis.get(`${APP}:rev:{E2E1}`)) >> 32n, epoch);
	const ttl = await redis.ttl(`${APP}:rev:{E2E1}`);
	assert.ok(ttl > 86000 && ttl <= 86400, `ttl ${ttl}`);
	assert.equal(BigInt((await redis.get(`${APP}:state`)).split(' ')[0]), epoch);
	assert.equal(BigInt(await redis.get(`${APP}:rev`)), epoch);
	assert.ok(await redis.ttl(`${APP}:rev`) > 86000);
	const active = await redis.zrange(`${APP}:active_systems`, 0, -1, 'WITHSCORES');
	assert.deepEqual(active.filter((_, i) => i % 2 === 0).sort(), ['E2E1', 'E2E2']);
	assert.ok(Math.abs(Number(active[1]) - Date.now()) < 60000, 'a score in ms');
	for (const [system, state] of [['E2E1', 'online'], ['E2E2', 'online'], ['E2E3', 'offline']]) {
		const text = await until(`${system} in online_systems`,
			() => redis.hget(`${APP}:online_systems`, system));
		const value = JSON.parse(text);
		assert.deepEqual(Object.keys(value), ['systemID', 'lastCheck', 'status']);
		assert.equal(value.systemID, system);
		assert.equal(value.status, state);
		assert.equal(new Date(value.lastCheck).toISOString(), value.lastCheck);
	}
	const known = new RegExp(`^${APP}:((jobs|figures):\\{E2E[12]\\}|rev(:\\{E2E[12]\\})?|state|active_systems`
		+ '|online_systems|internal_systems|jobs_data|events)$');
	for (const key of await redis.keys('*')) assert.match(key, known);
});

step('status_monitor holds the same, with origin and revision', async () => {
	const rows = await place.rows(`select system, job_id::int, job_type, status, percent_completed,
		downloaded::int, total_files::int, download_speed, origin, revision::int,
		created_at <= now() as created, updated_at >= created_at as updated
		from status_monitor order by system, job_id`);
	const often = { created: true, updated: true, revision: 1, job_type: 'lists', status: 'Running' };
	assert.deepEqual(rows, [
		{ ...often, system: 'E2E1', job_id: 17, percent_completed: '42.5', downloaded: 3,
			total_files: 7, download_speed: '250K', origin: 'user' },
		{ ...often, system: 'E2E1', job_id: 18, percent_completed: null, downloaded: null,
			total_files: null, download_speed: null, origin: 'ocd' },
		{ ...often, system: 'E2E2', job_id: 5, percent_completed: '42.5', downloaded: 12,
			total_files: 20, download_speed: '2048', origin: 'user' },
	]);
	const checked = await place.rows('select system from recently_checked order by system');
	assert.deepEqual(checked.map(({ system }) => system), ['E2E1', 'E2E2']);
});

step('the first word of each job is told, on the broker and in the stream', async () => {
	for (const [id, text, origin] of [['E2E1/17/1', A17, 'user'], ['E2E1/18/1', A18, 'ocd'],
		['E2E2/5/1', B5, 'user']]) {
		const message = await told(id);
		checkEnvelope(message);
		checkOutbox(message);
		assert.equal(message.key, `${APP}.event.update_job_status`);
		assert.ok(message.text.includes(`"params":${text}`), message.text);
		assert.equal(message.properties.headers.origin, origin);
		assert.ok(!('previous_status' in message.properties.headers));
		const entry = await until(`${id} in the stream`,
			async () => (await readStream(place.redis)).find((e) => e.id === id));
		assert.equal(entry.name, 'update_job_status');
		assert.equal(entry.params, text);
		assert.ok(!entry.previous_status);
	}
	await place.emptyOutbox();
});

step('the next round asks about the monitored jobs, and not the offline system', async () => {
	const since = Date.now();
	const q = await hdms.question('job_status of E2E1',
		(x) => x.event === 'job_status' && x.system === 'E2E1', since);
	assert.deepEqual({ ...q.asked[0], jobs: [...q.asked[0].jobs].sort() },
		{ system: 'E2E1', jobs: [17, 18] });
	await hdms.question('two more rounds', (x) => x.system === 'E2E1', Date.now());
	assert.equal(hdms.questions.filter((x) => x.system === 'E2E3').length, 1, 'offline is not asked');
});

step('OCD sets the interval, by Redis and by the event', async () => {
	const base = async () => (await daemon.get('/api/v1/summary')).json.interval.base;
	const row = async () => (await place.rows(
		"select info from server_conf where name = 'check_job_status_time'"))[0]?.info;
	const name = 'nl-ocd.update_time_till_next_check.row_info';
	await place.redis.hset(name, name, '7');
	await hdms.notify('nl-ocd.event.update_time_till_next_check', '{}');
	await until('the base is 7', async () => await base() === 7);
	await until('it is kept', async () => JSON.parse(await row() ?? 'null') === 7);
	await hdms.notify('nl-ocd.event.update_time_till_next_check', '{"info":"\\"soon\\""}', true);
	await hdms.notify('nl-ocd.event.update_time_till_next_check', '{"info":"\\"2\\""}');
	await until('the base is 2', async () => await base() === 2);
});

step('OCD asks for an update of the database', async () => {
	const since = Date.now();
	await hdms.notify('nl-ocd.event.update_database', 'null');
	for (const system of ['E2E1', 'E2E2'])
		await hdms.question(`job_list of ${system}`,
			(q) => q.event === 'job_list' && q.system === system, since, 8000);
	assert.ok(!hdms.questions.some((q) => q.system === 'E2E3' && q.at >= since),
		'offline, and without live jobs');
});

step('the minute\'s events: job_status in chunks and jobs_data', async () => {
	const data = await until('jobs_data', () => listener.of('jobs_data').at(-1), 75000);
	checkEnvelope(data);
	assert.notEqual(data.properties.deliveryMode, 2, 'transient');
	assert.deepEqual(Object.keys(data.params), ['job_count', 'activte_jobs', 'total_download_speed',
		'active_ocd_jobs', 'total_ocd_jobs']);
	assert.equal(typeof data.params.total_download_speed, 'number');
	await until('Redis has it', async () =>
		await place.redis.get(`${APP}:jobs_data`) === JSON.stringify(data.params));
	const chunks = await until('job_status', () => listener.of('job_status').length
		&& listener.of('job_status'));
	for (const chunk of chunks) {
		checkEnvelope(chunk);
		const { headers } = chunk.properties;
		assert.match(headers.snapshot, /^[0-9a-f]{8}-[0-9a-f]{4}-/);
		assert.ok(Number.isInteger(headers.chunk) && Number.isInteger(headers.chunks), 'integers');
		assert.ok(headers.chunk >= 1 && headers.chunk <= headers.chunks);
		assert.ok(Array.isArray(chunk.params) && chunk.params.length <= 500);
	}
	const now = await shared();
	const last = chunks.filter((c) => c.properties.headers.snapshot
		=== chunks.at(-1).properties.headers.snapshot);
	assert.equal(last.flatMap((c) => c.params).length, now.length);
	assert.equal(data.params.job_count, now.length);
});

step('HTTP reads agree with Redis', async () => {
	const { status, json } = await daemon.get('/api/v1/jobs?limit=1000');
	assert.equal(status, 200);
	const ours = json.jobs.map((job) => JSON.stringify(job)).sort();
	const theirs = (await shared()).map((text) => JSON.stringify(JSON.parse(text))).sort();
	assert.deepEqual(ours, theirs);
	assert.equal(json.total, theirs.length);
	const one = await daemon.get('/api/v1/jobs/E2E1/18');
	assert.deepEqual(one.json.job, JSON.parse(A18));
	assert.equal(one.json.origin, 'ocd');
	assert.equal(one.json.revision, 1);
	assert.equal(one.json.system_status, 'online');
	assert.equal((await daemon.get('/api/v1/jobs/E2E1/4711')).status, 404);
});
