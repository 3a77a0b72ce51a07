// SPDX-License-Identifier: MIT
// chatterboxctl with the demo: what it shows is what the API says, and its orders are carried out.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { always, ctl, ctlOnTerminal, fake } from './ctl_kit.mjs';
import { start, until } from './daemon_kit.mjs';

let daemon;
const call = (...args) => ctl(daemon.url, args);
const lines = (answer) => answer.stdout.split('\n').filter(Boolean);

async function done(...args) {
	const answer = await call(...args);
	assert.equal(answer.code, 0, args.join(' ') + ': ' + answer.stderr);
	assert.equal(answer.stderr, '');
	return answer;
}

before(async () => {
	daemon = await start(['--demo=20']);
	await until(async () => (await daemon.json('/api/v1/jobs')).total > 20, 10000, 'jobs');
});
after(() => daemon.child.kill('SIGKILL'));

const running = async () => (await daemon.json('/api/v1/jobs?status=Running&limit=1')).jobs[0];
const statusOf = async (job) =>
	(await daemon.json(`/api/v1/jobs/${job.system}/${job.job_id}`)).job.status;

test('status says who leads and what there is', async () => {
	const answer = await done('status');
	assert.match(answer.stdout, /^role\tleader$/m);
	assert.match(answer.stdout, /^jobs\t\d+ live, \d+ running$/m);
	assert.match(answer.stdout, /^systems\t\d+ online, \d+ offline, \d+ unknown$/m);
	const summary = JSON.parse((await done('status', '--json')).stdout);
	assert.deepEqual(Object.keys(summary), Object.keys(await daemon.json('/api/v1/summary')));
});

test('jobs are filtered, and limited', async () => {
	const job = await running();
	const rows = lines(await done('jobs', '--status', 'Running', '--system', job.system));
	assert.ok(rows.length > 0);
	for (const row of rows)
		assert.match(row, new RegExp(`^${job.system}\t\\d+\tRunning\t`));
	assert.equal(lines(await done('jobs', '--limit', '3')).length, 3);
	assert.equal(lines(await done('jobs', '--search', 'no such thing')).length, 0);
	const kinds = JSON.parse((await done('jobs', '--type', job.job_type, '--json')).stdout).jobs;
	assert.ok(kinds.length && kinds.every((one) => one.job_type === job.job_type));
});

test('jobs are sorted, and those that failed or ended are shown', async () => {
	const speeds = JSON.parse((await done('jobs', '--sort=-percent', '--status=Running', '--json')).stdout).jobs
		.map((job) => Number(job.percent_completed)).filter(Number.isFinite);
	assert.ok(speeds.length > 3);
	// they move between two pages, so only the ends of a long list are sure
	assert.ok(speeds[0] >= speeds.at(-1), String(speeds));
	assert.equal((await call('jobs', '--sort', 'colour')).code, 1);
	await until(async () => (await daemon.json('/api/v1/jobs?state=ended')).jobs.length, 30000, 'a job ends');
	const ended = lines(await done('jobs', '--state', 'ended', '--limit', '1'));
	assert.match(ended[0], /\t(Completed|Killed)\t/);
	const stalled = JSON.parse((await done('jobs', '--stalled', '--json')).stdout).jobs;
	assert.ok(stalled.every(({ status }) => /running/i.test(status)), JSON.stringify(stalled));
	assert.match((await call('jobs', '--state=ended', '--stale')).stderr, /400/);
	assert.match((await call('errors', '--state', 'ended')).stderr, /errors takes no --state/);
});

test('job shows one, and says no for one that is not there', async () => {
	const { system, job_id: id } = await running();
	assert.match((await done('job', system, String(id))).stdout, /^revision\t\d+$/m);
	const none = await call('job', system, '987654321');
	assert.equal(none.code, 1);
	assert.match(none.stderr, /\/api\/v1\/jobs\/.*987654321: 404 /);
	assert.equal(none.stdout, '');
});

test('systems shows all, or one with its jobs', async () => {
	assert.equal(lines(await done('systems')).length, 20);
	const { system } = await running();
	const one = await done('systems', system);
	assert.match(one.stdout, new RegExp(`^systemID\t${system}$`, 'm'));
	assert.match(one.stdout, new RegExp(`^${system}\t\\d+\t`, 'm'));
});

