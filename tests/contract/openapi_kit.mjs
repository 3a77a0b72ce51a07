// SPDX-License-Identifier: MIT
// openapi_kit.mjs - holds an answer against docs/openapi.json: the small part of JSON Schema that
// this document uses, and an error for any keyword that it does not know.

const annotations = new Set(['description', 'format', 'default', 'title', '$comment']);

function typeOf(value) {
	if (value === null)
		return ['null'];
	if (Array.isArray(value))
		return ['array'];
	if (Number.isInteger(value))
		return ['integer', 'number'];
	return [typeof value];
}

const checks = {
	type: (value, types) => [types].flat().some((type) => typeOf(value).includes(type)),
	enum: (value, values) => values.includes(value),
	minimum: (value, least) => typeof value !== 'number' || value >= least,
	exclusiveMinimum: (value, bound) => typeof value !== 'number' || value > bound,
	maximum: (value, most) => typeof value !== 'number' || value <= most,
	minLength: (value, least) => typeof value !== 'string' || value.length >= least,
	maxLength: (value, most) => typeof value !== 'string' || value.length <= most,
	pattern: (value, pattern) => typeof value !== 'string' || new RegExp(pattern).test(value),
	required: (value, names) => typeOf(value)[0] !== 'object' || names.every((name) => name in value),
	additionalProperties: () => true,
};

// The list of what is wrong with @value, each with its path
export function mistakes(document, schema, value, path = '') {
	if (schema.$ref) {
		const target = schema.$ref.slice(2).split('/').reduce((at, name) => at[name], document);
		return mistakes(document, target, value, path);
	}
	const found = [];
	for (const [keyword, wanted] of Object.entries(schema)) {
		if (keyword === 'items' && Array.isArray(value))
			found.push(...value.flatMap((item, i) => mistakes(document, wanted, item, `${path}[${i}]`)));
		else if (keyword === 'properties' && typeOf(value)[0] === 'object')
			found.push(...Object.entries(wanted).filter(([name]) => name in value)
				.flatMap(([name, inner]) => mistakes(document, inner, value[name], `${path}.${name}`)));
		else if (keyword === 'anyOf') {
			const each = wanted.map((one) => mistakes(document, one, value, path));
			if (each.every((one) => one.length)) found.push(...each.flat());
		}
		else if (checks[keyword] && !checks[keyword](value, wanted))
			found.push(`${path}: ${JSON.stringify(value)?.slice(0, 200)} is not ${keyword} ${JSON.stringify(wanted)}`);
		else if (!checks[keyword] && !annotations.has(keyword) && keyword !== 'items' && keyword !== 'properties')
			found.push(`${path}: unknown keyword ${keyword}`);
	}
	if (schema.format === 'date-time' && value !== null && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value))
		found.push(`${path}: ${value} is no time`);
	return found;
}

// The schema of the answer to @method @route with @code and @type
export function schemaOf(document, route, code, type, method = 'GET') {
	let answer = document.paths[route][method.toLowerCase()].responses[code];
	if (answer?.$ref)
		answer = document.components.responses[answer.$ref.split('/').at(-1)];
	return answer?.content?.[type]?.schema;
}
