// SPDX-License-Identifier: MIT
// The demo as a stranger meets it: moving jobs at once, every route as openapi.json says, pages,
// filters, refusals, metrics, and a clean end that leaves nothing behind.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { get } from 'node:http';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';

import { start, until } from './daemon_kit.mjs';
import { mistakes, schemaOf } from './openapi_kit.mjs';

let daemon;
let document;

before(async () => {
	daemon = await start(['--demo']);
	document = await daemon.json('/openapi.json');
});
after(() => daemon.child.kill('SIGKILL'));

const jobs = (query = '') => daemon.json(`/api/v1/jobs${query}`);

test('shows moving jobs within 2 s of its start', async () => {
	const first = await until(async () => {
		const page = await jobs('?limit=1000');
		return page.jobs.length > 0 && page;
	}, daemon.left(2000), 'jobs');
	await until(async () => JSON.stringify((await jobs('?limit=1000')).jobs) !== JSON.stringify(first.jobs),
		daemon.left(2000), 'a change');
	assert.match(daemon.stdout, /^chatterbox demo: 200 simulated systems, dashboard at http/m);
});

test('plays a fleet in which everything happens', async () => {
	const summary = () => daemon.json('/api/v1/summary');
	await until(async () => (await summary()).total_ocd_jobs > 0, 5000, 'OCD jobs');
	const first = await summary();
	assert.ok(first.total_ocd_jobs < first.job_count, 'users have jobs, too');
	assert.equal(first.systems.source, 'connections');
	assert.ok(first.systems.offline > 0);
	await until(async () => (await daemon.json('/api/v1/systems/NL-HDMS-000001')).next_activation, 15000, 'a schedule');
	// what users start is found by the discovery
	const users = new Set((await jobs('?limit=1000&origin=user')).jobs.map((job) => `${job.system}/${job.job_id}`));
	await until(async () => (await jobs('?limit=1000&origin=user')).jobs
		.some((job) => !users.has(`${job.system}/${job.job_id}`)), 15000, 'a new job of a user');
});

async function hold(route, path, code = 200, options = {}) {
	const answer = await daemon.get(path, options);
	const type = answer.headers.get('content-type').split(';')[0];
	const schema = schemaOf(document, route, code, type);
	assert.equal(answer.status, code, path);
	assert.ok(schema, `openapi.json knows ${code} ${type} of ${route}`);
	const body = type.endsWith('json') ? await answer.json() : await answer.text();
	assert.deepEqual(mistakes(document, schema, body), [], path);
	return body;
}

test('answers each route as openapi.json says', async () => {
	const page = await hold('/api/v1/jobs', '/api/v1/jobs?limit=1000');
	assert.equal(page.next, null);
	assert.equal(page.total, page.jobs.length);
	const job = page.jobs[0];
	const one = await hold('/api/v1/jobs/{system}/{job_id}',
		`/api/v1/jobs/${encodeURIComponent(job.system)}/${job.job_id}`);
	assert.equal(one.job.job_id, job.job_id);
	assert.equal(one.job.system, job.system);
	assert.ok(one.first_seen && one.updated_at);
	const details = await hold('/api/v1/jobs', '/api/v1/jobs?limit=1000&detail=1');
	for (const { job: { status, download_speed: speed }, kind, figures, system_status: state } of details.jobs) {
		assert.equal(kind, { Running: 'running', Paused: 'paused' }[status] ?? 'other');
		assert.equal(figures.speed === undefined, speed === undefined);
		if (state === 'offline') assert.ok(figures.stale);
		if (figures.heard_at) assert.ok(Math.abs(Date.now() - Date.parse(figures.heard_at)) < 600000);
	}
	const systems = await hold('/api/v1/systems', '/api/v1/systems?limit=1000');
	assert.equal(systems.systems.length, 200);
	const system = await hold('/api/v1/systems/{system}',
		`/api/v1/systems/${encodeURIComponent(job.system)}`);
	assert.equal(system.systemID, job.system);
	const summary = await hold('/api/v1/summary', '/api/v1/summary');
	assert.equal(summary.role, 'leader');
	assert.equal(summary.systems.online + summary.systems.offline + summary.systems.unknown, 200);
	const { series } = await until(async () => {
		const answer = await hold('/api/v1/series', '/api/v1/series?minutes=1&name=live_jobs,download_speed');
		return answer.series.live_jobs.some((value) => value > 0) && answer;
	}, 30000, 'the first value of the series');
	assert.deepEqual(Object.keys(series), ['live_jobs', 'download_speed']);
	assert.equal(series.live_jobs.length, 6);
	assert.match(await hold('/livez', '/livez'), /\n$/);
	assert.match(await hold('/readyz', '/readyz'), /\n$/);
	assert.match(await hold('/', '/'), /<title>chatterbox<\/title>/);
	assert.equal((await hold('/openapi.json', '/openapi.json')).openapi, '3.1.0');
});

