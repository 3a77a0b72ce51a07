#!/bin/bash
# SPDX-License-Identifier: MIT
#
# bench.sh [ADDON DAEMON] - how fast and how large the addon and the pure client are: activeJobs(), events,
# memory, the loop's delay, as a table; then the addon's leak test fifty times as long: 10 000 engines and
# 1 000 000 events. Build for release first.

set -eu
root=$(dirname "$(readlink -f "$0")")/../../..
CHATTERBOX_ADDON=$(readlink -f "${1:-$root/build-bench/examples/ocd-addon/chatterbox.node}")
CBX_E2E_DAEMON=$(readlink -f "${2:-$root/build-bench/chatterboxd/chatterboxd}")
export CHATTERBOX_ADDON CBX_E2E_DAEMON

for modules in tests/servers/e2e examples/ocd-client; do
	"$root/tests/kit/modules.sh" "$root/$modules"
done
flock "$root/examples/ocd-client/package-lock.json" \
	"$root/examples/ocd-client/node_modules/.bin/tsc" --project "$root/examples/ocd-client"
"$root/tests/kit/servers/servers.sh" run node --expose-gc "$root/examples/ocd-addon/test/bench.mjs"
[ "${CBX_LEAKS:-50}" = 0 ] ||
	CBX_LEAKS=${CBX_LEAKS:-50} node --expose-gc --test "$root/examples/ocd-addon/test/leaks.test.mjs"
