// SPDX-License-Identifier: MIT
// hear.mjs APP PORT - how old is each change when it arrives: at a listener (amqplib) and an SSE client?
//
// For push.py. The age is told by the member "sent" of the status. For each line on stdin it prints what has
// arrived since the last one, as {"listener":{"count","p50","p99","max"},"sse":{…}}, in ms.
import { createInterface } from 'node:readline';
import amqp from 'amqplib';

const [app, port] = process.argv.slice(2);
const ages = { listener: [], sse: [] };
const now = () => performance.timeOrigin + performance.now();

function note(who, job) {
	if (job.sent !== undefined)
		ages[who].push(now() - job.sent / 1000);
}

const connection = await amqp.connect(`amqp://guest:guest@127.0.0.1:${process.env.CBX_TEST_RMQ_PORT}`);
const channel = await connection.createChannel();
const { queue } = await channel.assertQueue('', { exclusive: true });
await channel.bindQueue(queue, 'amq.topic', `${app}.event.update_job_status`);
await channel.consume(queue, ({ content }) => note('listener', JSON.parse(content.toString()).params), { noAck: true });

const answer = await fetch(`http://127.0.0.1:${port}/api/v1/events?name=update_job_status`);

async function follow() {
	let rest = '';
	for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
		const lines = (rest + chunk).split('\n');
		rest = lines.pop();
		for (const line of lines)
			if (line.startsWith('data: {'))
				note('sse', JSON.parse(line.slice(6)));
	}
}
follow().catch(() => process.exit(1));

function figures(all) {
	const sorted = all.sort((a, b) => a - b);
	const at = (share) => Number(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]?.toFixed(1));
	return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

console.log('ready');
for await (const _ of createInterface({ input: process.stdin })) {
	console.log(JSON.stringify({ listener: figures(ages.listener), sse: figures(ages.sse) }));
	ages.listener = [];
	ages.sse = [];
}
process.exit(0);
