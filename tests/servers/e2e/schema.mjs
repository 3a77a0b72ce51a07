// SPDX-License-Identifier: MIT
// schema.mjs - holds every message that a test sees against docs/asyncapi.json
//
// A message is known by the routing key of an event, the verb of a question or an answer, the
// method of an RPC. What does not fit is kept in `misfits`, which each test file wants to be empty
// at its end; what a test malformed on purpose must not fit.

import { readFileSync } from 'node:fs';
import Ajv from 'ajv';

export const document = JSON.parse(readFileSync(new URL('../../../docs/asyncapi.json', import.meta.url)));
export const misfits = [];
export const seen = new Map(); // "name envelope" -> how often

const { messages, schemas } = document.components;
const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strictRequired: false });
ajv.addVocabulary(['components']);
ajv.addSchema({ $id: 'doc', components: { messages, schemas } });

const compiled = new Map();

/** What is wrong with @value by the schema at @pointer below components: an array of texts */
export function mistakes(pointer, value) {
	if (!compiled.has(pointer))
		compiled.set(pointer, ajv.compile({ $ref: `doc#/components/${pointer}` }));
	const validate = compiled.get(pointer);
	if (validate(value)) return [];
	return validate.errors.map((e) => `${pointer}${e.instancePath}: ${e.message} ${JSON.stringify(e.params)}`);
}

export const envelopeOf = (body) => (body !== null && typeof body === 'object' && 'jsonrpc' in body
	? 'jsonrpc' : 'bare');

/** What is wrong with a body as message @name in its envelope */
export function mistakesOfBody(name, body) {
	if (!messages[name]) return [`there is no message ${name}`];
	const { anyOf } = messages[name].payload;
	const i = anyOf.findIndex(({ title }) => title === envelopeOf(body));
	return mistakes(`messages/${name}/payload/anyOf/${i}`, body);
}

/** amqplib's properties by the names that AMQP gives them; those that are there */
function byTheirNames(properties) {
	const names = { appId: 'app_id', contentType: 'content_type', messageId: 'message_id',
		deliveryMode: 'delivery_mode', replyTo: 'reply_to', correlationId: 'correlation_id' };
	return Object.fromEntries(Object.entries(properties)
		.filter(([, value]) => value !== undefined)
		.map(([name, value]) => [names[name] ?? name, value]));
}

/** The same of a whole message; @properties as amqplib gives them */
export function mistakesOfMessage(name, body, properties) {
	const { headers = {}, ...rest } = properties;
	return [...mistakesOfBody(name, body),
		...(messages[name] ? mistakes(`messages/${name}/headers`, headers) : []),
		...(messages[name] ? mistakes(`messages/${name}/x-amqp-properties`, byTheirNames(rest)) : [])];
}

/** The message of an event by its routing key */
export function nameOfEvent(key, app) {
	for (const channel of Object.values(document.channels))
		if (channel.address?.replace('{app}', app) === key) return Object.keys(channel.messages)[0];
	return `event of ${key}`;
}

/** The message of a question ("ask") or an answer ("answer") of nl-hdms */
export function nameOfVerb(prefix, body) {
	const params = body?.params ?? body?.result ?? body;
	return `${prefix}.${body?.error ? 'error' : params?.verb?.event}`;
}

export function parse(content) {
	try {
		return JSON.parse(content.toString('utf8'));
	} catch {
		return undefined;
	}
}

/** Notes what is wrong with a message; @spoilt: the test wants something to be wrong */
export function check(name, body, properties = {}, spoilt = false) {
	const found = body === undefined ? ['no JSON'] : mistakesOfMessage(name, body, properties);
	const what = `${name} ${envelopeOf(body ?? null)}`;
	seen.set(what, (seen.get(what) ?? 0) + 1);
	if (spoilt ? !found.length : found.length)
		misfits.push(`${what}${spoilt ? ' fits, but should not' : ''}: ${found.join('; ')
			} in ${JSON.stringify(body)?.slice(0, 1000)} ${JSON.stringify(properties)}`);
}
