// SPDX-License-Identifier: MIT
// prom.mjs - serves on /metrics, by prom-client, the series that stand in the exposition on stdin
//
// For metrics.py: the same names, labels and values as chatterboxd's, so that only the making of the text differs.
// Prints its port.
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

const registry = new Registry();
const families = new Map();
const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;

function labels(inside = '') {
	const found = {};
	for (const [, name, value] of inside.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g))
		found[name] = value;
	return found;
}

for (const line of (await text(process.stdin)).split('\n')) {
	const [, name, type] = /^# TYPE (\S+) (\S+)/.exec(line) ?? [];
	if (name) {
		families.set(name, { type, samples: [] });
		continue;
	}
	const [, full, inside, value] = sample.exec(line) ?? [];
	if (!full)
		continue;
	const base = families.has(full) ? full : full.replace(/_(bucket|sum|count)$/, '');
	families.get(base)?.samples.push({ full, labels: labels(inside), value: Number(value) });
}

for (const [name, { type, samples }] of families) {
	const labelNames = [...new Set(samples.flatMap((one) => Object.keys(one.labels)))].filter((one) => one !== 'le');
	const options = { name, help: name, labelNames, registers: [registry] };
	if (type === 'histogram') {
		const buckets = [...new Set(samples.map((one) => one.labels.le))].map(Number).filter(Number.isFinite);
		const histogram = new Histogram({ ...options, buckets });
		for (const one of samples.filter((each) => each.full === `${name}_count`)) {
			histogram.zero(one.labels);
			histogram.observe(one.labels, 0.1);
		}
		continue;
	}
	const metric = type === 'counter' ? new Counter(options) : new Gauge(options);
	for (const one of samples)
		if (type === 'counter') metric.inc(one.labels, one.value);
		else metric.set(one.labels, one.value);
}

const server = createServer(async (_, answer) => {
	answer.setHeader('Content-Type', registry.contentType);
	answer.end(await registry.metrics());
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
