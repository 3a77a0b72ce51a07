// SPDX-License-Identifier: MIT
// copies.mjs - two copies of the addon in one process, as two packages would bring them
import { copyFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { World, embedded } from '../kit.mjs';

const dir = mkdtempSync(join(tmpdir(), 'cbx-copy-'));
cpSync(fileURLToPath(new URL('../../lib', import.meta.url)), join(dir, 'lib'), { recursive: true });
copyFileSync(process.env.CHATTERBOX_ADDON, join(dir, 'other.node'));
process.env.CHATTERBOX_ADDON = join(dir, 'other.node');
const other = createRequire(import.meta.url)(join(dir, 'lib', 'index.cjs'));
const world = await World.open();
const box = await other.Chatterbox.open(embedded(dir));
console.log(other.Chatterbox !== world.box.constructor, world.box.role, box.role);
await box.summary().then(() => box.pause('X', 1)).catch((error) =>
	console.log(error instanceof other.ChatterboxError, error.code));
await box.close();
await world.close();
rmSync(dir, { recursive: true });
