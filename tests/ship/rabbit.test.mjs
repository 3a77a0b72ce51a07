// SPDX-License-Identifier: MIT
// RabbitMQ as a cluster has it: three nodes, and queues that are copied. A node dies, or parts from the others,
// with our connections and the queues' leaders. Nothing is lost.

import { after, before, test } from 'node:test';
import { Rig } from '../faults/rig.mjs';
import { until } from '../servers/e2e/place.mjs';
import { APP } from '../servers/e2e/wire.mjs';
import { OwnRabbit } from './own_rabbit.mjs';

const QUEUES = [`${APP}.default.event`, `${APP}.request`, 'nl-hdms.request'];
let cluster;

before(async () => { cluster = await OwnRabbit.open(); });
after(() => cluster?.close());

/** The queues are there, led by the node of @hostname, where ours connects first */
async function declare(place, hostname) {
	const connection = await place.connect({ hostname });
	const channel = await connection.createChannel();
	for (const queue of QUEUES)
		await channel.assertQueue(queue, { durable: true, arguments: place.queueArguments });
	await connection.close();
}

/** Two instances that know the hosts in the order @order, while @trouble(rig) happens; what it took */
const play = (name, redisDb, order, trouble, more) => Rig.run(name, redisDb, { daemons: 2, place: cluster.place,
	prepare: (place) => declare(place, cluster.hosts[order[0]]), ...more,
	config: { rmq: { host: order.map((i) => cluster.hosts[i]).join(','), port: cluster.port } } },
async (rig) => {
	await rig.more(200);
	await trouble(rig);
	await cluster.whole();
	await rig.more(200);
});

/** @trouble, and then changes go on; how long none were recorded */
async function during(rig, what, trouble) {
	const since = Date.now();
	await trouble();
	await rig.more(200);
	console.log(`${what}: at most ${await rig.silence(since)} s without a change`);
}

test('a node dies, and then the next one', () => play('cluster', 23, [1, 2, 0], async (rig) => {
	for (const node of [cluster.nodes[1], cluster.nodes[2]]) {
		await during(rig, `${node.host} dies`, () => node.kill());
		await during(rig, `${node.host} comes back`, async () => {
			node.launch();
			await cluster.whole();
		});
	}
}));

test('a node with our connections parts from the others, and finds them again', () =>
	play('parted', 24, [2, 1, 0], async (rig) => {
		for (const node of [cluster.nodes[2], cluster.nodes[1]]) {
			await during(rig, `${node.host} parts`, async () => {
				await node.part();
				await until('it pauses', async () =>
					(await node.ctl('eval', 'rabbit:is_running().')).trim() === 'false', 60000);
			});
			await during(rig, `${node.host} is back`, async () => {
				await node.heal();
				await cluster.whole();
			});
		}
	}));

// A classic queue is where it was made, and gone with its node until that is back
test('classic queues: their node dies and comes back', () => play('classic', 25, [1, 2, 0], async (rig) => {
	const [, node] = cluster.nodes;
	await node.kill();
	const leader = await rig.leader();
	await until('the queue is named', async () => {
		const { text } = await leader.get('/readyz');
		return /^rmq .*default\.event/m.test(text);
	}, 30000);
	node.launch();
	await cluster.whole();
	await leader.ready();
}, { place: { ...cluster.place, queueArguments: {} }, prepare: () => {} }));
