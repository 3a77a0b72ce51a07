// SPDX-License-Identifier: MIT
// dice.mjs - chance from a seed, so that a failed run can be played again

/** Numbers in [0,1) by mulberry32 */
export class Dice {
	constructor(seed) { this.state = seed >>> 0; }

	unit() {
		this.state = (this.state + 0x6d2b79f5) >>> 0;
		let t = this.state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	}

	between(low, high) { return low + Math.floor(this.unit() * (high - low + 1)); }

	of(list) { return list[Math.floor(this.unit() * list.length)]; }

	/** @shares: [[weight, value], ...]; one value */
	pick(shares) {
		let left = this.unit() * shares.reduce((sum, [weight]) => sum + weight, 0);
		return shares.find(([weight]) => { left -= weight; return left < 0; })?.[1] ?? shares.at(-1)[1];
	}
}
