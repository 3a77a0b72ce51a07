// SPDX-License-Identifier: MIT
// overload.mjs - does chatterbox stay responsive under a fleet ten times larger than the window?
//
// node overload.mjs [SYSTEMS [SECONDS]], with the servers and programs of a test (`./dev bench
// overload`). In-flight window 256, each reply held back 100-300 ms, half of all jobs turning at
// each question: the next round is always due. Meanwhile, 20 a second each: HTTP reads, a call over
// AMQP, and a push of a system outside the fleet until its event is told. Printed are median,
// 99th percentile and maximum, first with a fleet that fits the window, then with the large one.

import { Daemon } from './daemon.mjs';
import { Place, sleep, until } from './place.mjs';
import { Rpc } from './rpc.mjs';
import { Sim } from './sim.mjs';
import { APP } from './wire.mjs';
import { readFile } from 'node:fs/promises';

const WINDOW = 256;
const LARGE = Number(process.argv[2] ?? 10 * WINDOW);
const SECONDS = Number(process.argv[3] ?? 20);
const PUSHED = 'OUTSIDE';

/** Waits for what was pushed to be told: resolves with the time of arrival */
class Told {
	static async open(place) {
		const told = new Told();
		told.waiting = new Map();
		told.count = 0;
		told.connection = await place.connect();
		told.channel = await told.connection.createChannel();
		const { queue } = await told.channel.assertQueue('', { exclusive: true });
		await told.channel.bindQueue(queue, 'amq.topic', `${APP}.event.update_job_status`);
		await told.channel.consume(queue, ({ properties: { messageId } }) => {
			told.count += 1;
			told.waiting.get(messageId)?.();
		}, { noAck: true });
		return told;
	}

	push(job, revision) {
		const status = revision % 2 ? 'Running' : 'Paused';
		const arrived = new Promise((resolve) => {
			this.waiting.set(`${PUSHED}/${job}/${revision}`, resolve);
		});
		this.channel.publish('amq.topic', 'nl-hdms.event.content.job_status',
			Buffer.from(JSON.stringify({ system: PUSHED, job_id: job, status })));
		return arrived;
	}
}

/** Calls @fn every 50 ms for SECONDS, whether or not the last one is over; the times in ms */
async function sample(fn) {
	const times = [];
	const under_way = [];
	const end = Date.now() + SECONDS * 1000;
	for (let n = 0; Date.now() < end; n += 1) {
		const began = performance.now();
		under_way.push(fn(n).then(() => times.push(performance.now() - began)));
		await sleep(50);
	}
	await Promise.all(under_way);
	return times.sort((a, b) => a - b);
}

const show = (times) => {
	const at = (share) => times[Math.min(times.length - 1, Math.floor(share * times.length))].toFixed(1);
	return `${at(0.5)} / ${at(0.99)} / ${at(1)} ms (${times.length})`;
};

async function memory(pid) {
	const status = await readFile(`/proc/${pid}/status`, 'utf8');
	return Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024;
}

async function measure(place, systems) {
	const daemon = await Daemon.prepare(place, { log: { level: 'warn' },
		rmq_rpc: { in_flight: WINDOW } });
	const sim = await Sim.start(place, daemon.dir, systems, ['--flip', '--delay', '100-300']);
	await daemon.migrate();
	await place.online(sim.systems);
	await daemon.start();
	const rpc = await Rpc.open(place);
	const told = await Told.open(place);
	await until('the first round is over', async () => (await daemon.get('/api/v1/summary'))
		.json.last_cycle?.systems >= systems, 120000);
	const job = `/api/v1/jobs/${sim.systems[0]}/1`;
	const revisions = new Map();
	const before = told.count;
	const [page, summary, one, call, push] = await Promise.all([
		sample(() => daemon.get('/api/v1/jobs?limit=100')),
		sample(() => daemon.get('/api/v1/summary')),
		sample(() => daemon.get(job)),
		sample(() => rpc.call('status', { system: sim.systems[0] })),
		sample((n) => {
			const id = n % 10;
			revisions.set(id, (revisions.get(id) ?? 0) + 1);
			return told.push(id, revisions.get(id));
		}),
	]);
	const { last_cycle: cycle, interval } = (await daemon.get('/api/v1/summary')).json;
	console.log(`${systems} systems x 4 jobs, window ${WINDOW}: last round ${cycle.seconds.toFixed(2)} s, `
		+ `interval ${interval.current} s${interval.under_load ? ` (${interval.reason})` : ''}, `
		+ `${((told.count - before) / SECONDS).toFixed(0)} events/s told, `
		+ `${(await memory(daemon.program.child.pid)).toFixed(0)} MB, `
		+ `outbox ${await daemon.metric('chatterbox_outbox_pending')}`);
	console.log(`  median / 99 % / max: jobs page ${show(page)}, summary ${show(summary)}, one job ${
		show(one)}, RPC ${show(call)}, push until told ${show(push)}`);
	await Promise.all([rpc.close(), told.connection.close()]);
	await daemon.stop();
	await sim.program.stop();
}

for (const systems of [WINDOW, LARGE]) {
	const place = await Place.open('overload', 15);
	await measure(place, systems);
	await place.close();
}
