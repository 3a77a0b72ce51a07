#!/bin/bash
# SPDX-License-Identifier: MIT
#
# modules.sh DIR - install the Node modules of DIR/package-lock.json, unless they are there
#
# The lock file names no registry: npm uses the one it is configured for, and checks hashes.

set -eu
cd "$1"

# tests that run side by side install them once
exec 7< package-lock.json
flock 7
stamp=node_modules/.installed
if [ -f $stamp ] && cmp -s package-lock.json $stamp; then
	exit 0
fi
echo "installing the Node modules of $1"
log=$(mktemp)
if ! npm ci --ignore-scripts --no-audit --no-fund > "$log" 2>&1 < /dev/null; then
	tail -n 20 "$log" >&2
	rm -f "$log"
	exit 1
fi
rm -f "$log"
cp package-lock.json $stamp
