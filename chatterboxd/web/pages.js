// SPDX-License-Identifier: MIT
// pages.js - turns pages of a list by cursors. A cursor belongs to its query, so a new query begins
// at its first page.
import { byId, setText } from './dom.js';

export class Pages {
	// @id: of the <nav>; @turned: called when another page is wanted
	constructor(id, turned) {
		this.query = null;
		this.cursors = [''];
		this.next = null;
		this.nav = byId(id);
		this.turned = turned;
		this.nav.addEventListener('click', (event) => this.click(event.target.dataset.to));
	}

	click(to) {
		if (to === 'first')
			this.cursors = [''];
		else if (to === 'previous')
			this.cursors.pop();
		else if (to === 'next' && this.next)
			this.cursors.push(this.next);
		else
			return;
		this.turned();
	}

	// The query with the cursor of the present page
	ask(query) {
		const text = query.toString();
		if (text !== this.query) {
			this.query = text;
			this.cursors = [''];
		}
		const cursor = this.cursors.at(-1);
		return cursor ? `${text}${text ? '&' : ''}cursor=${encodeURIComponent(cursor)}` : text;
	}

	// The page that was shown is no more
	back() {
		this.cursors = [''];
	}

	show(next) {
		this.next = next;
		const first = this.cursors.length === 1;
		this.nav.hidden = first && !next;
		for (const button of this.nav.querySelectorAll('button'))
			button.disabled = button.dataset.to === 'next' ? !next : first;
		setText(this.nav.querySelector('.page'), `page ${this.cursors.length}`);
	}
}
