// SPDX-License-Identifier: MIT
// facts.js - names and values, those that are known
import { el, setText, sync } from './dom.js';

export const facts = () => el('dl', { class: 'facts' });

export function showFacts(list, pairs) {
	sync(list, pairs.filter(([, value]) => value !== '' && value !== null && value !== undefined), ([name]) => name,
		([name]) => el('div', {}, el('dt', {}, name), el('dd')),
		(node, [, value]) => setText(node.lastChild, String(value)));
}
