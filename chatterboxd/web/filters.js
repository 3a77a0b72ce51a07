// SPDX-License-Identifier: MIT
// filters.js - a form whose fields are parameters of the address, and the headings that sort
import { setAttribute } from './dom.js';
import { addressOf, go, parameters } from './place.js';

const TYPING = 250;

const offers = (select, value) => [...select.options].some((option) => option.value === value);

// <select data-only> takes what it offers alone
function inAddress(field) {
	const value = parameters().get(field.name) ?? '';
	return 'only' in field.dataset && !offers(field, value) ? '' : value;
}

export class Filters {
	constructor(form) {
		this.form = form;
		this.timer = 0;
		form.addEventListener('input', (event) => {
			clearTimeout(this.timer);
			this.timer = setTimeout(() => this.apply(), event.target.type === 'search' ? TYPING : 0);
		});
		form.addEventListener('submit', (event) => {
			event.preventDefault();
			this.apply();
		});
		form.addEventListener('reset', (event) => {
			event.preventDefault();
			this.fields().forEach((field) => this.put(field, ''));
			this.apply();
		});
	}

	fields() {
		return [...this.form.elements].filter((field) => field.name);
	}

	valueOf(field) {
		return field.type === 'checkbox' ? (field.checked ? field.value : '') : field.value.trim();
	}

	// The address may name a value that the form does not offer: shown as what it is
	put(field, value) {
		if (field.type === 'checkbox') {
			field.checked = value !== '';
			return;
		}
		if (field.tagName === 'SELECT' && !offers(field, value))
			field.add(new Option(value, value));
		if (document.activeElement !== field || field.value.trim() !== value)
			field.value = value;
	}

	apply() {
		clearTimeout(this.timer);
		go(addressOf(Object.fromEntries(this.fields().map((field) => [field.name, this.valueOf(field)]))), true);
	}

	// From the address into the form
	show() {
		this.fields().forEach((field) => this.put(field, inAddress(field)));
	}

	// What the form says, as the API takes it
	query() {
		const query = new URLSearchParams();
		for (const field of this.fields())
			if (inAddress(field))
				query.set(field.name, inAddress(field));
		return query;
	}
}

// Headings <th><button data-sort="speed" data-first="-">: ascending, descending, not at all
export function sortable(head) {
	head.addEventListener('click', (event) => {
		const button = event.target.closest('button[data-sort]');
		if (!button)
			return;
		const { sort, first = '' } = button.dataset;
		const now = parameters().get('sort');
		const steps = [first + sort, first ? sort : `-${sort}`, null];
		go(addressOf({ sort: steps[(steps.indexOf(now) + 1) % 3] }), true);
	});
}

export function showSort(head) {
	const now = parameters().get('sort') ?? '';
	for (const button of head.querySelectorAll('button[data-sort]')) {
		const mine = now.replace(/^-/, '') === button.dataset.sort;
		setAttribute(button.closest('th'), 'aria-sort', mine ? (now[0] === '-' ? 'descending' : 'ascending') : null);
	}
}
