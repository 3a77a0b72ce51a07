// SPDX-License-Identifier: MIT
// workers.mjs [COUNT] - engines in worker threads that are ended abruptly, one in the main thread beside
import { Worker, isMainThread, parentPort, threadId } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { World, until } from '../kit.mjs';

const self = fileURLToPath(import.meta.url);
const world = await World.open();
await world.set(`W${threadId}`, { job_id: 1, status: 'Running' });
await until('it is followed', async () => (await world.box.activeJobs()).length === 1);

async function endOne(at) {
	const worker = new Worker(self);
	const dir = await new Promise((resolve, reject) => {
		worker.once('message', resolve);
		worker.once('error', reject);
	});
	// at different moments: while it works, in an order, in a close
	if (at % 3 === 1) worker.postMessage('order');
	if (at % 3 === 2) worker.postMessage('close');
	await worker.terminate();
	return dir;
}

if (isMainThread) {
	const { rmSync } = await import('node:fs');
	for (let i = 0; i < Number(process.argv[2] ?? 9); i += 1) rmSync(await endOne(i), { recursive: true });
	const jobs = await world.box.activeJobs();
	await world.close();
	console.log(jobs.map(({ system }) => system).join());
} else {
	world.box.on('update_job_status', () => {});
	parentPort.on('message', (what) => (what === 'close' ? world.box.close()
		: world.box.pause(`W${threadId}`, 1).catch(() => {})));
	parentPort.postMessage(world.dir);
	const busy = () => {
		world.push([{ system: `W${threadId}`, job_id: Date.now() % 100, status: 'Running' }]);
		setImmediate(busy);
	};
	busy();
}
