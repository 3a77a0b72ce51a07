// SPDX-License-Identifier: MIT
// workers.mjs [COUNT] - engines in worker threads that are ended abruptly, one in the main thread beside
import { pbkdf2 } from 'node:crypto';
import { rmSync } from 'node:fs';
import { Worker, isMainThread, parentPort, threadId, workerData } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { Chatterbox } from '../../lib/index.mjs';
import { World, embedded, folder, until } from '../kit.mjs';

/** The moments at which a worker is ended */
const MOMENTS = ['busy', 'order', 'close', 'open'];
const self = fileURLToPath(import.meta.url);
const name = `W${threadId}`;

async function endOne(moment) {
	const worker = new Worker(self, { workerData: moment });
	const dir = await new Promise((resolve, reject) => {
		worker.once('message', resolve);
		worker.once('error', reject);
	});
	await worker.terminate();
	rmSync(dir, { recursive: true });
}

/** What is asked of Node's pool from now on begins when our environment has ended */
function fillPool() {
	for (let i = 0; i < 8; i += 1) pbkdf2('x', 'y', 200000, 64, 'sha512', () => {});
}

async function main() {
	const world = await World.open();
	await world.set(name, { job_id: 1, status: 'Running' });
	await until('it is followed', async () => (await world.box.activeJobs()).length === 1);
	for (let i = 0; i < Number(process.argv[2] ?? 12); i += 1) await endOne(MOMENTS[i % MOMENTS.length]);
	const jobs = await world.box.activeJobs();
	await world.close();
	console.log(jobs.map(({ system }) => system).join());
}

async function work() {
	const world = await World.open();
	const busy = () => {
		world.push([{ system: name, job_id: Date.now() % 100, status: 'Running' }]);
		setImmediate(busy);
	};
	world.box.on('update_job_status', () => {});
	if (workerData === 'close') {
		fillPool();
		world.box.close();
		// close() itself waits for a turn of the loop
		setImmediate(() => setImmediate(() => parentPort.postMessage(world.dir)));
		return;
	}
	if (workerData === 'order') world.box.pause(name, 1).catch(() => {});
	parentPort.postMessage(world.dir);
	busy();
}

function open() {
	const { dir } = folder();
	fillPool();
	Chatterbox.open(embedded(dir));
	parentPort.postMessage(dir);
}

if (isMainThread) await main();
else if (workerData === 'open') open();
else await work();
