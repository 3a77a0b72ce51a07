// SPDX-License-Identifier: MIT
// rows.js - a long list, drawn a slice before each picture, so that the page answers in between
import { placed } from './dom.js';

const SLICE = 50;
const MARGIN = 10; // rows above and below what is seen

export class Rows {
	constructor(parent, { keyOf, make, fill }) {
		Object.assign(this, { parent, keyOf, make, fill, byKey: new Map(), frame: 0 });
	}

	// The rows become those of @items, in order. What is on top is there when this returns.
	show(items) {
		cancelAnimationFrame(this.frame);
		this.wanted = new Map(items.map((item) => [this.keyOf(item), item]));
		this.waiting = [...this.wanted];
		this.next = this.parent.firstElementChild;
		this.slice();
	}

	slice() {
		let spare = SLICE; // as many go as come: a list that is replaced keeps its height, and the place in it
		for (const [key, item] of this.waiting.splice(0, SLICE)) {
			while (spare > 0 && this.next && !this.wanted.has(this.next.dataset.key)) {
				this.drop();
				spare--;
			}
			const row = this.byKey.get(key) ?? this.make(item);
			row.dataset.key = key;
			this.byKey.set(key, row);
			this.fill(row, item);
			this.next = placed(this.parent, row, this.next);
		}
		if (!this.waiting.length)
			for (; spare > 0 && this.next; spare--)
				this.drop();
		if (this.waiting.length || this.next)
			this.frame = requestAnimationFrame(() => this.slice());
	}

	drop() {
		const row = this.next;
		this.next = row.nextElementSibling;
		if (this.byKey.get(row.dataset.key) === row)
			this.byKey.delete(row.dataset.key);
		row.remove();
	}

	// Those that are seen, or nearly: all are of about one height
	seen() {
		const { top, height } = this.parent.getBoundingClientRect();
		const rows = this.parent.children;
		const each = height / rows.length || 1;
		return [...rows].slice(Math.max(0, Math.floor(-top / each) - MARGIN), Math.max(0, Math.ceil((innerHeight - top) / each) + MARGIN));
	}
}