test('a file that breaks is one incident', async () => {
	const file = await until(async () => (await hold('/api/v1/incidents', '/api/v1/incidents?open=1')).incidents
		.find(({ kind }) => kind === 'file'), 60000, 'an incident of a file');
	assert.match(file.title, /^title-1001\.flac fails at \d+ systems$/);
	assert.ok(file.systems >= 5);
	const page = await hold('/api/v1/incidents/{id}', `/api/v1/incidents/${file.id}?limit=3`);
	assert.equal(page.jobs.length, 3);
	const rest = await hold('/api/v1/incidents/{id}', `/api/v1/incidents/${file.id}?cursor=${page.next}`);
	assert.ok(rest.jobs.length >= 2 && rest.jobs.every(({ system }) => system > page.jobs[2].system));
	await hold('/api/v1/incidents/{id}', '/api/v1/incidents/999999', 404);
	await hold('/api/v1/incidents/{id}', '/api/v1/incidents/x', 404);
	await hold('/api/v1/incidents', '/api/v1/incidents?open=2', 400);
});

test('gives a status its members in order', async () => {
	const order = ['system', 'job_id', 'status', 'percent_completed', 'downloaded', 'total_files',
		'download_speed', 'job_type', 'files_downloading'];
	for (const job of (await jobs('?limit=200')).jobs) {
		const known = Object.keys(job).filter((name) => order.includes(name));
		assert.deepEqual(known, order.filter((name) => name in job));
		if (job.percent_completed !== undefined)
			assert.ok(Number(job.percent_completed) >= 0 && Number(job.percent_completed) <= 100);
	}
});

const place = (job) => [Buffer.from(job.system), job.job_id];
const isBefore = ([a, i], [b, j]) => Buffer.compare(a, b) < 0 || (Buffer.compare(a, b) === 0 && i < j);

