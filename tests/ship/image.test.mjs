// SPDX-License-Identifier: MIT
// The image in CBX_SHIP_DIR: what it says of itself, that nothing is in it but what it needs, and that it runs
// from its unpacked root as a container does: read-only, as its user, without rights, on real servers.

import assert from 'node:assert/strict';
import { lstat, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freePort } from '../kit/servers/ports.mjs';
import { Program } from '../servers/e2e/daemon.mjs';
import { Place, until } from '../servers/e2e/place.mjs';
import { machine } from './root.mjs';

const IMAGE = join(process.env.CBX_SHIP_DIR, 'image');
const NAME = `oci:${IMAGE}/oci:0.1.0`;

let top;
let root;

before(async () => {
	top = await mkdtemp(join(tmpdir(), 'cbx-image-'));
	root = join(top, 'bundle', 'rootfs');
	await machine('umoci', 'unpack', '--image', `${IMAGE}/oci:0.1.0`, join(top, 'bundle'));
});

after(() => rm(top, { recursive: true, force: true }));

const inspect = async (...options) => JSON.parse(await machine('skopeo', 'inspect', ...options, NAME));

test('it says what it is', async () => {
	const { Labels: labels, Architecture: architecture } = await inspect();
	const { config } = await inspect('--config');
	assert.equal(labels['org.opencontainers.image.version'], '0.1.0');
	assert.match(labels['org.opencontainers.image.revision'], /^[0-9a-f]{12}$/);
	assert.equal(architecture, (await machine('dpkg', '--print-architecture')).trim());
	assert.equal(config.User, '65532:65532');
	assert.deepEqual(config.Entrypoint, ['/usr/sbin/chatterboxd']);
	assert.deepEqual(Object.keys(config.ExposedPorts), ['3041/tcp']);
});

async function files(dir = root) {
	const found = [];
	for (const entry of await readdir(dir, { withFileTypes: true })) {
		const path = join(dir, entry.name);
		found.push(path.slice(root.length));
		if (entry.isDirectory()) found.push(...await files(path));
	}
	return found;
}

test('nothing is in it but the programs and what they load', async () => {
	const all = await files();
	const programs = [];
	let bytes = 0;
	for (const path of all) {
		const { mode, size } = await lstat(join(root, path));
		const isFile = (mode & 0o170000) === 0o100000;
		bytes += size;
		assert.equal(mode & 0o6000, 0, `${path} is set-user-ID`);
		if (isFile && (mode & 0o111) && !/\.so[.0-9]*$/.test(path)) programs.push(path);
	}
	assert.deepEqual(programs.sort(), ['/usr/bin/chatterboxctl', '/usr/sbin/chatterboxd']);
	assert.ok(bytes < 60e6, `${bytes} bytes`);
});

test('its bill of materials names each package that it has files of', async () => {
	const sbom = JSON.parse(await readFile(join(root, 'usr/share/doc/chatterbox/sbom.spdx.json'), 'utf8'));
	assert.deepEqual(sbom, JSON.parse(await readFile(join(IMAGE, 'sbom.spdx.json'), 'utf8')));
	assert.equal(sbom.spdxVersion, 'SPDX-2.3');
	const names = sbom.packages.slice(1).map(({ name }) => name);
	const documented = (await readdir(join(root, 'usr/share/doc'))).filter((name) => name !== 'chatterbox');
	assert.deepEqual(names, documented.sort());
	for (const name of ['libc6', 'libchatterbox0', 'libpq5', 'librabbitmq4', 'ca-certificates'])
		assert.ok(names.includes(name), name);
	const known = new Set(['SPDXRef-DOCUMENT', ...sbom.packages.map(({ SPDXID: id }) => id)]);
	assert.equal(known.size, sbom.packages.length + 1, 'each has a name of its own');
	for (const { spdxElementId: from, relatedSpdxElement: to } of sbom.relationships)
		assert.ok(known.has(from) && known.has(to));
	for (const { versionInfo } of sbom.packages) assert.match(versionInfo, /^\S+$/);
});

/** As a container engine starts it: a root that can't be written, no rights, the configuration mounted */
const contained = (program, ...args) => ['--mount', '--propagation', 'private', 'sh', '-ec',
	'root=$1; config=$2; shift 2; mount --bind "$config" "$root/etc/chatterbox"; mount --bind "$root" "$root";'
	+ 'mount --bind "$config" "$root/etc/chatterbox"; mount -o remount,ro,bind "$root";'
	+ 'exec setpriv --no-new-privs unshare --root "$root" --wd / --setgid 65532 --setuid 65532 "$@"',
	'contained', root, join(top, 'config'), program, ...args];

test('it runs on real servers, read-only and without rights', async () => {
	const place = await Place.open('image', 25);
	const port = await freePort();
	await mkdir(join(top, 'config'));
	await writeFile(join(top, 'config', 'chatterbox.json'), JSON.stringify({
		redis: { host: '127.0.0.1', port: place.redisPort, db: place.redisDb },
		rmq: { host: '127.0.0.1', port: place.rmqPort, vhost: place.vhost, user: 'guest', pass: 'guest' },
		sequelize: { host: '127.0.0.1', port: place.pgPort, database: place.database,
			username: place.pgUser, password: 'chatterbox' },
		http_server: { host: '127.0.0.1', port } }));
	const program = new Program('unshare', contained('/usr/sbin/chatterboxd'));
	try {
		await until('it is ready', async () => {
			if (!program.runs) throw new Error(program.tail());
			return (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
		}, 30000);
		const status = await readFile(`/proc/${program.child.pid}/status`, 'utf8');
		assert.match(status, /^Uid:\t65532\t65532\t65532\t65532$/m);
		assert.match(status, /^CapEff:\t0+$/m);
		assert.match(status, /^NoNewPrivs:\t1$/m);
		assert.match(await readFile(`/proc/${program.child.pid}/mounts`, 'utf8'), /^\S+ \/ \S+ ro[, ]/m);
		const ctl = new Program('unshare', contained('/usr/bin/chatterboxctl', '--url',
			`http://127.0.0.1:${port}`, 'status'));
		assert.equal(await ctl.ended, 0, ctl.tail());
		assert.match(ctl.lines.join('\n'), /^role\s+leader$/m);
		assert.equal(await program.stop(), 0, program.tail());
	} finally {
		if (program.runs) await program.stop();
		await place.close();
	}
});
