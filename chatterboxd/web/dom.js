// SPDX-License-Identifier: MIT
// dom.js - small steps in the document. Everything that came from a server is set as text, never
// as markup.

export const byId = (id) => document.getElementById(id);

// el('td', { class: 'number' }, 'text', node, ...)
export function el(tag, attributes = {}, ...children) {
	const node = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes)) {
		if (name.startsWith('on'))
			node.addEventListener(name.slice(2), value);
		else if (value === true)
			node.setAttribute(name, '');
		else if (value !== false && value !== null && value !== undefined)
			node.setAttribute(name, value);
	}
	node.append(...children.filter((child) => child !== null && child !== undefined));
	return node;
}

// Writes only what differs, so that a selection and a screen reader's place survive
export function setText(node, text) {
	if (node.textContent !== text)
		node.textContent = text;
}

export function setAttribute(node, name, value) {
	if (value === null || value === undefined || value === false)
		node.removeAttribute(name);
	else if (node.getAttribute(name) !== String(value))
		node.setAttribute(name, value);
}

// @draw, once before the next picture, however often it is called: a round brings hundreds of events
// at once. A hidden tab draws when it is looked at.
export function drawLater(draw) {
	let due = false;
	return () => {
		if (due)
			return;
		due = true;
		requestAnimationFrame(() => {
			due = false;
			draw();
		});
	};
}

// Puts @child before @next, where it may be already. Return: who comes after it
export function placed(parent, child, next) {
	if (child === next)
		return next.nextElementSibling;
	parent.insertBefore(child, next);
	return next;
}

// Makes the children of @parent those of @items, in order. A child that is there for an item's key
// is kept, with its focus and its state.
export function sync(parent, items, keyOf, make, fill) {
	const keys = items.map(keyOf);
	const wanted = new Set(keys);
	const old = new Map();
	// who is gone goes first: who stays need not be moved then
	for (const child of [...parent.children]) {
		if (wanted.has(child.dataset.key))
			old.set(child.dataset.key, child);
		else
			child.remove();
	}
	let next = parent.firstElementChild;
	items.forEach((item, index) => {
		let child = old.get(keys[index]);
		if (child) {
			old.delete(keys[index]);
		} else {
			child = make(item);
			child.dataset.key = keys[index];
		}
		fill(child, item);
		next = placed(parent, child, next);
	});
	while (next) {
		const after = next.nextElementSibling;
		next.remove();
		next = after;
	}
}
