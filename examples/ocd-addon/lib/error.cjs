// SPDX-License-Identifier: MIT
// error.cjs - ChatterboxError: a failure of the library as JavaScript has it

'use strict';

const { getSystemErrorName } = require('node:util');
const binding = require('./load.cjs');

/** enum chatterbox_error_code */
const CODES = { DECODE: -1000, CONFIG: -1001, DOWN: -1002, TIMEOUT: -1003, FENCED: -1004, UNKNOWN: -1005,
	REFUSED: -1006, SCHEMA: -1007, STANDBY: -1008, FULL: -1009, LIMIT: -1010 };
const NAMES = new Map(Object.entries(CODES).map(([name, code]) => [code, `CHATTERBOX_E_${name}`]));

class ChatterboxError extends Error {
	constructor(message, code, server = 'none', reason = undefined) {
		super(server === 'none' || message.includes(server) ? message : `${server}: ${message}`);
		this.code = code;
		this.server = server;
		if (reason !== undefined) this.reason = reason;
	}

	get name() { return 'ChatterboxError'; }
}

binding.setErrors((text, code, server, reason) =>
	new ChatterboxError(text, NAMES.get(code) ?? getSystemErrorName(code), server, reason));

/** A mistake of the caller */
const mistake = (text) => new ChatterboxError(text, 'EINVAL');

module.exports = { ChatterboxError, mistake };
