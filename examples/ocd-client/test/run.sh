#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh DIR NAME DAEMON [SIM] - compile the TypeScript of DIR, then run its test/NAME.test.mjs against
# these programs and on the servers of the environment

set -eu
here=$(dirname "$(readlink -f "$0")")
tests=$here/../../../tests
dir=$(readlink -f "$1")
name=$2
CBX_E2E_DAEMON=$(readlink -f "$3")
CBX_E2E_SIM=${4:+$(readlink -f "$4")}
export CBX_E2E_DAEMON CBX_E2E_SIM

for modules in "$tests/servers/e2e" "$here/.." "$dir"; do
	"$tests/kit/modules.sh" "$modules"
done
# one at a time: tests that run side by side write the same files
for project in "$here/.." "$dir"; do
	flock "$here/../package-lock.json" "$here/../node_modules/.bin/tsc" --project "$project"
done
exec node --test "$dir/test/$name.test.mjs"
