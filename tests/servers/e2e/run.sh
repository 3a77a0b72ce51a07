#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh NAME DAEMON SIM - run NAME.test.mjs against these two programs, on the servers of the
# environment

set -eu
here=$(dirname "$(readlink -f "$0")")
name=$1
CBX_E2E_DAEMON=$(readlink -f "$2")
CBX_E2E_SIM=$(readlink -f "$3")
export CBX_E2E_DAEMON CBX_E2E_SIM

"$here/../../kit/modules.sh" "$here"
exec node --test "$here/$name.test.mjs"
