#!/bin/bash
# SPDX-License-Identifier: MIT
#
# deb.sh SOURCE OUT - Debian packages of the tree SOURCE, as its tracked files are now, into OUT
#
# It is built in a copy, so that nothing of SOURCE or of its build directories gets in. The same files
# make the same packages, byte for byte, wherever and whenever they are built with the same packages of Debian.

set -eu
source=$(readlink -f "$1")
mkdir -p "$2"
out=$(readlink -f "$2")

fail() { echo "deb.sh: $*" >&2; exit 1; }

top=$(mktemp -d "$out/.build.XXXXXX")
trap 'rm -rf "$top"' EXIT
version=$(sed -n '1s/.*(\(.*\)).*/\1/p' "$source/debian/changelog")
tree=$top/chatterbox-$version
mkdir "$tree"
if [ -e "$source/.git" ]; then
	# what is deleted and not committed yet is listed, too
	(cd "$source" && git ls-files -z | while IFS= read -r -d '' file; do
		[ ! -e "$file" ] || printf '%s\0' "$file"
	done | tar --null -T - -cf -) | tar -C "$tree" -xf -
	git -C "$source" rev-parse --short=12 HEAD > "$tree/debian/revision"
else
	tar -C "$source" --exclude='./build*' --exclude=node_modules -cf - . | tar -C "$tree" -xf -
fi
# rights are part of a source package; what the umask was is not
chmod -R u=rwX,go=rX "$tree"

log=$out/build.log
export SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH=$(dpkg-parsechangelog -l "$tree/debian/changelog" -S Timestamp)
unset CFLAGS CPPFLAGS LDFLAGS
(cd "$tree" && dpkg-buildpackage -us -uc --build=full) > "$log" 2>&1 || {
	grep -E -A 5 "error:|FAILED|ERROR" "$log" | cut -c 1-300 | tail -n 40 >&2
	fail "dpkg-buildpackage failed; all it said is in $log"
}
find "$top" -maxdepth 1 -type f -exec mv -f -t "$out" {} +
