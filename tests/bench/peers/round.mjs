// SPDX-License-Identifier: MIT
// round.mjs --variant=faithful|tuned --rounds=N --table=NAME --key=PREFIX --batch=N
//
// A polling round on the wires of docs/contract.md as a team would write it in Node today: it reads the
// monitored jobs, asks each system by one RPC, merges, writes the changed jobs to Redis and SQL, and
// publishes them in chunks with publisher confirms. It keeps no outbox, revisions, history or lease, so it
// promises less than chatterbox does. `faithful` has 4 questions in flight and writes per system; `tuned`
// has 256, pipelines Redis and writes SQL in batches. Prints a line of JSON for each round. The servers are
// those of CBX_TEST_*.
import amqp from 'amqplib';
import Redis from 'ioredis';
import pg from 'pg';
import { RpcClient } from './rpc.mjs';

const env = process.env;
const opt = { variant: 'tuned', rounds: '7', table: 'peer_monitor', key: 'peer', batch: '1' };
for (const arg of process.argv.slice(2)) {
	const [, name, value] = /^--([^=]+)=(.*)$/.exec(arg);
	opt[name] = value;
}
const tuned = opt.variant === 'tuned';
const batch = Number(opt.batch);
const UPDATE = `UPDATE ${opt.table} m SET status = u.st, percent_completed = u.p, downloaded = u.d,
	total_files = u.t, download_speed = u.sp, updated_at = now()
	FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::text[])
		AS u(s, j, st, p, d, t, sp)
	WHERE m.system = u.s AND m.job_id = u.j`;

const redis = new Redis({ port: +env.CBX_TEST_REDIS_PORT, host: '127.0.0.1', enableAutoPipelining: tuned });
const pool = new pg.Pool({
	host: '127.0.0.1', port: +env.CBX_TEST_PG_PORT, user: env.CBX_TEST_PG_USER,
	password: env.CBX_TEST_PG_PASSWORD, database: env.CBX_TEST_PG_DATABASE, max: 4,
});
const connection = await amqp.connect(`amqp://guest:guest@127.0.0.1:${env.CBX_TEST_RMQ_PORT}`);
const rpc = await RpcClient.open(connection);
const events = await connection.createConfirmChannel();
const last = new Map();

async function forEachLimit(items, limit, fn) {
	let next = 0;
	const worker = async () => {
		while (next < items.length)
			await fn(items[next++]);
	};
	await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
}

function bytesPerSecond(text) {
	const number = parseFloat(text);
	const unit = String(text).replace(/[Bb/s]+$/, '').at(-1)?.toUpperCase();
	const factor = { K: 1024, M: 1048576, G: 1073741824 }[unit] ?? 1;
	return Number.isFinite(number) ? number * factor : 0;
}

const sameFiles = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);
const same = (a, b) => a.status === b.status && a.percent_completed === b.percent_completed &&
	a.downloaded === b.downloaded && a.total_files === b.total_files &&
	a.download_speed === b.download_speed && sameFiles(a.files_downloading, b.files_downloading);

function write(jobs) {
	const column = (member) => jobs.map((job) => job[member]);
	return pool.query({ name: 'update', text: UPDATE, values: ['system', 'job_id', 'status',
		'percent_completed', 'downloaded', 'total_files', 'download_speed'].map(column) });
}

const ENDS = new Set(['Completed', 'Killed', 'Errored']);

function share(system, jobs) {
	const key = `${opt.key}:jobs:{${system}}`;
	const live = jobs.filter((job) => !ENDS.has(job.status));
	const pipe = tuned ? redis : redis.pipeline();
	const done = live.length < jobs.length
		? [pipe.hdel(key, ...jobs.filter((job) => ENDS.has(job.status)).map((job) => job.job_id))] : [];
	if (tuned && live.length)
		done.push(redis.hset(key, ...live.flatMap((job) => [job.job_id, JSON.stringify(job)])));
	if (tuned)
		return Promise.all(done);
	for (const job of live)
		pipe.hset(key, job.job_id, JSON.stringify(job));
	return pipe.exec();
}

