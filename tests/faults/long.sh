#!/bin/bash
# SPDX-License-Identifier: MIT
#
# long.sh faults|soak BUILD [OPTION...] - the kill loop or the soak, for longer than the suite has time
#
# ./dev calls it. Each option is a variable of the test: --kills, --rigs, --seed; --minutes, --seed.

set -eu
here=$(dirname "$(readlink -f "$0")")
name=$1
build=$2
shift 2
while [ $# -gt 1 ]; do
	case $name$1 in
	faults--kills) export CBX_KILLS=$2 ;;
	faults--rigs) export CBX_RIGS=$2 ;;
	soak--minutes) export CBX_SOAK_MINUTES=$2 ;;
	*--seed) export CBX_SEED=$2 ;;
	*) break ;;
	esac
	shift 2
done
if [ $# -gt 0 ]; then
	echo "usage: ./dev faults [--kills N] [--rigs N] [--seed S] | soak [--minutes N] [--seed S]" >&2
	exit 64
fi
[ "$name" = soak ] || name=kills
exec "$here/../kit/servers/servers.sh" run "$here/../servers/e2e/run.sh" "../../faults/$name" \
	"$build/chatterboxd/chatterboxd" "$build/examples/hdms-sim/hdms-sim"
