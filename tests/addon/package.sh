#!/bin/bash
# SPDX-License-Identifier: MIT
#
# package.sh BUILD SOURCE - what an npm user gets: node-gyp builds the package with the installed library
#
# Once with the headers of this machine's Node, once with those of node-api-headers; without a network
# where the machine lets us take it away. Each addon that comes out is used.

set -eu
build=$(readlink -f "$1")
source=$(readlink -f "$2")
package=$source/examples/ocd-addon
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT

"$source/tests/kit/modules.sh" "$package"
meson install -C "$build" --no-rebuild --quiet --destdir "$top/root"
mkdir "$top/pc"
sed "s|^prefix=|prefix=$top/root|" "$(find "$top/root" -name chatterbox.pc)" > "$top/pc/chatterbox.pc"
export PKG_CONFIG_PATH=$top/pc
LD_LIBRARY_PATH=$(pkg-config --variable=libdir chatterbox)
export LD_LIBRARY_PATH
alone=()
! unshare -rn true 2> /dev/null || alone=(unshare -rn)

for headers in machine npm; do
	mkdir "$top/$headers"
	cp -r "$package"/{binding.gyp,package.json,lib,src,scripts,node_modules} "$top/$headers"
	cd "$top/$headers"
	HOME=$top CHATTERBOX_HEADERS=$headers "${alone[@]}" npm run build > build.log 2>&1 < /dev/null ||
		{ cat build.log >&2; exit 1; }
	node -e '
		const { Chatterbox, Task } = require("./lib/index.cjs");
		let ran = 0;
		new Task(5, () => { ran += 1; }, "New Downloads Task").run();
		Chatterbox.open({ check_job_status_time: "x" }).catch((error) =>
			console.log(ran, error.code, Chatterbox.version));' > out
	grep -q '^1 CHATTERBOX_E_CONFIG [0-9]' out || { cat out >&2; exit 1; }
	echo "built and used with the headers of: $headers"
done
