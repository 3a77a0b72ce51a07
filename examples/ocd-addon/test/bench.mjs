// SPDX-License-Identifier: MIT
// bench.mjs - the addon and the pure client on the same real servers, in figures: scripts/bench.sh runs it
//
// One chatterboxd with 10 000 jobs on 100 systems. Each client is a process of its own (bench_client.mjs),
// so that what we do to load it is none of its event loop's delay. Events are written in bulk, as fast as
// the server takes them: what is measured is the way from there to a listener.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Daemon } from '../../../tests/servers/e2e/daemon.mjs';
import { Hdms } from '../../../tests/servers/e2e/hdms.mjs';
import { Place, until } from '../../../tests/servers/e2e/place.mjs';
import { job } from './both.mjs';

const SYSTEMS = 100;
const JOBS = 100; // of each
const EVENTS = 100000;
const AT_ONCE = 1000;
const APP = 'nl-ocd-chatterbox';
const APPEND = `for i = 1, tonumber(ARGV[1]) do redis.call('XADD', KEYS[1], '*', 'name', 'update_job_status',
	'id', 'SYS1/1/' .. (ARGV[2] + i), 'params', ARGV[3]) end`;

const place = await Place.open('bench', 13);
const hdms = await Hdms.open(place);
const systems = Array.from({ length: SYSTEMS }, (_, i) => `SYS${i}`);
for (const system of systems)
	hdms.set(system, ...Array.from({ length: JOBS }, (_, id) => job(system, id, 'Running',
		{ downloaded: id, total_files: 500, download_speed: '250K', list_id: 'L17' })));
const daemon = await Daemon.prepare(place, { check_job_status_time: 60, log: { level: 'info' } });
await place.online(systems);
await daemon.start();
await until('all jobs are known', async () =>
	(await daemon.get('/api/v1/jobs?limit=1')).json?.total === SYSTEMS * JOBS, 60000);

const params = job('SYS1', 1, 'Running');
let revision = 1;

async function toRedis() {
	for (let at = 0; at < EVENTS; at += AT_ONCE, revision += AT_ONCE)
		await place.redis.eval(APPEND, 1, `${APP}:events`, AT_ONCE, revision, params);
}

async function toRabbit() {
	const connection = await place.connect();
	const channel = await connection.createConfirmChannel();
	const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', method: `${APP}.event.job_status`,
		params: [JSON.parse(params)] }));
	for (let at = 0; at < EVENTS; at += AT_ONCE) {
		for (let i = 0; i < AT_ONCE; i += 1) channel.publish('amq.topic', `${APP}.event.job_status`, body);
		await channel.waitForConfirms();
	}
	await connection.close();
}

/** { what: figure } of one client */
async function measure(path) {
	const client = fork(fileURLToPath(new URL('bench_client.mjs', import.meta.url)),
		[path, daemon.file, SYSTEMS * JOBS, EVENTS], { execArgv: ['--expose-gc'] });
	const say = async (message) => {
		client.send(message);
		return (await once(client, 'message'))[0];
	};
	const [figures] = await once(client, 'message');
	for (const [name, event, flood] of [['from Redis', 'update_job_status', toRedis], ['from RabbitMQ', 'job_status', toRabbit]]) {
		if (!figures.hears.includes(event)) continue;
		await say(event);
		const heard = once(client, 'message');
		await flood();
		const [{ rate, p99, most }] = await heard;
		figures[`events per second ${name} to a listener`] = rate;
		figures[`delay of the event loop meanwhile, p99 (longest), ${name}`] = `${p99} (${most}) ms`;
	}
	client.send('close');
	await once(client, 'exit');
	return figures;
}

const [addon, pure] = [await measure('../lib/index.mjs'), await measure('../../ocd-client/lib/index.js')];
console.log('| | addon | pure client |\n| --- | --- | --- |');
for (const what of new Set([...Object.keys(addon), ...Object.keys(pure)]))
	if (what !== 'hears') console.log(`| ${what} | ${addon[what] ?? '–'} | ${pure[what] ?? '–'} |`);

await daemon.stop();
await hdms.close();
await place.close();
