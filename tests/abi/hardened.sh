#!/bin/bash
# SPDX-License-Identifier: MIT
#
# hardened.sh PROGRAM... - each was built with what makes a fault in memory harder to use

set -eu
for program in "$@"; do
	headers=$(readelf -hldW "$program")
	symbols=$(readelf -sW --dyn-syms "$program")
	has() { grep -qE "$1" <<< "$2" || { echo "$program: no $3" >&2; exit 1; }; }
	has 'Type: +DYN' "$headers" 'position-independent code'
	has 'GNU_RELRO' "$headers" 'read-only relocations'
	has 'BIND_NOW|FLAGS_1.*NOW' "$headers" 'immediate binding'
	has 'GNU_STACK +[^ ]+ [^ ]+ [^ ]+ [^ ]+ [^ ]+ RW +' "$headers" 'stack without code'
	has '__stack_chk_fail' "$symbols" 'stack protector'
	has '__(snprintf|memcpy|vsnprintf)_chk' "$symbols" '_FORTIFY_SOURCE'
	echo "$program: hardened"
done
