#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh NAME ADDON [DAEMON [SIM]] - run NAME.test.mjs with that addon, against these programs and, if it
# needs any, on the servers of the environment

set -eu
here=$(dirname "$(readlink -f "$0")")
tests=$here/../../../tests
name=$1
CHATTERBOX_ADDON=$(readlink -f "$2")
CBX_E2E_DAEMON=${3:+$(readlink -f "$3")}
CBX_E2E_SIM=${4:+$(readlink -f "$4")}
export CHATTERBOX_ADDON CBX_E2E_DAEMON CBX_E2E_SIM

"$tests/kit/modules.sh" "$here/.."
[ -z "$CBX_E2E_DAEMON" ] || "$tests/kit/modules.sh" "$tests/servers/e2e"
# a sanitizer's runtime comes before everything else; Node itself gives no memory back when it ends
[ -z "${CBX_ADDON_PRELOAD:-}" ] ||
	export LD_PRELOAD=$CBX_ADDON_PRELOAD ASAN_OPTIONS=detect_leaks=0 CHATTERBOX_ADDON_PLAIN=1
exec node --expose-gc --throw-deprecation --test "$here/$name.test.mjs"
