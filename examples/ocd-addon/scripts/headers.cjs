// SPDX-License-Identifier: MIT
// headers.cjs - prints the folder with node_api.h: of this machine's Node, else of node-api-headers
//
// --nodedir: the folder that node-gyp takes in place of fetching one: this Node's own, or one made here
// around node-api-headers, with as little of Node's settings as a module needs.
// CHATTERBOX_HEADERS=npm passes over the machine's.

'use strict';

const { existsSync, mkdirSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');

/** node_root_dir of node-gyp, for who has only the headers of Node-API */
function made(headers) {
	const root = join(__dirname, '..', 'build-headers');
	const place = join(root, 'include', 'node');
	mkdirSync(place, { recursive: true });
	writeFileSync(join(place, 'common.gypi'), `{ 'target_defaults': { 'include_dirs': ['${headers}'],
  'cflags': ['-fPIC', '-O2'], 'default_configuration': 'Release',
  'configurations': { 'Release': {}, 'Debug': {} } } }\n`);
	writeFileSync(join(place, 'config.gypi'), `{ 'variables': {}, 'target_defaults': {} }\n`);
	return root;
}

const machine = join(dirname(process.execPath), '..');
let headers = join(machine, 'include', 'node');
let root = machine;
if (process.env.CHATTERBOX_HEADERS === 'npm' || !existsSync(join(headers, 'node_api.h'))) {
	try {
		headers = require('node-api-headers').include_dir;
	} catch {
		headers = ''; // it is not installed
	}
	root = headers && process.argv.includes('--nodedir') ? made(headers) : '';
}
process.stdout.write(process.argv.includes('--nodedir') ? root : headers);
