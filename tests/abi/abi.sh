#!/bin/bash
# SPDX-License-Identifier: MIT
#
# abi.sh check|renew LIBRARY SOURCE - the binary interface against the one that was promised
#
# The promise is chatterbox.abi, in abigail's XML: each public call with its types, as the debug
# information has them; of opaque types only the names, so that what is inside may change. check compares
# the library with it and says what is different. renew writes it anew: `./dev abi`, together with the
# version in libchatterbox/meson.build. Neither sees where or with which options the library was built.

set -eu
action=$1
library=$2
source=$3
baseline=$source/tests/abi/chatterbox.abi

# Both are written alike before they are compared: abidiff on a library itself, told which headers are
# public, takes a changed member of a public struct for a private matter.
describe()
{
	readelf -S "$library" | grep -q '\.debug_info' ||
		{ echo "$library has no debug information" >&2; exit 1; }
	abidw --headers-dir "$source/include/chatterbox" --drop-private-types --exported-interfaces-only \
		--no-show-locs --no-comp-dir-path --no-corpus-path --no-architecture --no-elf-needed \
		--type-id-style hash "$library" |
		# as this build directory sees them, the paths of sources tell nobody anything
		sed "s| path='[./]*\(libchatterbox/[^']*\)'| path='\1'|"
}

case $action in
check)
	now=$(mktemp)
	trap 'rm -f "$now"' EXIT
	describe > "$now"
	code=0
	abidiff --no-show-locs "$baseline" "$now" || code=$?
	# 1 and 2: it could not compare; 4: something differs; 8: so that programs break
	if [ $((code & 8)) -ne 0 ]; then
		echo "programs would break: count abi_current up (libchatterbox/meson.build), then ./dev abi" >&2
	elif [ $((code & 4)) -ne 0 ]; then
		echo "count abi_current and, if it only adds, abi_age up (libchatterbox/meson.build), then ./dev abi" >&2
	elif [ $code -eq 0 ]; then
		echo "$(grep -c '<function-decl' "$now") functions as in tests/abi/chatterbox.abi"
	fi
	exit $((code != 0))
	;;
renew)
	describe > "$baseline.new"
	mv "$baseline.new" "$baseline"
	echo "$baseline: $(grep -c '<function-decl' "$baseline") functions"
	;;
*)
	echo "usage: abi.sh check|renew LIBRARY SOURCE" >&2
	exit 64
	;;
esac
