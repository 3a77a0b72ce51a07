// SPDX-License-Identifier: MIT
// check.cjs - arguments, before they cross into C: a wrong one says which it is and what it takes

'use strict';

const { mistake } = require('./error.cjs');

/** A text that C can hold: no NUL, no half of a character */
function text(name, value) {
	if (typeof value !== 'string' || /\0|\p{Surrogate}/u.test(value))
		throw mistake(`${name}: takes a text without NUL and lone surrogates`);
	return value;
}

const optionalText = (name, value) => (value === undefined ? undefined : text(name, value));

function jobId(value, name = 'job_id') {
	if (!Number.isSafeInteger(value) || value < 0) throw mistake(`${name}: takes an integer 0..2^53-1`);
	return value;
}

/** OCD hands the number over in quotation marks */
function seconds(value) {
	const number = typeof value === 'string' ? Number(value.replaceAll('"', '').trim()) : value;
	if (!Number.isSafeInteger(number) || number < 1 || number > 86400)
		throw mistake('seconds: takes an integer 1..86400');
	return number;
}

function ids(value) {
	if (!Array.isArray(value) || value.length > 1000 || !value.every((id) => Number.isSafeInteger(id) && id >= 0))
		throw mistake('ids: takes up to 1000 integers 0..2^53-1');
	return value;
}

module.exports = { text, optionalText, jobId, seconds, ids };
