#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh NAME [DAEMON SIM [CONTROLS [HOST]]] - run NAME.test.mjs (a path from here), if it needs them
# against these programs and on the servers of the environment

set -eu
here=$(dirname "$(readlink -f "$0")")
name=$1
CBX_E2E_DAEMON=${2:+$(readlink -f "$2")}
CBX_E2E_SIM=${3:+$(readlink -f "$3")}
CBX_E2E_CONTROLS=${4:+$(readlink -f "$4")}
CBX_E2E_HOST=${5:+$(readlink -f "$5")}
export CBX_E2E_DAEMON CBX_E2E_SIM CBX_E2E_CONTROLS CBX_E2E_HOST

"$here/../../kit/modules.sh" "$here"
exec node --test "$here/$name.test.mjs"
