// SPDX-License-Identifier: MIT
// kills.test.mjs - three instances over one place are killed again and again: nothing is lost
//
// CBX_KILLS: how many in all (default 40); CBX_RIGS: so many places side by side (default 2);
// CBX_SEED: of all chance (default: printed).

import { test } from 'node:test';
import { Dice } from './dice.mjs';
import { Killer } from './killer.mjs';
import { closingLine } from './recorder.mjs';
import { FAST, Rig } from './rig.mjs';

const KILLS = Number(process.env.CBX_KILLS ?? 40);
const RIGS = Number(process.env.CBX_RIGS ?? 2);
const SEED = Number(process.env.CBX_SEED ?? Date.now() % 1000000);
const EVERY = 60000; // ms between two lines of progress

const sum = (list, name) => list.reduce((total, one) => total + one[name], 0);

async function kills(index, count) {
	// every second place is told many changes unasked as well
	const options = { systems: 40, daemons: 3, settle: 60000,
		fleet: index % 2 ? [...FAST, '--push', '0.5'] : FAST };
	let killer;
	const report = await Rig.run(`kills${index}`, 1 + index, options, async (rig) => {
		killer = new Killer(rig, new Dice(SEED + index));
		let said = Date.now();
		while (killer.count < count) {
			await killer.strike();
			if (Date.now() < said + EVERY) continue;
			said = Date.now();
			console.log(`kills${index}: ${killer.count} of ${count}, ${await rig.changes()} changes`);
		}
	});
	return { ...report, ...killer.done };
}

test(`${KILLS} kills, seed ${SEED}`, async () => {
	console.log(`${KILLS} kills in ${RIGS} places, CBX_SEED=${SEED}`);
	const all = await Promise.all(Array.from({ length: RIGS },
		(_, index) => kills(index, Math.ceil(KILLS / RIGS))));
	const total = {};
	for (const name of Object.keys(all[0]).filter((key) => key !== 'details'))
		total[name] = sum(all, name);
	console.log(`all: ${total.kill} killed at random, ${total.moment} at a moment, ${
		total.freeze} frozen past the lease, ${total.term} ended by SIGTERM: ${closingLine(total)}`);
});
