// SPDX-License-Identifier: MIT
// notice.js - what became of an order, for some seconds, read aloud too
import { byId, el } from './dom.js';

const SHOWN = 6000;

export function tell(text, kind = '') {
	const note = el('p', { class: `notice ${kind}` }, text);
	byId('notices').append(note);
	setTimeout(() => note.remove(), SHOWN);
}