test('pages through all jobs in order', async () => {
	const seen = [];
	let cursor = null;
	do {
		const page = await jobs(`?limit=7${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
		assert.ok(page.jobs.length <= 37);
		seen.push(...page.jobs);
		cursor = page.next;
	} while (cursor);
	assert.ok(seen.length > 200);
	for (let i = 1; i < seen.length; i++)
		assert.ok(isBefore(place(seen[i - 1]), place(seen[i])), `${i}: in order, none twice`);
});

test('pages through all systems', async () => {
	const seen = new Set();
	let cursor = null;
	do {
		const after = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
		const page = await daemon.json(`/api/v1/systems?limit=33${after}`);
		page.systems.forEach((system) => seen.add(system.systemID));
		cursor = page.next;
	} while (cursor);
	assert.equal(seen.size, 200);
});

test('filters', async () => {
	const { system, job_type: type } = (await jobs()).jobs[0];
	const all = async (parameters) => (await jobs(`?${new URLSearchParams({ limit: 1000, ...parameters })}`)).jobs;
	assert.ok((await all({ system })).every((job) => job.system === system));
	assert.ok((await all({ status: 'RUNNING' })).every((job) => job.status.toLowerCase() === 'running'));
	assert.ok((await all({ job_type: type ?? 'none' })).every((job) => job.job_type === type));
	assert.ok((await all({ q: system })).length > 0);
	assert.deepEqual(await all({ q: 'no such thing at all' }), []);
	assert.deepEqual(await all({ system: 'no such system' }), []);
	assert.ok((await all({ system: ` ${system}\t` })).length > 0);
	assert.equal((await jobs('?q=no%20such%20thing')).total, 0);
});

const refusals = [
	['/api/v1/jobs', '/api/v1/jobs?limit=0', 400, /limit/],
	['/api/v1/jobs', '/api/v1/jobs?limit=1001', 400, /limit/],
	['/api/v1/jobs', '/api/v1/jobs?system=&q=a', 400, /system: is empty/],
	['/api/v1/jobs', '/api/v1/jobs?nonsense=1', 400, /no such parameter.*system, status/],
	['/api/v1/jobs', '/api/v1/jobs?limit=ten', 400, /limit/],
	['/api/v1/jobs', '/api/v1/jobs?cursor=nonsense', 400, /cursor/],
	['/api/v1/series', '/api/v1/series?minutes=0', 400, /minutes/],
	['/api/v1/series', '/api/v1/series?name=speed', 400, /live_jobs/],
	['/api/v1/systems', '/api/v1/systems?limit=-1', 400, /limit/],
	['/api/v1/systems', '/api/v1/systems?cursor=%21', 400, /cursor/],
	['/api/v1/jobs/{system}/{job_id}', '/api/v1/jobs/nobody/1', 404, /./],
	['/api/v1/jobs/{system}/{job_id}', '/api/v1/jobs/nobody/x', 404, /./],
	['/api/v1/jobs/{system}/{job_id}', '/api/v1/jobs/%zz/1', 400, /percent/],
	['/api/v1/systems/{system}', '/api/v1/systems/nobody', 404, /./],
];

for (const [route, path, code, detail] of refusals)
	test(`refuses ${path}`, async () => {
		const problem = await hold(route, path, code);
		assert.equal(problem.status, code);
		assert.equal(problem.instance, path.split('?')[0]);
		assert.match(problem.detail, detail);
	});

test('a system is the same with blanks around it', async () => {
	const [{ system, job_id: id }] = (await jobs()).jobs;
	const one = await hold('/api/v1/jobs/{system}/{job_id}', `/api/v1/jobs/%20${encodeURIComponent(system)}%20/${id}`);
	assert.equal(one.job.system, system);
	const whole = await hold('/api/v1/systems/{system}', `/api/v1/systems/${encodeURIComponent(system)}%09`);
	assert.equal(whole.systemID, system);
});

// As @encoding says, without the client's undoing it
const raw = (path, headers = {}) => new Promise((resolve, reject) => {
	get(new URL(path, daemon.url), { headers }, (answer) => {
		const parts = [];
		answer.on('data', (part) => parts.push(part));
		answer.on('end', () => resolve({ ...answer, status: answer.statusCode, headers: answer.headers,
			body: Buffer.concat(parts) }));
	}).on('error', reject);
});

test('compresses what is long, and sends it once', async () => {
	for (const path of ['/', '/openapi.json', '/api/v1/systems?limit=1000', '/metrics']) {
		const gzip = { 'accept-encoding': 'gzip' };
		const plain = await raw(path);
		const zipped = await raw(path, gzip);
		assert.equal(plain.headers['content-encoding'], undefined);
		assert.equal(zipped.headers['content-encoding'], 'gzip');
		assert.match(zipped.headers.vary, /Accept-Encoding/);
		assert.ok(zipped.body.length < plain.body.length / 2, `${path}: ${zipped.body.length}`);
		const text = gunzipSync(zipped.body).toString();
		if (path.startsWith('/api'))
			assert.equal(JSON.parse(text).systems.length, 200);
		if (path === '/metrics')
			continue;
		assert.notEqual(zipped.headers.etag, plain.headers.etag);
		if (!path.startsWith('/api')) {
			assert.equal(text, plain.body.toString());
			const again = await raw(path, { ...gzip, 'if-none-match': zipped.headers.etag });
			assert.equal(again.status, 304);
			assert.equal(again.body.length, 0);
		}
	}
});

test('takes no other method', async () => {
	for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
		const answer = await daemon.get('/api/v1/jobs', { method });
		assert.equal(answer.status, 405);
		assert.equal(answer.headers.get('allow'), 'GET, HEAD');
		assert.equal((await answer.json()).status, 405);
	}
	const head = await daemon.get('/api/v1/summary', { method: 'HEAD' });
	assert.equal(head.status, 200);
	assert.equal(await head.text(), '');
});

test('finds an ended job by its id', async () => {
	const before = (await jobs('?limit=1000')).jobs;
	const ended = await until(async () => {
		const live = new Set((await jobs('?limit=1000')).jobs.map((job) => `${job.system}/${job.job_id}`));
		return before.find((job) => !live.has(`${job.system}/${job.job_id}`));
	}, 30000, 'an end');
	const one = await hold('/api/v1/jobs/{system}/{job_id}',
		`/api/v1/jobs/${encodeURIComponent(ended.system)}/${ended.job_id}`);
	assert.match(one.job.status, /^(Completed|Errored|Killed)$/i);
});

test('its metrics please promtool and name no system', async () => {
	const text = await (await daemon.get('/metrics')).text();
	const checked = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
	assert.equal(checked.stdout + checked.stderr, '');
	assert.equal(checked.status, 0);
	for (const family of ['jobs', 'live_jobs', 'active_jobs', 'download_speed_bytes_per_second',
		'active_ocd_jobs', 'live_ocd_jobs', 'systems', 'cycle_duration_seconds', 'rpc_requests_total',
		'rpc_duration_seconds', 'rpc_in_flight', 'decode_rejects_total', 'late_words_total',
		'job_transitions_total', 'events_published_total', 'events_consumed_total', 'outbox_pending',
		'outbox_oldest_seconds', 'server_errors_total', 'server_up', 'reconnects_total',
		'poll_interval_seconds', 'under_load', 'scheduler_paused', 'leader', 'cleaned_up_total',
		'http_requests_total', 'sse_subscribers', 'build_info', 'last_round_timestamp_seconds',
		'config_last_reload_successful', 'log_lines_dropped_total'])
		assert.match(text, new RegExp(`^# TYPE chatterbox_${family} `, 'm'), family);
	for (const zero of ['decode_rejects_total{member="system"}', 'rpc_requests_total{event="job_kill",outcome="timeout"}',
		'events_consumed_total{event="unknown",outcome="rejected"}'])
		assert.ok(text.includes(`\nchatterbox_${zero} 0\n`), zero);
	assert.match(text, /^process_resident_memory_bytes /m);
	const [, round] = /^chatterbox_last_round_timestamp_seconds (\S+)$/m.exec(text);
	assert.ok(Math.abs(Date.now() / 1000 - round) < 60, `the last round ended at ${round}`);
	assert.match(text, /^chatterbox_http_requests_total\{route="\/api\/v1\/jobs",code="200"\} [1-9]/m);
	const { system } = (await jobs()).jobs[0];
	assert.ok(!text.includes(`"${system}"`));
	const open = await daemon.get('/metrics', { headers: { accept: 'application/openmetrics-text' } });
	assert.match(open.headers.get('content-type'), /^application\/openmetrics-text; version=1\.0\.0/);
	assert.match(await open.text(), /\n# EOF\n$/);
});

test('stops cleanly and leaves no file', async () => {
	assert.equal(readdirSync(daemon.directory).length, 1);
	assert.deepEqual(await daemon.stop(), { code: 0, signal: null });
	assert.deepEqual(readdirSync(daemon.directory), []);
	assert.equal(daemon.stderr, '');
	const lines = daemon.stdout.trimEnd().split('\n').filter((line) => !line.startsWith('chatterbox demo'));
	for (const line of lines.map((text) => JSON.parse(text))) {
		assert.equal(line.name, 'nl-ocd-chatterbox');
		assert.equal(line.v, 0);
		assert.equal(line.pid, daemon.child.pid);
		assert.ok(line.hostname && line.msg && line.level >= 30 && !Number.isNaN(Date.parse(line.time)));
	}
});
