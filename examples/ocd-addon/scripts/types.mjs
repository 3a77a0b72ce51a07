// SPDX-License-Identifier: MIT
// types.mjs - writes generated.d.ts: the types of HTTP and of events, from docs/openapi.json and
// docs/asyncapi.json
//
//	node scripts/types.mjs            # write it
//	import { generate }               # the text, for the test that nothing has drifted
//
// It knows as much of JSON Schema as these two documents use, and stops at what it does not know.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = new URL('..', import.meta.url);
const docs = new URL('../../docs/', here);

/** What says nothing that a type could say */
const MUTE = new Set(['description', 'minimum', 'maximum', 'minLength', 'maxLength', 'pattern', 'format',
	'default', 'minItems', 'maxItems', 'title', 'example', 'examples', 'uniqueItems', 'exclusiveMinimum',
	'additionalProperties', 'required', 'contentMediaType', 'contentEncoding', 'not', 'minProperties',
	'if', 'then', 'else', 'anyOf', 'oneOf', 'allOf', 'type', 'enum', 'const', 'properties', 'items', '$ref',
	'prefixItems', 'dependentRequired', 'maxProperties', 'propertyNames']);

const identifier = (name) => name.replace(/[^A-Za-z0-9_]/g, '_');
const member = (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));
const several = (types, by) => (types.length === 1 ? types[0] : types.map((t) => (/[|&]/.test(t) ? `(${t})` : t)).join(by));
const comment = (text, indent) => (text ? `${indent}/** ${text.replaceAll('*/', '* /')} */\n` : '');

function object(schema, indent) {
	const inner = `${indent}\t`;
	const required = new Set(schema.required ?? []);
	const lines = Object.entries(schema.properties ?? {}).map(([name, value]) =>
		`${comment(value.description, inner)}${inner}${member(name)}${required.has(name) ? '' : '?'}: ${type(value, inner)};\n`);
	if (schema.additionalProperties === true || !schema.properties)
		lines.push(`${inner}[member: string]: unknown;\n`);
	return `{\n${lines.join('')}${indent}}`;
}

function oneType(name, schema, indent) {
	switch (name) {
	case 'integer':
	case 'number': return 'number';
	case 'string':
	case 'boolean':
	case 'null': return name;
	case 'array': return schema.items ? `Array<${type(schema.items, indent)}>` : 'unknown[]';
	case 'object': return object(schema, indent);
	default: throw new Error(`no type is known for ${JSON.stringify(schema)}`);
	}
}

function type(schema, indent) {
	for (const key of Object.keys(schema))
		if (!MUTE.has(key) && !key.startsWith('x-')) throw new Error(`types.mjs does not know "${key}"`);
	if (schema.$ref) return identifier(schema.$ref.split('/').at(-1));
	if ('const' in schema) return JSON.stringify(schema.const);
	if (schema.enum) return several(schema.enum.map((value) => JSON.stringify(value)), ' | ');
	if (schema.anyOf ?? schema.oneOf)
		return several((schema.anyOf ?? schema.oneOf).map((part) => type(part, indent)), ' | ');
	if (schema.allOf && !schema.properties)
		return several(schema.allOf.map((part) => type(part, indent)), ' & ');
	if (!schema.type) return schema.properties ? object(schema, indent) : 'unknown';
	return several([schema.type].flat().map((name) => oneType(name, schema, indent)), ' | ');
}

function declare(name, schema) {
	return `${comment(schema.description, '\t')}\ttype ${identifier(name)} = ${type(schema, '\t')};\n`;
}

/** The answer of each route that answers JSON, as <OperationId>Result */
function results(api) {
	const found = [];
	for (const methods of Object.values(api.paths))
		for (const route of Object.values(methods)) {
			const [ok] = Object.keys(route.responses ?? {}).filter((code) => code.startsWith('2'));
			const schema = ok && route.responses[ok].content?.['application/json']?.schema;
			if (schema && route.operationId !== 'getOpenapi')
				found.push(declare(`${route.operationId[0].toUpperCase()}${route.operationId.slice(1)}Result`,
					{ description: route.summary, ...schema }));
		}
	return found;
}

/** The params of each event out, by its name */
function eventParams(api) {
	const params = Object.entries(api.components.messages)
		.filter(([name]) => name.startsWith('event.'))
		.map(([name, { payload }]) => {
			const form = (payload.anyOf ?? payload.oneOf ?? [payload]).find((f) => f.properties?.params);
			return `\t\t${member(name.slice('event.'.length))}: ${type(form.properties.params, '\t\t')};\n`;
		});
	return `\t/** The params of each event out, by its name */\n\tinterface Params {\n${params.join('')}\t}\n`;
}

/** The text of generated.d.ts */
export function generate() {
	const http = JSON.parse(readFileSync(new URL('openapi.json', docs)));
	const events = JSON.parse(readFileSync(new URL('asyncapi.json', docs)));
	const schemas = (api) => Object.entries(api.components.schemas).map(([n, s]) => declare(n, s)).join('');
	return `${[
		'// SPDX-License-Identifier: MIT',
		'// generated.d.ts - made by scripts/types.mjs from docs/openapi.json and docs/asyncapi.json; do not edit',
		'', '/** docs/openapi.json */', 'export namespace http {',
	].join('\n')}\n${schemas(http)}${results(http).join('')}}\n\n/** docs/asyncapi.json */
export namespace events {\n${schemas(events)}${eventParams(events)}}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
	writeFileSync(new URL('generated.d.ts', here), generate());
