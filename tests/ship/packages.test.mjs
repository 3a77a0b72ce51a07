// SPDX-License-Identifier: MIT
// The life of the packages on a Debian of their own, under its systemd, on real servers: installed,
// started as the unit says, upgraded with events that wait, gone back from, removed and purged.
//
// CBX_SHIP_DIR holds what prepare.sh made: the packages of this version, of the earlier one, and the
// Debian without them.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Recorder, closingLine } from '../faults/recorder.mjs';
import { FAST } from '../faults/rig.mjs';
import { freePort } from '../kit/servers/ports.mjs';
import { Place, servers, sleep, until } from '../servers/e2e/place.mjs';
import { Sim, difference, record } from '../servers/e2e/sim.mjs';
import { Root } from './root.mjs';

const SHIP = process.env.CBX_SHIP_DIR;
const NOW = join(SHIP, 'now');
const EARLIER = join(SHIP, 'earlier');
const BOTH = ['libchatterbox0', 'chatterboxd', 'chatterbox-tools', 'chatterbox-doc', 'libchatterbox-dev'];
const ALL = [...BOTH, 'chatterboxctl'];
const UNIT = 'chatterboxd.service';
const LOG = '/var/log/chatterbox/chatterboxd.log';

let root;
let place;
let port;
let bare;
let since;

before(async () => {
	root = await Root.boot(join(SHIP, 'root.tar'));
	place = await Place.open('ship', 21);
	port = await freePort();
	bare = await root.files();
});

after(async () => {
	await root?.close();
	await place?.close();
});

const version = async (name) =>
	(await root.in('dpkg-query', '-W', '-f', '${db:Status-Abbrev}${Version}', name)).trim();

const waiting = async () => (await place.rows('select count(*)::int as n from outbox'))[0].n;

/** An error with what the daemon said */
async function told(error) {
	const said = await root.sh(`journalctl -u ${UNIT} -n 12 --no-pager -o cat; tail -n 8 ${LOG} || true`);
	throw new Error(`${error.message}\n${said}`);
}

async function ready(ms = 60000) {
	await until('the daemon is ready', async () =>
		(await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2000) })).ok, ms)
		.catch(told);
	since = Date.now() + 5000;
}

/** The conffile as an operator edits it, and the password as the head of the unit says */
async function configure() {
	await root.write('etc/chatterbox/chatterbox.json', JSON.stringify({
		check_job_status_time: 1, time_till_next_check: 15, lease: { ttl: 2 },
		redis: { host: '127.0.0.1', port: place.redisPort, db: place.redisDb },
		rmq: { host: '127.0.0.1', port: place.rmqPort, vhost: place.vhost, user: 'guest' },
		rmq_rpc: { poll_timeout: '2s', rpc_timeout: '5s' },
		sequelize: { host: '127.0.0.1', port: place.pgPort, database: place.database,
			username: place.pgUser, password: 'chatterbox' },
		http_server: { host: '127.0.0.1', port },
		log: { level: 'info', path: '/var/log/chatterbox/chatterboxd.log' },
	}));
	await root.sh('install -d -m 700 /etc/chatterbox/secrets; umask 077;'
		+ 'echo guest > /etc/chatterbox/secrets/rmq.pass; mkdir -p -m 755 /etc/systemd/system/chatterboxd.service.d');
	await root.write('etc/systemd/system/chatterboxd.service.d/secrets.conf', '[Service]\n'
		+ 'LoadCredential=rmq.pass:/etc/chatterbox/secrets/rmq.pass\n'
		+ 'Environment=NLCONF_RMQ__PASS_FILE=%d/rmq.pass\n');
	await root.in('systemctl', 'daemon-reload');
}

test('the earlier version is installed and waits for its configuration', async () => {
	await root.install(EARLIER, BOTH);
	assert.equal(await version('chatterboxd'), 'ii 0.0.9');
	assert.equal(await root.shows(UNIT, 'ActiveState'), 'inactive');
	await configure();
	await root.in('systemctl', 'enable', UNIT);
	await root.in('systemctl', 'start', UNIT).catch(told);
	await ready();
});

/** Freezes the broker until events wait that were recorded and not published; false: none did */
async function strand() {
	await servers('pause', 'rmq');
	await sleep(300); // a round that has its answers commits them
	if (await waiting() > 0) return true;
	await servers('cont', 'rmq');
	return false;
}

