#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh NAME DAEMON SIM PATIENCE - run NAME.test.mjs in a browser that looks at these programs

set -eu
here=$(dirname "$(readlink -f "$0")")
CHATTERBOXD=$(readlink -f "$2")
CBX_E2E_SIM=$(readlink -f "$3")
CBX_E2E_DAEMON=$CHATTERBOXD
CBX_TEST_PATIENCE=$4
export CHATTERBOXD CBX_E2E_DAEMON CBX_E2E_SIM CBX_TEST_PATIENCE

"$here/../kit/modules.sh" "$here"
"$here/../kit/modules.sh" "$here/../servers/e2e"
exec node --test "$here/$1.test.mjs"
