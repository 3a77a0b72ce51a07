// SPDX-License-Identifier: MIT
// asyncapi.test.mjs - docs/asyncapi.json is a valid AsyncAPI 3 document, whole, and strict
//
// Every message has examples in both envelopes that fit it, and each wrong field in one is caught:
// this holds the schemas themselves to account; the e2e tests hold chatterbox to the schemas.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import Ajv from 'ajv';
import { document, envelopeOf, mistakes, mistakesOfBody } from './schema.mjs';

const require = createRequire(import.meta.url);
const { messages } = document.components;
const at = (pointer) => pointer.slice(2).split('/').reduce((node, name) => node?.[name], document);

function* walk(node, path = '#') {
	if (node === null || typeof node !== 'object') return;
	yield [path, node];
	for (const [name, inner] of Object.entries(node)) yield* walk(inner, `${path}/${name}`);
}

test('it fits the JSON schema of AsyncAPI 3', () => {
	const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
	const schema = JSON.parse(readFileSync(
		require.resolve('@asyncapi/specs/schemas/3.0.0.json'), 'utf8'));
	delete schema.definitions['http://json-schema.org/draft-07/schema']; // ajv has it already
	const validate = ajv.compile(schema);
	assert.ok(validate(document), JSON.stringify(validate.errors, null, 1));
	const broken = structuredClone(document);
	broken.operations[Object.keys(broken.operations)[0]].action = 'shout';
	assert.ok(!validate(broken), 'the schema of AsyncAPI finds a wrong word');
});

test('its version is that of chatterbox', () => {
	const meson = readFileSync(new URL('../../../meson.build', import.meta.url), 'utf8');
	assert.equal(document.info.version, meson.match(/version: '([^']+)'/)[1]);
});

test('every reference leads somewhere, and every part is used', () => {
	const used = new Set();
	for (const [path, node] of walk(document)) {
		if (typeof node.$ref !== 'string') continue;
		assert.ok(at(node.$ref), `${path}: ${node.$ref}`);
		used.add(node.$ref);
	}
	for (const [kind, parts] of Object.entries(document.components))
		for (const name of Object.keys(parts))
			assert.ok(used.has(`#/components/${kind}/${name}`), `${kind}/${name} is not used`);
	for (const [id, channel] of Object.entries(document.channels))
		for (const name of Object.keys(channel.messages))
			assert.ok(used.has(`#/channels/${id}/messages/${name}`), `no operation uses ${name}`);
});

test('an operation names messages of its own channel', () => {
	for (const operation of Object.values(document.operations))
		for (const { channel, messages: named } of [operation, operation.reply].filter(Boolean))
			for (const { $ref } of named)
				assert.ok($ref.startsWith(`${channel.$ref}/messages/`), $ref);
});

test('every schema compiles, and every example fits, in both envelopes', () => {
	for (const [name, message] of Object.entries(messages)) {
		assert.deepEqual(message.payload.anyOf.map(({ title }) => title), ['jsonrpc', 'bare'], name);
		const forms = new Set();
		for (const { name: which, payload } of message.examples) {
			assert.deepEqual(mistakesOfBody(name, payload), [], `${name}, example ${which}`);
			forms.add(envelopeOf(payload));
		}
		assert.equal(forms.size, 2, `${name} has an example in either envelope`);
		mistakes(`messages/${name}/headers`, {});
		mistakes(`messages/${name}/x-amqp-properties`, {});
	}
});

// Where members that nobody knows are allowed: a Status, and what is heard and need not be read
const OPEN = /^(event\.(update_)?job_status|hear\.|answer\.)|content\.job\.(status|statusAll|find)$/;

/** Every object in @value, each as a function that gives a copy of all with that object changed */
function* changes(value, change) {
	const paths = [...walk(value, '')].filter(([, node]) => !Array.isArray(node)).map(([path]) => path);
	for (const path of paths) {
		const copy = structuredClone({ '': value });
		const object = path.split('/').reduce((node, name) => node[name], copy);
		const changed = change(object);
		if (changed) yield [`${changed} in ${path || 'the root'}`, copy['']];
	}
}

test('a member too many is caught', () => {
	const add = (object) => { object.surplus = 1; return 'surplus'; };
	for (const [name, message] of Object.entries(messages)) {
		for (const { payload } of message.examples) {
			let caught = 0;
			for (const [what, broken] of changes(payload, add)) {
				const found = mistakesOfBody(name, broken).length > 0;
				assert.ok(found || OPEN.test(name), `${name}: ${what}`);
				caught += found;
			}
			if (envelopeOf(payload) === 'jsonrpc')
				assert.ok(caught, `${name}: at least its envelope is closed`);
		}
	}
});

test('a member of a wrong type is caught', () => {
	const free = new Set(['id', 'data', 'info', 'params', 'target', 'payload']);
	for (const [name, message] of Object.entries(messages)) {
		if (name === 'hear.update_database') continue; // its params are ignored
		for (const { payload } of message.examples) {
			const names = new Set([...walk(payload)].flatMap(([, node]) => (Array.isArray(node)
				? [] : Object.keys(node))));
			for (const member of names) {
				const spoil = (object) => member in object
					&& ((object[member] = Array.isArray(object[member]) ? {} : [[{ odd: [] }]]),
						`${member} of a wrong type`);
				for (const [what, broken] of changes(payload, spoil))
					assert.ok(free.has(member) || mistakesOfBody(name, broken).length > 0, `${name}: ${what}`);
			}
		}
	}
});

test('texts and numbers out of range are caught', () => {
	const wrong = { system: ['', 'A/B', 'A\u0001', ' A', 'x'.repeat(65), 7], job_id: [-1, 1.5, 2 ** 53, '17'],
		status: ['', 'x'.repeat(65), null], percent_completed: ['42%', '042', '42.50', '101', '-1', 42],
		downloaded: [-1, '3', 2 ** 53], download_speed: ['', 250], job_type: [''],
		files_downloading: [{}, null] };
	for (const [member, values] of Object.entries(wrong))
		for (const value of values)
			assert.ok(mistakes('schemas/Status', { system: 'A', job_id: 1, status: 'R', [member]: value }).length,
				`${member} ${JSON.stringify(value)}`);
	for (const text of ['0', '7', '42', '42.5', '99.99', '100'])
		assert.deepEqual(mistakes('schemas/Percent', text), [], text);
});
