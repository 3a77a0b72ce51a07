// SPDX-License-Identifier: MIT
// The chart: its values are checked, every object that it makes is one that Kubernetes takes, and what it
// would run does run: the command, the environment, the files and the probes of its pods, on real servers.
//
// It is rendered by render.go with the template engine and the functions that Helm uses.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Ajv from 'ajv';
import { parse, parseAllDocuments } from 'yaml';
import { freePort } from '../../kit/servers/ports.mjs';
import { Program } from '../../servers/e2e/daemon.mjs';
import { Place, until } from '../../servers/e2e/place.mjs';

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
const CHART = join(here, '..', '..', '..', 'deploy', 'chart');

/** Where the type and the check of a kind are */
const MODULES = {
	'v1': 'kubernetes-models/v1', 'apps/v1': 'kubernetes-models/apps/v1',
	'batch/v1': 'kubernetes-models/batch/v1', 'policy/v1': 'kubernetes-models/policy/v1',
	'networking.k8s.io/v1': 'kubernetes-models/networking.k8s.io/v1',
	'monitoring.coreos.com/v1': '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
};

/** All that the chart can make */
const ALL = {
	config: { http_server: { host: '0.0.0.0', port: 3041, base_path: '/music/downloads' },
		redis: { name: 'ocd', sentinels: [{ host: 's-1' }, { host: 's-2', port: 26380 }] },
		live_temp: { host: 'other', port: 5433 } },
	env: { NLCONF_LOG__LEVEL: 'debug', NLCONF_EVENTS__MAX_LENGTH: 1000000, NLCONF_LOG__PRETTY: false },
	secrets: { NLCONF_RMQ__PASS: { secret: 'rabbitmq', key: 'password' } },
	files: { 'ca.pem': { configMap: 'authority', key: 'ca.crt' }, 'db.key': { secret: 'db', key: 'tls.key' } },
	migrate: { job: true, env: { NLCONF_SEQUELIZE__USERNAME: 'chatterbox_migrate' },
		secrets: { NLCONF_SEQUELIZE__PASSWORD: { secret: 'db', key: 'migrate' } } },
	ingress: { enabled: true, className: 'nginx', host: 'music.example', tlsSecret: 'tls',
		annotations: { 'nginx.ingress.kubernetes.io/proxy-buffering': 'off' } },
	monitoring: { serviceMonitor: true, prometheusRule: true, labels: { release: 'prometheus' },
		tokenSecret: { name: 'tokens', key: 'read' } },
	networkPolicy: { from: [{ namespaceSelector: {} }], to: [{ ipBlock: { cidr: '192.0.2.0/24' } }] },
	imagePullSecrets: [{ name: 'pull' }], nodeSelector: { disk: 'fast' },
	tolerations: [{ key: 'x', operator: 'Exists' }], podAnnotations: { a: 'b' },
	service: { annotations: { c: 'd' } },
};

let dir;
let defaults;
let schema;

before(async () => {
	dir = await mkdtemp(join(tmpdir(), 'cbx-chart-'));
	defaults = parse(await readFile(join(CHART, 'values.yaml'), 'utf8'));
	schema = new Ajv({ strict: false, allErrors: true })
		.compile(JSON.parse(await readFile(join(CHART, 'values.schema.json'), 'utf8')));
});

after(() => rm(dir, { recursive: true, force: true }));

const isPlain = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

/** @over laid over @base as Helm does: objects member by member */
function lay(base, over) {
	if (!isPlain(base) || !isPlain(over)) return over;
	const both = { ...base };
	for (const [key, value] of Object.entries(over)) both[key] = key in base ? lay(base[key], value) : value;
	return both;
}