test('an upgrade, and the way back, with events that wait: nothing is lost', async () => {
	const recorder = await Recorder.open(place);
	const sim = await Sim.start(place, root.top, 50, FAST);
	await place.online(sim.systems);
	try {
		await until('changes are recorded', async () => (await record(place)).size > 100, 60000);
		await change('to this version', () => root.install(NOW, ALL), '0.1.0');
		await asTheUnitSays();
		await change('back to the earlier one',
			() => root.install(EARLIER, BOTH, '--allow-downgrades'), '0.0.9');
		await change('forward again', () => root.install(NOW, ALL), '0.1.0');

		sim.hold();
		await until('the record is the truth', async () => {
			const found = difference(await sim.truth(), await record(place), since);
			if (found) throw new Error(found);
			return true;
		}, 60000);
		await until('an empty outbox', async () => await waiting() === 0, 30000);
		const recorded = await record(place);
		await until('all is heard', () => recorder.isUpTo(recorded), 10000).catch(() => {});
		const report = recorder.report(recorded, await sim.walks());
		console.log(`upgrade, back, forward: ${closingLine(report)}`);
		const { lost, reordered, differing, invented } = report;
		assert.deepEqual({ lost, reordered, differing, invented },
			{ lost: 0, reordered: 0, differing: 0, invented: 0 }, report.details.join('\n'));
	} finally {
		await servers('cont', 'rmq');
		await sim.program.stop();
		await recorder.close();
	}
});

/** apt changes the version while events wait in the outbox, with no daemon there to publish them */
async function change(what, install, to) {
	const old = await root.shows(UNIT, 'MainPID');
	await until('events wait', strand, 60000);
	const installed = install();
	let left = 0;
	try {
		await until('the old daemon is gone', async () =>
			await root.code('test', '-d', `/proc/${old}`) !== 0, 120000);
		left = await waiting();
	} finally {
		await servers('cont', 'rmq');
	}
	await installed;
	console.log(`${what}: ${left} events waited`);
	assert.ok(left > 0, 'events wait while there is no daemon');
	assert.equal(await version('chatterboxd'), `ii ${to}`);
	await ready();
	assert.notEqual(await root.shows(UNIT, 'MainPID'), old);
}

/** What the unit promises, as the running process shows it */
async function asTheUnitSays() {
	const pid = await root.shows(UNIT, 'MainPID');
	const status = await root.in('cat', `/proc/${pid}/status`);
	const uid = (await root.in('id', '-u', 'chatterbox')).trim();
	const line = (name) => status.match(new RegExp(`^${name}:\\s*(.*)$`, 'm'))[1];

	assert.equal(line('Uid').split('\t')[0], uid);
	for (const set of ['CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) assert.match(line(set), /^0+$/, set);
	assert.equal(line('NoNewPrivs'), '1');
	assert.equal(line('Seccomp'), '2');
	assert.match(await root.in('cat', `/proc/${pid}/mounts`), /^\S+ \/ \S+ ro[, ]/m, 'a read-only system');
	const space = (of) => root.in('readlink', `/proc/${of}/ns/user`);
	assert.notEqual(await space(pid), await space(1), 'users of its own');
	assert.equal((await root.in('stat', '-c', '%U %a', LOG)).trim(),
		'chatterbox 600');
	assert.ok(await root.code('runuser', '-u', 'nobody', '--', 'cat', LOG));
}

test('the log is rotated, and written on', async () => {
	await root.in('logrotate', '--force', '/etc/logrotate.d/chatterboxd');
	await root.in('test', '-s', `${LOG}.1`);
	await until('lines in the new file', async () => await root.code('test', '-s', LOG) === 0);
	assert.equal((await root.in('stat', '-c', '%U %a', LOG)).trim(), 'chatterbox 600');
});

test("the operator's commands, their pages and completions are there", async () => {
	const summary = await root.in('chatterboxctl', '--url', `http://127.0.0.1:${port}`, 'status');
	assert.match(summary, /^role\s+leader$/m);
	await root.in('hdms-sim', '--version');
	for (const name of ['chatterboxd', 'chatterboxctl'])
		await root.sh(`. /usr/share/bash-completion/completions/${name}`.replace('.', 'bash -n'));
	// a program that a reader of the manual writes
	assert.match(await root.in('ldconfig', '-p'), /libchatterbox\.so\.0 /);
});

test('what an operator edited is kept, and asked about by nobody', async () => {
	const file = await readFile(join(root.dir, 'etc/chatterbox/chatterbox.json'), 'utf8');
	assert.equal(JSON.parse(file).sequelize.database, place.database);
	await root.in('apt-get', 'remove', '-y', '-q', ...ALL);
	assert.equal(await root.shows(UNIT, 'ActiveState'), 'inactive');
	await root.in('test', '-f', '/etc/chatterbox/chatterbox.json');
});

test('a purge leaves nothing of ours', async () => {
	await root.sh('rm -r /etc/systemd/system/chatterboxd.service.d'); // the operator's own
	await root.in('apt-get', 'purge', '-y', '-q', 'chatterboxd');
	await root.in('apt-get', 'autoremove', '--purge', '-y', '-q');
	const earlier = new Set(bare);
	const left = (await root.files()).filter((file) => !earlier.has(file)
		// lists of users, kept before the user was made; dpkg's list of what it knew
		&& !/^\/etc\/(passwd|group|shadow|gshadow|subuid|subgid)-$|^\/var\/lib\/(dpkg|logrotate)\/|^\/var\/log\//.test(file));
	assert.deepEqual(left, []);
	assert.deepEqual((await root.files()).filter((file) => /chatterbox/.test(file)), []);
});