test('explain says why a job is as it is, and a system, in dated sentences', async () => {
	const { system, job_id: id } = await running();
	assert.equal((await done('pause', system, String(id))).code, 0);
	const row = /^\d{4}-\S+Z  (seen   |decided|told   |ordered)  \S.*[.]$/;
	const job = lines(await done('explain', system, String(id)));
	for (const line of job)
		assert.match(line, row);
	assert.ok(job.some((line) => line.includes(`first heard of`)), job.join('\n'));
	assert.ok(job.some((line) => line.includes(`Told to all: job ${id} is `)), job.join('\n'));
	assert.ok(job.some((line) => /^\S+ {2}ordered {2}Ordered over HTTP by \S.*, loopback: to pause job \d+; done[.]$/.test(line)),
		job.join('\n'));
	const all = lines(await done('explain', system));
	assert.ok(all.length > job.length && all.some((line) => / went online: /.test(line)), all.join('\n'));
	assert.equal(lines(await done('explain', system, '--limit', '2')).length, 2);
	const json = JSON.parse((await done('explain', system, String(id), '--json')).stdout);
	assert.equal(json.sentences.at(-1).kind, 'seen');
	const none = await call('explain', system, '987654321');
	assert.equal(none.code, 1);
	assert.match(none.stderr, /\/explain\/.*: 404 /);
	assert.equal((await call('explain', system, 'x')).code, 64);
	assert.equal((await call('explain')).code, 64);
});

test('history shows what became of a job, and of a system', async () => {
	const { system, job_id: id } = await running();
	const row = /^\d{4}-[^\t]+Z\t(\d+|-)\t(\d+|-)\t[^\t]+\t[^\t]+\t(answer|push|inferred|clean_up)\t[^\t]+\t[^\t]+$/;
	const job = lines(await done('history', system, String(id)));
	assert.ok(job.length > 0);
	for (const line of job)
		assert.equal(row.exec(line)?.[1], String(id), line);
	const all = lines(await done('history', system));
	for (const line of all)
		assert.match(line, row);
	assert.ok(all.some((line) => /\t-\t-\tonline\t-\t/.test(line)), all.join('\n'));
	assert.equal(lines(await done('history', system, '--limit', '1')).length, 1);
	const json = JSON.parse((await done('history', system, String(id), '--json')).stdout);
	assert.equal(json.history.at(-1).revision, 1);
	const none = await call('history', system, '987654321');
	assert.equal(none.code, 1);
	assert.match(none.stderr, /\/history.*: 404 /);
	assert.equal((await call('history', system, 'x')).code, 64);
});

test('a comma is one in a name, not between two', async () => {
	const server = await fake(always(200, { jobs: [], outlook: [], next: null, totals: {} }));
	await ctl(server.url, ['jobs', '--system', 'A,B', '--status', 'x,y', '--type', 'v,w', '--search', 'p,q']);
	await ctl(server.url, ['tonight', '--system', 'A,B', '--state', 'late,at_risk']);
	assert.match(server.seen[0].path, /\?system=A%5C%2CB&status=x%5C%2Cy&job_type=v%5C%2Cw&q=p%2Cq&/);
	assert.match(server.seen[1].path, /&state=late%2Cat_risk&system=A%5C%2CB&/);
});

test('errors are shown as the API has them', async () => {
	const error = { id: 7, system: 'A', job_id: 3, job_type: 'topup', code: 'vanished', message: 'two words',
		origin: 'ocd', occurrences: 2, first_seen: 'T1', last_seen: 'T2' };
	const server = await fake(always(200, { errors: [error], next: null }));
	const answer = await ctl(server.url, ['errors', '--system', 'A']);
	assert.equal(answer.stdout, '7\tA\t3\tvanished\t2\tT2\ttwo words\n');
	assert.equal(server.seen[0].path, '/api/v1/errors?system=A&limit=1000');
	await ctl(server.url, ['errors', '--system', 'A,B']); // the API takes one here
	assert.equal(server.seen[1].path, '/api/v1/errors?system=A%2CB&limit=1000');
	assert.ok(Array.isArray(JSON.parse((await done('errors', '--json')).stdout).errors));
});

test('tonight says what is in time, what is not, and why', async () => {
	const row = (system, state, seconds) => ({ system, list_id: 'L1', activate_at: 'T', state, since: 'T', seconds_left: seconds,
		lead_seconds: 600 - seconds, jobs: [1], cause: null, reason: `it is ${state}` });
	const totals = { on_time: 1, at_risk: 0, late: 1, unknown: 0 };
	const server = await fake(always(200, { outlook: [row('A', 'late', 7200), row('B', 'on_time', 60)], next: null, totals }));
	const answer = await ctl(server.url, ['tonight', '--hours=2', '--state=late,on_time']);
	assert.equal(answer.code, 1);
	assert.equal(answer.stdout, 'T\tA\tL1\tlate\t2.0 h\t-1.8 h\tit is late\nT\tB\tL1\ton time\t60 s\t9 min\tit is on_time\n');
	assert.equal(server.seen[0].path, '/api/v1/outlook?within=7200&state=late%2Con_time&limit=1000');
	assert.match((await ctlOnTerminal(server.url, ['tonight'])).stdout, /^1 of 2 on time, 1 late\r?\n/);
	const well = await fake(always(200, { outlook: [], next: null, totals: { ...totals, late: 0 } }));
	assert.equal((await ctl(well.url, ['tonight'])).code, 0);
	const live = await call('tonight', '--json');
	assert.deepEqual(Object.keys(JSON.parse(live.stdout).totals).sort(), ['at_risk', 'late', 'on_time', 'unknown']);
});

