// SPDX-License-Identifier: MIT
// killer.mjs - how an instance of chatterboxd dies, or nearly
//
// A kill comes at random, or at the very bytes of a commit, a confirm or an append on their way to a
// server or back, which then arrive or are lost: these are the moments that count.

import assert from 'node:assert/strict';
import { sleep, until } from '../servers/e2e/place.mjs';
import { APP } from '../servers/e2e/wire.mjs';

const frame = (...bytes) => Buffer.from(bytes);
const MOMENTS = [
	['pg', 'up', 'insert into outbox'], ['pg', 'up', 'commit'], ['pg', 'down', 'COMMIT\0'],
	['rmq', 'up', frame(0, 60, 0, 40)], // basic.publish
	['rmq', 'down', frame(0, 60, 0, 80)], // basic.ack: a confirm
	['rmq', 'down', frame(0, 60, 0, 60)], // basic.deliver: an answer
	['redis', 'up', `${APP}:events`], ['redis', 'up', `${APP}:jobs:`],
];
const WAYS = [[50, 'kill'], [25, 'moment'], [13, 'freeze'], [12, 'term']];

export class Killer {
	/** @immortal: an instance that is frozen at most, so that its memory can be watched */
	constructor(rig, dice, immortal) {
		Object.assign(this, { rig, dice, immortal, done: { kill: 0, moment: 0, freeze: 0, term: 0 } });
	}

	get count() { return Object.values(this.done).reduce((sum, n) => sum + n, 0); }

	/** Who has ended since a server was away for longer than a start may take, or a right was missing when it
	 * started, is started again */
	raise() {
		for (const daemon of this.rig.daemons.filter(({ program }) => !program.runs)) {
			const { program } = daemon;
			const refused = program.lines.some((line) => line.includes('permission denied'));
			assert.equal(program.code, refused ? 78 : 69, `it ended by itself: ${program.tail(10)}`);
			daemon.launch();
		}
	}

	/** One instance, mostly the leader, is killed in some way and started again */
	async strike() {
		const { rig, dice } = this;
		const leader = await until('somebody leads', async () => {
			this.raise();
			const found = await rig.leader();
			if (!found) throw new Error(await rig.state());
			return found;
		}, 60000);
		await sleep(dice.between(0, 700));
		const others = rig.daemons.filter((daemon) => daemon !== leader);
		const victim = dice.unit() < 0.8 || others.length === 0 ? leader : dice.of(others);
		const way = victim === this.immortal ? 'freeze' : dice.pick(WAYS);
		const done = await this[way](victim) ?? way;
		this.done[done] += 1;
		return done;
	}

	async kill(victim) {
		victim.program.child.kill('SIGKILL');
		await victim.program.ended;
		victim.launch();
	}

	/** Killed while these bytes are on their way; a random half of them never arrives */
	async moment(victim) {
		const [server, way, pattern] = this.dice.of(MOMENTS);
		const lost = this.dice.unit() < 0.5;
		let hit;
		const seen = this.rig.proxies[server].once(way, pattern, (pair) => {
			hit = victim.program.child.kill('SIGKILL');
			if (lost) pair.reset();
			return !lost;
		});
		await Promise.race([seen.passed, sleep(2000)]);
		seen.end();
		await this.kill(victim); // a standby says none of these
		return hit ? 'moment' : 'kill';
	}

	/** Frozen for longer than the lease; then a zombie */
	async freeze(victim) {
		const { child } = victim.program;
		child.kill('SIGSTOP');
		await sleep(1000 + this.dice.between(200, 1500));
		child.kill('SIGCONT');
	}

	async term(victim) {
		const begun = victim.program.lines.length > 0;
		const code = await victim.program.stop(30000);
		// until it takes signals over, it ends by them as every program does
		if (begun || code !== 'SIGTERM') assert.equal(code, 0, `SIGTERM: ${victim.program.tail(10)}`);
		victim.launch();
	}
}
