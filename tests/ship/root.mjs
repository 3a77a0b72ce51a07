// SPDX-License-Identifier: MIT
// root.mjs - a Debian of a test's own (root.sh), with packages of ours
//
// What is asked there is asked as an operator would: by apt, systemctl, journalctl.

import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
const SH = join(here, 'root.sh');

export const SOURCE = join(here, '..', '..');

/** Runs a program of the machine; what it said. Its last words are in the error if it fails. */
export async function machine(program, ...args) {
	try {
		return (await run(program, args, { maxBuffer: 1 << 26 })).stdout;
	} catch (error) {
		throw new Error(`${program} ${args.join(' ')}: ${error.code}\n${
			`${error.stdout}\n${error.stderr}`.slice(-3000)}`);
	}
}

export class Root {
	/** A fresh one of @tar, which root.sh made */
	static async boot(tar) {
		const root = new Root();
		root.top = await mkdtemp(join(tmpdir(), 'cbx-ship-'));
		root.dir = join(root.top, 'root');
		await mkdir(root.dir);
		await machine('tar', '-C', root.dir, '-xf', tar);
		await machine(SH, 'boot', root.dir);
		return root;
	}

	/** Runs a command there; what it said */
	in(...command) { return machine(SH, 'in', this.dir, ...command); }

	/** The same by its shell */
	sh(text) { return this.in('sh', '-ec', text); }

	/** Its exit code instead */
	async code(...command) {
		try {
			await run(SH, ['in', this.dir, ...command]);
			return 0;
		} catch (error) {
			return error.code;
		}
	}

	write(path, text, mode = 0o644) { return writeFile(join(this.dir, path), text, { mode }); }

	/** Puts the packages of @dir there, and has apt install @names of them */
	async install(dir, names, ...options) {
		const place = join(this.dir, 'srv', dir.split('/').at(-1));
		await mkdir(place, { recursive: true });
		const files = [];
		for (const file of await readdir(dir)) {
			if (!file.endsWith('.deb') || !names.includes(file.split('_')[0])) continue;
			await copyFile(join(dir, file), join(place, file));
			files.push(join('/srv', dir.split('/').at(-1), file));
		}
		if (files.length !== names.length) throw new Error(`not all of ${names} are in ${dir}: ${files}`);
		return this.in('apt-get', 'install', '-y', '-q', '--no-install-recommends', ...options, ...files);
	}

	/** A property of a unit */
	async shows(unit, property) {
		return (await this.in('systemctl', 'show', '--value', '-p', property, unit)).trim();
	}

	/** Every file and directory that is on its disk, but for what each system writes by itself */
	async files() {
		const found = await this.sh('find / -xdev ! -path "/proc/*" ! -path "/srv*" ! -path "/tmp/*"'
			+ ' ! -path "/var/log/journal*" ! -path "/var/cache/*" ! -path "/var/lib/apt/*"'
			+ ' ! -path "/var/lib/systemd/*" -print');
		return found.split('\n').filter(Boolean).sort();
	}

	async close() {
		await machine(SH, 'halt', this.dir);
		await rm(this.top, { recursive: true, force: true });
	}
}
