// SPDX-License-Identifier: MIT
// soak.test.mjs - random faults over a moving fleet, for as long as one likes; nothing may be lost
//
// CBX_SOAK_MINUTES: how long (default 0.5); CBX_SEED: of all chance (default: printed). One instance
// is never killed: its memory and descriptors are compared at the end with those after the start.

import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { sleep, until } from '../servers/e2e/place.mjs';
import { Dice } from './dice.mjs';
import { Killer } from './killer.mjs';
import { FAST, Rig } from './rig.mjs';
import { TROUBLES } from './troubles.mjs';

const MINUTES = Number(process.env.CBX_SOAK_MINUTES ?? 0.5);
const SEED = Number(process.env.CBX_SEED ?? Date.now() % 1000000);
const EVERY = 60000; // ms between two lines of progress
const LAST = 90000; // ms that the last trouble may take: longer than anything waits in it (killer.mjs)
const GROWTH = 32 * 1024; // KiB that an instance may have grown

/** { memory (KiB), descriptors } of an instance */
async function size({ program }) {
	const { pid } = program.child;
	const status = await readFile(`/proc/${pid}/status`, 'utf8');
	return { memory: Number(status.match(/^VmRSS:\s+(\d+)/m)[1]),
		descriptors: (await readdir(`/proc/${pid}/fd`)).length };
}

class Soak {
	constructor(rig, dice) {
		// busy: what is needed -> { name, since } of the trouble that needs it for itself
		Object.assign(this, { rig, dice, counts: {}, busy: new Map(), failed: undefined });
		this.killer = new Killer(rig, dice, rig.daemons[0]);
	}

	get seconds() { return this.dice.between(1, 7); }

	/** What happens next: [what it needs for itself, its name, what to do] */
	#next() {
		if (this.dice.unit() < 0.3) return ['instance', 'instance', () => this.killer.strike()];
		const [, name, needs, happen] = this.dice.pick(TROUBLES.map((one) => [one[0], one]));
		return [needs, name, happen];
	}

	/** One trouble; mostly it is over before the next one begins */
	async trouble() {
		const [needs, name, happen] = this.#next();
		if (this.busy.has(needs)) {
			// in its turn, since the proxies live in this process and have to go on
			await sleep(20);
			return;
		}
		this.busy.set(needs, { name, since: Date.now() });
		const over = Promise.resolve(happen(this)).then((which) => {
			const what = name === 'instance' ? `instance: ${which}` : name;
			this.counts[what] = (this.counts[what] ?? 0) + 1;
		}).catch((error) => {
			error.message = `${name}: ${error.message}`;
			this.failed ??= error;
		}).finally(() => this.busy.delete(needs));
		if (this.dice.unit() < 0.6) await over;
		await sleep(this.dice.between(0, 1500));
	}

	async run(minutes) {
		const end = Date.now() + minutes * 60000;
		let said = Date.now();
		while (Date.now() < end && !this.failed) {
			await this.trouble();
			if (Date.now() < said + EVERY) continue;
			said = Date.now();
			const troubles = Object.values(this.counts).reduce((sum, n) => sum + n, 0);
			console.log(`${Math.max(0, Math.round((end - said) / 1000))} s left, ${troubles} troubles, ${
				await this.rig.changes().catch(() => 'unknown')} changes`);
		}
		await until('the last trouble is over', async () => {
			if (this.busy.size) throw new Error(`${this.#underWay()}; ${await this.rig.state()}`);
			return true;
		}, LAST);
		if (this.failed) throw this.failed;
		this.killer.raise();
	}

	#underWay() {
		return [...this.busy.values()].map(({ name, since }) =>
			`${name} for ${Math.round((Date.now() - since) / 1000)} s`).join(', ');
	}
}

test(`${MINUTES} minutes, seed ${SEED}`, async () => {
	console.log(`${MINUTES} minutes, CBX_SEED=${SEED}`);
	let soak;
	let first;
	let last;
	const options = { systems: 50, daemons: 3, settle: 60000, questions: 'soak.questions',
		events: 'soak.events', role: 'cbx_soak',
		fleet: [...FAST, '--push', '0.2', '--linger', '300', '--seed', String(SEED)] };
	const report = await Rig.run('soak', 1, options, async (rig) => {
		await rig.more(200);
		first = await size(rig.daemon);
		soak = new Soak(rig, new Dice(SEED));
		await soak.run(MINUTES);
		rig.beforeClose = async () => { last = await size(rig.daemon); };
	});
	const counts = Object.entries(soak.counts).sort().map(([what, n]) => `${what} ${n}`);
	console.log(`troubles: ${counts.join(', ')}`);
	console.log(`memory ${first.memory} KiB at the start, ${last.memory} KiB at the end; descriptors ${
		first.descriptors}, ${last.descriptors}`);
	console.log(`${report.transitions} transitions, ${report.duplicates} duplicates, gaps ${
		report.lost}, reordered ${report.reordered}, differing ${report.differing}, invented ${
		report.invented}`);
	assert.equal(report.invented, 0, report.details.join('\n'));
	assert.ok(last.memory < first.memory + GROWTH, 'memory');
	assert.ok(last.descriptors <= first.descriptors + 8, 'descriptors');
});
