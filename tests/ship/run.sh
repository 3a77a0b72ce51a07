#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh SOURCE DIR COMMAND... - runs a test of this suite once all that they share is in DIR

set -eu
source=$1
export CBX_SHIP_DIR=$2
shift 2
mkdir -p "$CBX_SHIP_DIR"
exec 9> "$CBX_SHIP_DIR/lock"
flock 9
"$source/tests/ship/prepare.sh" "$source" "$CBX_SHIP_DIR" 9>&-
flock -u 9
exec "$@" 9>&-