function remember(system, jobs) {
	let known = last.get(system);
	if (!known)
		last.set(system, known = new Map());
	const changed = jobs.filter((job) => {
		const before = known.get(job.job_id);
		return !before || !same(before, job);
	});
	for (const job of changed)
		known.set(job.job_id, job);
	return changed;
}

function question(systems, monitored) {
	return { jsonrpc: '2.0', id: 1, method: 'nl-hdms.request', params: {
		verb: { event_category: 'request_system', event: 'job_status' },
		object: { systems: systems.map((system) => ({ system, jobs: monitored.get(system) })) },
		target: { system: systems.length === 1 ? systems[0] : '' },
	} };
}

async function monitoredJobs() {
	const monitored = new Map();
	const { rows } = await pool.query(`SELECT system, job_id FROM ${opt.table}
		WHERE status NOT IN ('Completed', 'Killed', 'Errored')`);
	for (const row of rows) {
		const jobs = monitored.get(row.system);
		if (jobs)
			jobs.push(Number(row.job_id));
		else
			monitored.set(row.system, [Number(row.job_id)]);
	}
	return monitored;
}

async function publish(changed) {
	const send = (name, params) => events.publish('amq.topic', `peer.event.${name}`,
		Buffer.from(JSON.stringify({ jsonrpc: '2.0', method: name, params })),
		{ contentType: 'application/json' });
	for (let i = 0; i < changed.length; i += 500)
		send('job_status', changed.slice(i, i + 500));
	const data = { job_count: 0, activte_jobs: 0, total_download_speed: 0 };
	for (const jobs of last.values())
		for (const job of jobs.values()) {
			data.job_count++;
			if (job.status === 'Running') {
				data.activte_jobs++;
				data.total_download_speed += bytesPerSecond(job.download_speed);
			}
		}
	send('jobs_data', data);
	await events.waitForConfirms();
}

async function round() {
	const monitored = await monitoredJobs();
	const systems = [...monitored.keys()];
	const groups = [];
	for (let i = 0; i < systems.length; i += batch)
		groups.push(systems.slice(i, i + batch));
	const writes = [];
	const all = [];
	let unwritten = [];
	const flush = () => {
		writes.push(write(unwritten));
		unwritten = [];
	};
	const apply = async (system, jobs) => {
		const changed = remember(system, jobs);
		if (!changed.length)
			return;
		all.push(...changed);
		if (!tuned) {
			await Promise.all([share(system, changed), write(changed)]);
			return;
		}
		writes.push(share(system, changed));
		unwritten.push(...changed);
		if (unwritten.length >= 1000)
			flush();
	};
	await forEachLimit(groups, tuned ? 256 : 4, async (group) => {
		const answer = await rpc.call('nl-hdms.request', question(group, monitored));
		const { jobs } = (answer.result ?? answer).object;
		if (group.length === 1) {
			await apply(group[0], jobs);
			return;
		}
		const bySystem = new Map(group.map((system) => [system, []]));
		for (const job of jobs)
			bySystem.get(job.system)?.push(job);
		for (const [system, list] of bySystem)
			await apply(system, list);
	});
	if (unwritten.length)
		flush();
	await Promise.all(writes);
	await publish(all);
	return { systems: systems.length, changed: all.length };
}

for (let i = 0; i < Number(opt.rounds); i++) {
	const began = process.hrtime.bigint();
	const cpu = process.cpuUsage();
	const result = await round();
	const used = process.cpuUsage(cpu);
	process.stdout.write(JSON.stringify({
		...result, wall: Number(process.hrtime.bigint() - began) / 1e9,
		cpu: (used.user + used.system) / 1e6, peak_mb: process.resourceUsage().maxRSS / 1024,
	}) + '\n');
}
await connection.close();
await pool.end();
redis.disconnect();