/** The objects that the chart makes with @over */
async function render(over = {}) {
	const values = lay(defaults, over);
	assert.ok(schema(values), JSON.stringify(schema.errors));
	const file = join(dir, 'values.json');
	await writeFile(file, JSON.stringify(values));
	const { stdout } = await run(process.env.CBX_CHART_RENDER, [CHART, file]);
	return parseAllDocuments(stdout).map((document) => {
		assert.deepEqual(document.errors, [], stdout);
		return document.toJS();
	}).filter(Boolean);
}

const one = (objects, kind, name) => {
	const found = objects.filter((o) => o.kind === kind && (!name || o.metadata.name === name));
	assert.equal(found.length, 1, kind);
	return found[0];
};

test('values that the chart does not know are refused, and so are secrets among them', () => {
	const bad = [{ replica: 3 }, { replicas: 0 }, { replicas: '2' }, { name: 'Chatterbox' },
		{ version: 'a b' }, { command: 'chatterboxd' }, { config: { rmq: { pass: 'x' } } },
		{ config: { sequelize: { password: 'x' } } }, { config: { redis: { password: 'x' } } },
		{ config: { http_server: { token: 'x' } } }, { config: { http_server: { host: '127.0.0.1' } } },
		{ config: { http_server: { base_path: 'music/' } } }, { config: { http_server: { port: 80 } } },
		{ secrets: { NLCONF_RMQ__PASS: 'x' } }, { secrets: { NLCONF_RMQ__PASS_FILE: { secret: 'a', key: 'b' } } },
		{ files: { 'ca.pem': { key: 'a' } } }, { files: { 'ca.pem': { secret: 'a', configMap: 'b', key: 'c' } } },
		{ files: { '../ca': { secret: 'a', key: 'c' } } }, { env: { A: { b: 1 } } }, { ingress: { hosts: [] } }, { monitoring: { interval: 15 } }];
	assert.ok(schema(defaults), JSON.stringify(schema.errors));
	for (const over of bad) assert.ok(!schema(lay(defaults, over)), JSON.stringify(over));
});

test('the nodes of a Redis Cluster may be spoken to', async () => {
	for (const [cluster, more] of [[[{ host: 'c-1', port: 7000 }, { host: 'c-2' }], [7000]], [true, []], [false, []]]) {
		const objects = await render({ config: { redis: { cluster } } });
		const { egress } = one(objects, 'NetworkPolicy', 'chatterbox').spec;
		assert.deepEqual(egress[1].ports.map(({ port }) => port), [6379, 5672, 5432, ...more]);
	}
	assert.ok(!schema(lay(defaults, { config: { redis: { cluster: 'c-1:7000' } } })));
});

test('Kubernetes takes every object', async () => {
	const sets = [await render(), await render(ALL), await render({ replicas: 1, networkPolicy: { enabled: false } })];
	const lines = [];
	for (const object of sets.flat()) {
		const { apiVersion, kind } = object;
		const module = await import(MODULES[apiVersion]);
		new module[kind](object).validate(); // throws
		const text = JSON.stringify(object);
		lines.push(`{ const o: import('${MODULES[apiVersion]}').I${kind} = ${text}; void o; }`);
	}
	const kinds = (set) => set.map(({ kind }) => kind).sort().join(' ');
	assert.equal(kinds(sets[0]), 'ConfigMap Deployment NetworkPolicy PodDisruptionBudget Service');
	assert.equal(kinds(sets[1]), 'ConfigMap ConfigMap Deployment Ingress Job NetworkPolicy NetworkPolicy PodDisruptionBudget '
		+ 'PrometheusRule Service ServiceMonitor');
	assert.equal(kinds(sets[2]), 'ConfigMap Deployment Service');
	await typed(lines);
});

