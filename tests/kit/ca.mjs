// SPDX-License-Identifier: MIT
// ca.mjs - a private certificate authority in a directory, made by openssl for one test
//
// Each certificate is a pair of files { cert, key } of its own.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export class Authority {
	#count = 0;

	constructor(dir, name) {
		this.at = (file) => join(dir, `${name}-${file}`);
		this.cert = this.at('ca.pem');
		openssl('req', '-x509', ...KEY, '-keyout', this.at('ca.key'), '-out', this.cert,
			'-subj', `/CN=${name}`, '-days', '30');
	}

	/** @names of the subject, "DNS:localhost"; @days it holds, -1: it has expired; @common: its CN */
	issue(names, days = 30, common = 'chatterbox test') {
		this.#count += 1;
		const of = (suffix) => this.at(`${this.#count}.${suffix}`);
		openssl('req', ...KEY, '-keyout', of('key'), '-out', of('csr'), '-subj', `/CN=${common}`);
		writeFileSync(of('ext'), `subjectAltName=${names}\nbasicConstraints=CA:FALSE\n`);
		openssl('x509', '-req', '-in', of('csr'), '-CA', this.cert, '-CAkey', this.at('ca.key'),
			'-CAcreateserial', '-days', String(days), '-extfile', of('ext'), '-out', of('pem'));
		return { cert: of('pem'), key: of('key') };
	}
}
