// SPDX-License-Identifier: MIT
// load.cjs - finds the addon, and loads it so that it keeps its own libraries
//
// libpq and librabbitmq are linked to the system's OpenSSL. Node has an OpenSSL of its own inside and
// exports its symbols, and by the loader's rules these would be taken in place of the system's: calls
// of one version with structs of another, which works or crashes by chance. RTLD_DEEPBIND has the
// addon and its libraries look at each other first. A sanitizer must come before everything else and
// refuses that flag: CHATTERBOX_ADDON_PLAIN=1 loads by plain require.

'use strict';

const { existsSync, realpathSync } = require('node:fs');
const { constants } = require('node:os');
const { join } = require('node:path');

const here = join(__dirname, '..');
const PLACES = [
	join(here, 'build', 'Release', 'chatterbox.node'), // node-gyp
	join(here, '..', '..', 'build', 'examples', 'ocd-addon', 'chatterbox.node'), // meson
];

function load() {
	const path = process.env.CHATTERBOX_ADDON || PLACES.find(existsSync);
	if (!path) throw new Error(`the addon is not built: none of ${PLACES.join(', ')}`);
	const real = realpathSync(path);
	const { RTLD_NOW, RTLD_DEEPBIND } = constants.dlopen;
	if (process.env.CHATTERBOX_ADDON_PLAIN === '1' || RTLD_DEEPBIND === undefined) return require(real);
	const module = { exports: {} };
	process.dlopen(module, real, RTLD_NOW | RTLD_DEEPBIND);
	return module.exports;
}

module.exports = load();