test('a job is paused, resumed and killed', async () => {
	const job = await running();
	const name = [job.system, String(job.job_id)];
	await done('pause', ...name);
	await until(async () => await statusOf(job) === 'Paused', 10000, 'the pause');
	await done('resume', ...name);
	await until(async () => await statusOf(job) === 'Running', 10000, 'the resume');
	await done('kill', ...name);
	await until(async () => /Killed/.test(await statusOf(job)), 10000, 'the end');
});

test('the jobs of a system are paused and resumed together', async () => {
	const job = await running();
	assert.match((await done('pause-all', job.system)).stdout, /^jobs to pause: [1-9]\d*$/m);
	await until(async () => await statusOf(job) === 'Paused', 10000, 'the pause');
	assert.match((await done('resume-all', job.system)).stdout, /^jobs to resume: [1-9]\d*$/m);
	await until(async () => await statusOf(job) === 'Running', 10000, 'the resume');
});

test('the scheduler is paused and resumed, and doctor sees it', async () => {
	const paused = async () => (await daemon.json('/api/v1/summary')).paused;
	// a file that is damaged everywhere belongs to the demo
	const healthy = JSON.parse((await call('doctor', '--json')).stdout).findings;
	assert.deepEqual(healthy.filter(({ what }) => !/incidents? (is|are) open|jobs? makes? no progress/.test(what)), []);
	await done('pause', '600');
	assert.equal(await paused(), true);
	const ill = await call('doctor');
	assert.equal(ill.code, 1);
	assert.match(ill.stdout, /The scheduler is paused until \d{4}-.*\n +`chatterboxctl resume`/);
	await done('resume');
	assert.equal(await paused(), false);
});

test('the interval is set, and a round ordered', async () => {
	await done('interval', '7');
	assert.equal((await daemon.json('/api/v1/summary')).interval.base, 7);
	assert.match((await done('poll', '--discovery', '--json')).stdout, /^{"ok":true}$/m);
	await done('poll');
});

test('a dry run shows what would go, and only clean-up removes', async () => {
	const server = await fake(always(200, { jobs: [{ system: 'A', job_id: 1, status: 'Killed' }], errors: 2 }));
	const dry = await ctl(server.url, ['clean-up', '--dry-run', '--system', 'A', '--older-than', '60']);
	assert.equal(dry.stdout, 'A\t1\tKilled\t-\n');
	assert.deepEqual(JSON.parse(server.seen[0].body), { system: 'A', older_than: 60, dry_run: true });
	const empty = JSON.parse((await done('clean-up', '--dry-run', '--json')).stdout);
	assert.deepEqual(Object.keys(empty), ['jobs', 'errors']);
	assert.match((await done('clean-up')).stdout, /^jobs removed: \d+$/m);
});

test('on a terminal there are heads, columns and colours, elsewhere tabs', async () => {
	const piped = await done('jobs', '--limit', '2');
	assert.doesNotMatch(piped.stdout, /\x1b|SYSTEM/);
	const seen = await ctlOnTerminal(daemon.url, ['jobs', '--limit', '2']);
	assert.match(seen.stdout, /\x1b\[1mSYSTEM\x1b\[0m +\x1b\[1mJOB/);
	assert.doesNotMatch(seen.stdout, /\t/);
	const plain = await ctlOnTerminal(daemon.url, ['jobs', '--limit', '2'], { NO_COLOR: '1' });
	assert.match(plain.stdout, /^SYSTEM +JOB +STATUS/m);
	assert.doesNotMatch(plain.stdout, /\x1b/);
});

test('help, man page and completion name the same commands and options', async () => {
	const help = (await done('--help')).stdout;
	const docs = new URL('../../docs/', import.meta.url);
	const page = readFileSync(new URL('man/chatterboxctl.1', docs), 'utf8').replaceAll('\\-', '-');
	const completion = readFileSync(new URL('completion/chatterboxctl', docs), 'utf8');
	const commands = help.slice(0, help.indexOf('For every')).match(/^[a-z-]+(?=.*  )/gm);
	assert.ok(commands.length >= 14);
	for (const word of [...new Set(commands), ...help.match(/--[a-z-]+/g)]) {
		assert.match(completion, new RegExp(`[\\s']${word}[\\s']`), `${word} is completed`);
		assert.match(page, new RegExp(`^\\.B.*${word}`, 'm'), `${word} has an entry`);
	}
});