/** The checks let through members that they do not know: the types don't */
async function typed(lines) {
	await symlink(join(here, 'node_modules'), join(dir, 'node_modules'));
	await writeFile(join(dir, 'package.json'), '{"type":"module"}');
	await writeFile(join(dir, 'objects.ts'), `${lines.join('\n')}\nexport {};\n`);
	const tsc = join(here, 'node_modules', '.bin', 'tsc');
	const check = () => run(tsc, ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext',
		'--moduleResolution', 'nodenext', '--target', 'es2022', 'objects.ts'], { cwd: dir });
	await check().catch(({ stdout }) => { throw new Error(stdout.slice(0, 2000)); });
	await writeFile(join(dir, 'objects.ts'),
		`${lines[1].replace('"replicas":', '"replica":')}\nexport {};\n`);
	await assert.rejects(check(), /./, 'a member that there is not');
}

test('what belongs together finds each other', async () => {
	const objects = await render(ALL);
	const pod = one(objects, 'Deployment').spec.template;
	const [container] = pod.spec.containers;
	const selects = (selector, { metadata: { labels } } = pod) =>
		Object.entries(selector).every(([key, value]) => labels[key] === value);
	for (const selector of [one(objects, 'Deployment').spec.selector.matchLabels,
		one(objects, 'Service').spec.selector, one(objects, 'PodDisruptionBudget').spec.selector.matchLabels])
		assert.ok(selects(selector), JSON.stringify(selector));
	assert.ok(!selects(one(objects, 'Service').spec.selector, one(objects, 'Job').spec.template),
		'the Service must not ask the Job');
	assert.equal(container.ports[0].name, one(objects, 'Service').spec.ports[0].targetPort);
	assert.equal(one(objects, 'Ingress').spec.rules[0].http.paths[0].path, '/music/downloads');
	assert.equal(container.livenessProbe.httpGet.path, '/music/downloads/livez');
	assert.equal(one(objects, 'ServiceMonitor').spec.endpoints[0].path, '/music/downloads/metrics');
	const rules = one(objects, 'PrometheusRule').spec.groups.flatMap((group) => group.rules);
	assert.ok(rules.some(({ alert }) => alert === 'ChatterboxNoLeader'));
	const policy = one(objects, 'NetworkPolicy', 'chatterbox').spec;
	const ports = policy.egress[1].ports.map(({ port }) => port);
	assert.deepEqual(ports, [6379, 5672, 5432, 26379, 26380, 5433]);
	const first = one(objects, 'NetworkPolicy', 'chatterbox-migrate');
	assert.deepEqual(first.spec.egress, policy.egress);
	const job = one(objects, 'Job');
	assert.ok(selects(policy.podSelector.matchLabels) && selects(first.spec.podSelector.matchLabels, job.spec.template));
	const when = ({ metadata: { annotations } }) => annotations['helm.sh/hook'];
	const weight = ({ metadata: { annotations } }) => Number(annotations['helm.sh/hook-weight']);
	assert.ok(when(first) === when(job) && weight(first) < weight(job), 'there before the Job');
	for (const { spec } of [pod, job.spec.template]) {
		assert.ok(spec.containers[0].volumeMounts.some(({ mountPath }) => mountPath === '/run/files/chatterbox'));
		assert.deepEqual(spec.volumes.find(({ name }) => name === 'files').projected.sources, [
			{ configMap: { name: 'authority', items: [{ key: 'ca.crt', path: 'ca.pem' }] } },
			{ secret: { name: 'db', items: [{ key: 'tls.key', path: 'db.key' }] } }]);
	}
	assert.ok(pod.spec.terminationGracePeriodSeconds > 10);
	const env = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
	assert.equal(env.NLCONF_EVENTS__MAX_LENGTH, '1000000', 'not 1e+06');
	assert.equal(env.NLCONF_LOG__PRETTY, 'false');
	const other = (await render({ ...ALL, config: { stall_after: 1 } }));
	assert.notEqual(one(other, 'Deployment').spec.template.metadata.annotations['checksum/config'],
		pod.metadata.annotations['checksum/config'], 'a new configuration makes new pods');
});

