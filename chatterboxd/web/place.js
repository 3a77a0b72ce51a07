// SPDX-License-Identifier: MIT
// place.js - what is shown is said by the address: view, filters, sort and drawer, so that it can
// be kept, sent to a colleague, and gone back to
const listeners = [];

export const VIEWS = ['jobs', 'tonight', 'systems', 'errors', 'events'];

export const parameters = () => new URLSearchParams(location.search);

export function view() {
	const name = parameters().get('view');
	return VIEWS.includes(name) ? name : 'jobs';
}

export const onPlace = (listener) => listeners.push(listener);

const told = () => listeners.forEach((listener) => listener());

// The address with some parameters changed; null or '' removes one
export function addressOf(changes, from = parameters()) {
	for (const [name, value] of Object.entries(changes)) {
		if (value === null || value === undefined || value === '')
			from.delete(name);
		else
			from.set(name, value);
	}
	return `?${from}`;
}

// @replace: not a step of its own in the history, as while somebody types
export function go(address, replace = false) {
	if (address === location.search || (address === '?' && !location.search))
		return;
	history[replace ? 'replaceState' : 'pushState'](null, '', address === '?' ? location.pathname : address);
	told();
}

window.addEventListener('popstate', told);

// Links within the page change the address without loading it again
document.addEventListener('click', (event) => {
	const link = event.target.closest('a[href^="?"]');
	if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey)
		return;
	event.preventDefault();
	go(link.getAttribute('href'));
});
