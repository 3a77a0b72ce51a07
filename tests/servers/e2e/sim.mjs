// SPDX-License-Identifier: MIT
// sim.mjs - hdms-sim at work, and its record of what really happened
//
// chatterbox knows the truth when each job's record shows the end that the simulator wrote down; a
// job that vanished shows an end that chatterbox had to infer.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Program } from './daemon.mjs';
import { until } from './place.mjs';

const ENDS = new Set(['Completed', 'Errored', 'Killed', null]);

/** A fleet whose jobs all end within a minute or so, after having paused, failed and vanished */
export const MORTAL = ['start=0', 'begin=1', 'progress=2', 'pause=0.03', 'resume=0.3', 'fail=0.004',
	'kill=0.003', 'vanish=0.001', 'offline=0.002', 'online=0.1'].flatMap((rate) => ['--chance', rate]);

export class Sim {
	static async start(place, dir, systems, options) {
		const sim = new Sim();
		sim.systems = Array.from({ length: systems },
			(_, i) => `NL-HDMS-${String(i + 1).padStart(6, '0')}`);
		sim.file = join(dir, 'truth');
		sim.program = new Program(process.env.CBX_E2E_SIM, ['--port', String(place.rmqPort),
			'--vhost', place.vhost, '--systems', String(systems), '--jobs', '4', '--linger', '3600',
			'--truth', sim.file, ...options]);
		await until('hdms-sim is ready', () => {
			if (!sim.program.runs) throw new Error(sim.program.tail());
			return sim.program.lines.some((line) => line.startsWith('ready'));
		});
		return sim;
	}

	/** Nothing happens in the fleet any more; it still answers */
	hold() { this.program.child.kill('SIGUSR1'); }

	/** What it wrote down so far, in its order: { time, system, job_id, to, origin } */
	async #lines() {
		const text = await readFile(this.file, 'utf8');
		return text.slice(0, text.lastIndexOf('\n') + 1).split('\n').filter(Boolean)
			.map((line) => JSON.parse(line));
	}

	/** job -> { status, time, origin, began } as of its last change; status null: it vanished */
	async truth() {
		const jobs = new Map();
		for (const { time, system, job_id: id, to, origin } of await this.#lines()) {
			const job = jobs.get(`${system}/${id}`) ?? { origin, began: time };
			job.status = to;
			job.time = Date.parse(time);
			jobs.set(`${system}/${id}`, job);
		}
		return jobs;
	}

	/** job -> every status that it went through; null: it vanished */
	async walks() {
		const jobs = new Map();
		for (const { system, job_id: id, to } of await this.#lines()) {
			const key = `${system}/${id}`;
			if (!jobs.has(key)) jobs.set(key, []);
			jobs.get(key).push(to);
		}
		return jobs;
	}

	/** Waits until every job has ended; the truth then */
	async allEnded(ms) {
		return until('every job of the fleet has ended', async () => {
			const jobs = await this.truth();
			return [...jobs.values()].every(({ status }) => ENDS.has(status)) && jobs;
		}, ms);
	}
}

/** What SQL holds: job -> { status, revision, origin, place } */
export async function record(place) {
	const rows = await place.rows(`select system, job_id, status, revision::int, origin, 'monitor' as place
		from status_monitor union all
		select system, job_id, status, revision::int, origin, 'completed' from completed_jobs`);
	const jobs = new Map();
	for (const row of rows) {
		const key = `${row.system}/${row.job_id}`;
		assert.ok(!jobs.has(key), `${key} is in both tables`);
		jobs.set(key, { status: row.status, revision: row.revision, origin: row.origin, place: row.place });
	}
	return jobs;
}

const PLACE = { Completed: ['completed'], Killed: ['completed'], Errored: ['monitor'] };

/** What is wrong with the record of one job, if anything */
function wrongWith(key, { status, began }, job) {
	if (!job) return `${key} is not recorded, in truth ${status}, began ${began}`;
	const right = status === null ? ['Killed', 'Completed'] : [status];
	if (!right.includes(job.status)) return `${key} is ${job.status}, in truth ${status}`;
	if (!(PLACE[job.status] ?? ['monitor']).includes(job.place)) return `${key}, ${job.status}, is in ${job.place}`;
	return undefined;
}

/**
 * How many jobs' record is not the truth, and some of them, as text; undefined when all agree. A job that
 * vanished before @since (ms) may never have been seen.
 */
export function difference(truth, recorded, since) {
	const wrong = [];
	let unseen = 0;
	for (const [key, job] of truth) {
		if (!recorded.has(key) && job.status === null && job.time < since) unseen += 1;
		else wrong.push(wrongWith(key, job, recorded.get(key)));
	}
	const found = wrong.filter(Boolean);
	if (found.length) return `${found.length} of ${truth.size} jobs: ${found.slice(0, 5).join('; ')}`;
	const seen = truth.size - unseen;
	return seen === recorded.size ? undefined : `${recorded.size} jobs, in truth ${seen}`;
}