/** The files of a pod's volumes, below @place; @secrets: what the Secrets hold */
async function mount(pod, objects, place, secrets) {
	for (const { name, mountPath } of pod.containers[0].volumeMounts) {
		const volume = pod.volumes.find((v) => v.name === name);
		const files = volume.configMap ? one(objects, 'ConfigMap', volume.configMap.name).data
			: Object.fromEntries(volume.projected.sources.flatMap(({ secret }) =>
				secret.items.map(({ key, path }) => [path, secrets[secret.name][key]])));
		await mkdir(join(place, mountPath), { recursive: true });
		for (const [file, text] of Object.entries(files)) await writeFile(join(place, mountPath, file), text);
	}
}

/** What the kubelet would start, with its files below @place */
function launch(pod, place) {
	const [{ command, env = [], volumeMounts }] = pod.containers;
	const moved = (text) => (volumeMounts.some(({ mountPath }) => text.startsWith(`${mountPath}/`))
		? join(place, text) : text);
	assert.equal(command[0], '/usr/sbin/chatterboxd');
	return new Program(process.env.CBX_E2E_DAEMON, command.slice(1).map(moved),
		Object.fromEntries(env.map(({ name, value }) => [name, moved(value)])));
}

test('the pods run: migrated by the Job, ready by the probes, stopped in time', async () => {
	const place = await Place.open('chart', 22);
	const port = await freePort();
	const server = (p) => ({ host: '127.0.0.1', port: p });
	const objects = await render({ ...ALL, env: {},
		config: { redis: { ...server(place.redisPort), db: place.redisDb },
			rmq: { ...server(place.rmqPort), vhost: place.vhost, user: 'guest' },
			sequelize: { ...server(place.pgPort), database: place.database, username: place.pgUser },
			live_temp: {}, http_server: { host: '0.0.0.0', port, base_path: '/music/downloads' } },
		secrets: { NLCONF_RMQ__PASS: { secret: 'rabbitmq', key: 'password' },
			NLCONF_SEQUELIZE__PASSWORD: { secret: 'db', key: 'app' },
			NLCONF_HTTP_SERVER__TOKEN: { secret: 'tokens', key: 'write' } },
		files: {},
		migrate: { job: true, env: {}, secrets: { NLCONF_SEQUELIZE__PASSWORD: { secret: 'db', key: 'migrate' } } } });
	const secrets = { rabbitmq: { password: 'guest\n' }, db: { app: 'chatterbox', migrate: 'chatterbox' },
		tokens: { write: 'a token' } };
	let program;
	try {
		const job = one(objects, 'Job').spec.template.spec;
		await mount(job, objects, join(dir, 'job'), secrets);
		program = launch(job, join(dir, 'job'));
		assert.equal(await program.ended, 0, program.tail());
		assert.match(program.lines.join('\n'), /[1-9]\d* migrations applied/);

		const pod = one(objects, 'Deployment').spec.template.spec;
		await mount(pod, objects, join(dir, 'pod'), secrets);
		program = launch(pod, join(dir, 'pod'));
		const [{ startupProbe, livenessProbe, readinessProbe, ports }] = pod.containers;
		assert.equal(ports[0].containerPort, port);
		const asks = async ({ httpGet: { path } }) => (await fetch(`http://127.0.0.1:${port}${path}`)).status;
		await until('the startup probe', async () => await asks(startupProbe) === 200,
			1000 * startupProbe.periodSeconds * startupProbe.failureThreshold);
		await until('the readiness probe', async () => await asks(readinessProbe) === 200, 30000);
		assert.equal(await asks(livenessProbe), 200);
		const refused = await fetch(`http://127.0.0.1:${port}/music/downloads/api/v1/poll`, { method: 'POST',
			headers: { authorization: 'Bearer another', 'content-type': 'application/json' }, body: '{}' });
		assert.equal(refused.status, 401, 'the token is that of the Secret');
		assert.equal(await program.stop(1000 * pod.terminationGracePeriodSeconds), 0, program.tail());
	} finally {
		if (program?.runs) await program.stop();
		await place.close();
	}
});
