#!/bin/sh
# SPDX-License-Identifier: MIT
#
# short_io.sh SHIM SEEDS PROGRAM... - runs the program with short_io.so before libc, once a seed
#
# Passes when the program does and the shim has done something.

set -u
shim=$1
seeds=$2
shift 2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# of a sanitizer, its runtime comes first
first=$(ldd "$1" | sed -n 's/.*=> \(.*lib[at]san\.so[^ ]*\).*/\1/p' | head -1)
for seed in $seeds; do
	CBX_SHORT_IO=$seed LD_PRELOAD="${first:+$first }$shim" "$@" > "$log" 2>&1
	code=$?
	if [ $code != 0 ]; then
		tail -n 15 "$log"
		echo "seed $seed: $1 ended with $code"
		exit 1
	fi
	# the processes that the test starts say it, too
	done=$(grep -E '^short_io: [0-9]* short, [1-9]' "$log" | tail -n 1)
	echo "seed $seed: ${done:-the shim has done nothing}"
	[ -n "$done" ] || exit 1
done
