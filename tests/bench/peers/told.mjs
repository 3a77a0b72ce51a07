// SPDX-License-Identifier: MIT
// told.mjs KEY - prints [job, status] of each status that is told under KEY, until its input ends
// told.mjs --ask - asks each system of peer_start for all its jobs, once, and prints nothing
//
// Both for check.py. KEY carries one status, or an array of them.
import amqp from 'amqplib';
import pg from 'pg';
import { RpcClient } from './rpc.mjs';

const connection = await amqp.connect(`amqp://guest:guest@127.0.0.1:${process.env.CBX_TEST_RMQ_PORT}`);

async function print(key) {
	const channel = await connection.createChannel();
	const { queue } = await channel.assertQueue('', { exclusive: true });
	await channel.bindQueue(queue, 'amq.topic', key);
	await channel.consume(queue, ({ content }) => {
		const { params } = JSON.parse(content.toString());
		for (const job of [params].flat())
			console.log(JSON.stringify([`${job.system}/${job.job_id}`, job.status]));
	}, { noAck: true });
	console.log('listening');
	process.stdin.resume();
	await new Promise((resolve) => process.stdin.on('end', resolve));
	// what was told before is in the queue already
	while ((await channel.checkQueue(queue)).messageCount > 0);
}

async function ask() {
	const client = new pg.Client();
	await client.connect();
	const { rows } = await client.query('select distinct system from peer_start');
	await client.end();
	const rpc = await RpcClient.open(connection);
	for (const { system } of rows)
		await rpc.call('nl-hdms.request', { jsonrpc: '2.0', id: 1, method: 'nl-hdms.request', params: {
			verb: { event_category: 'request_system', event: 'job_list' },
			object: { systems: [{ system }] }, target: { system } } });
}

if (process.argv[2] === '--ask')
	await ask();
else
	await print(process.argv[2]);
await connection.close();
