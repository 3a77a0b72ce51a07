// SPDX-License-Identifier: MIT
// monitoring.test.mjs - the alerts fire when they should and lead to the runbook, and a real Prometheus
// that has scraped a real run finds something for each query of the dashboard.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { privateDirectory, start, until } from '../contract/daemon_kit.mjs';
import { freePort } from '../kit/servers/ports.mjs';

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..', '..');
const read = (path) => readFileSync(join(root, path), 'utf8');
const rules = read('monitoring/alerts.yml');
const alerts = [...rules.matchAll(/^\s*- alert: (\w+)$/mg)].map(([, name]) => name);
const dashboard = JSON.parse(read('monitoring/dashboard.json'));
const queries = dashboard.panels.flatMap((panel) => panel.targets.map(({ expr }) => [panel.title, expr]));

test('promtool finds nothing wrong, and each alert fires and keeps quiet as its tests say', () => {
	for (const args of [['check', 'rules', 'alerts.yml'], ['test', 'rules', 'alerts.test.yml']]) {
		const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: join(root, 'monitoring'), encoding: 'utf8' });
		assert.equal(status, 0, stdout + stderr);
	}
	const tried = read('monitoring/alerts.test.yml');
	for (const alert of alerts) {
		const cases = tried.split(`alertname: ${alert}\n`).slice(1);
		assert.ok(cases.some((text) => /^\s*exp_alerts:\n\s*- exp_labels/.test(text)), `${alert} fires in a test`);
		assert.ok(cases.some((text) => /^\s*exp_alerts: \[\]/.test(text)) || alert === 'ChatterboxNoLeader',
			`${alert} is quiet in a test`);
	}
});

test('each alert has a section of the runbook, and each section an alert', () => {
	const sections = read('docs/runbook.md').split(/^## /m).slice(1);
	const names = sections.map((text) => text.split('\n')[0]);
	assert.deepEqual(names, alerts);
	for (const [i, name] of names.entries()) {
		assert.ok(rules.includes(`runbook: "runbook.md#${name.toLowerCase()}"`), `${name} names its section`);
		for (const part of ['**Means.**', '**Look.**', '**Do.**'])
			assert.ok(sections[i].includes(part), `${name}: ${part}`);
		assert.match(sections[i], /chatterboxctl|chatterboxd --check-config|rabbitmqctl|log\.path/, name);
	}
});

test('alerts and dashboard ask for metrics that the contract names', () => {
	const contract = read('docs/contract.md');
	const used = new Set([rules, ...queries.map(([, expr]) => expr)].join('\n').match(/\bchatterbox_\w+/g));
	assert.ok(used.size > 20);
	for (const name of used)
		assert.ok(contract.includes(name.replace(/_(bucket|sum|count)$/, '')), name);
	assert.ok(dashboard.templating.list.some(({ name, type }) => name === 'datasource' && type === 'datasource'));
	for (const panel of dashboard.panels)
		for (const { datasource } of [panel, ...panel.targets])
			assert.equal(datasource.uid, '${datasource}', panel.title);
});

const children = [];
after(() => children.forEach((child) => child.kill('SIGKILL')));

async function prometheus(daemon) {
	const dir = privateDirectory();
	const port = await freePort();
	writeFileSync(join(dir, 'prometheus.yml'), `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [${JSON.stringify(join(root, 'monitoring/alerts.yml'))}]
scrape_configs:
  - job_name: chatterbox
    static_configs: [{ targets: [${JSON.stringify(new URL(daemon.url).host)}] }]
`);
	const child = spawn('prometheus', [`--config.file=${join(dir, 'prometheus.yml')}`, `--storage.tsdb.path=${dir}/data`,
		`--web.listen-address=127.0.0.1:${port}`, '--log.level=warn'], { stdio: ['ignore', 'ignore', 'pipe'] });
	children.push(child);
	let said = '';
	child.stderr.on('data', (text) => { said += text; });
	child.on('error', (error) => { said += error; });
	const ask = async (path) => {
		const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => null);
		return answer?.ok ? answer.json() : null;
	};
	await until(async () => {
		assert.equal(child.exitCode, null, said);
		return ask('/api/v1/status/buildinfo');
	}, 15000, `Prometheus: ${said}`);
	return { ask, stop: () => new Promise((done) => { child.on('exit', done); child.kill('SIGTERM'); }) };
}

test('a real Prometheus has an answer to each query, and no alert of a healthy chatterbox', async () => {
	const daemon = await start(['--demo=50']);
	const server = await prometheus(daemon);
	const result = async (expr) => {
		const query = expr.replaceAll('$job', '.*').replaceAll('$__rate_interval', '30s');
		const answer = await server.ask(`/api/v1/query?query=${encodeURIComponent(query)}`);
		assert.ok(answer, `it understands ${query}`);
		return answer.data.result.filter(({ value }) => value[1] !== 'NaN');
	};
	for (const [title, expr] of queries)
		await until(async () => (await result(expr)).length > 0, 30000, `${title}: ${expr}`);
	const groups = await until(async () => {
		const { data } = await server.ask('/api/v1/rules');
		return data.groups.length && data.groups[0].rules.every(({ health }) => health === 'ok') && data.groups;
	}, 15000, 'all rules evaluated');
	assert.deepEqual(groups[0].rules.map(({ name }) => name), alerts);
	// what goes wrong in the demo's fleet is not the fault of chatterbox
	const ofFleet = ['ChatterboxStalledJobs', 'ChatterboxVenueLate', 'ChatterboxVenueAtRisk', 'ChatterboxIncident'];
	for (const { name, alerts: raised } of groups[0].rules)
		assert.ok(ofFleet.includes(name) || !raised.length, `${name} is not raised`);
	await server.stop();
	await daemon.stop();
});
