// SPDX-License-Identifier: MIT
// headers.cjs - prints the folder with node_api.h: of this machine's Node, else of node-api-headers
//
// Neither is fetched: meson and node-gyp build without a network.

const { existsSync } = require('node:fs');
const { dirname, join } = require('node:path');

const places = [join(dirname(process.execPath), '..', 'include', 'node')];
try {
	places.push(require('node-api-headers').include_dir);
} catch {
	// it is not installed
}
process.stdout.write(places.find((place) => existsSync(join(place, 'node_api.h'))) ?? '');
