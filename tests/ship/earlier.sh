#!/bin/bash
# SPDX-License-Identifier: MIT
#
# earlier.sh SOURCE COMMIT VERSION OUT - packages of an earlier COMMIT, as VERSION, into OUT
#
# What was before there were packages is packaged by today's debian/, without what it did not have.

set -eu
source=$(readlink -f "$1")
commit=$2
version=$3
out=$4

fail() { echo "earlier.sh: $*" >&2; exit 1; }

git -C "$source" cat-file -e "$commit^{commit}" 2> /dev/null || fail "commit $commit is not in this clone." \
	"An upgrade can only be tested with the history: git fetch --unshallow"
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
git -C "$source" archive "$commit" | tar -C "$top" -xf -
cp -R "$source/debian" "$top/"
cd "$top"
rm -f debian/libchatterbox0.symbols debian/chatterboxctl.* debian/revision
sed -i "s/^  version: '.*',/  version: '$version',/" meson.build
sed -i "1s/(.*)/($version)/" debian/changelog
# the paragraph of a package that is not built then
sed -i '/^Package: chatterboxctl$/,/^$/d; s/chatterboxctl, //' debian/control
for file in debian/chatterbox-doc.docs debian/chatterbox-doc.examples; do
	while read -r name; do [ ! -e "$name" ] || echo "$name"; done < "$file" > kept
	mv kept "$file"
done
printf 'docs/*.md usr/share/doc/chatterbox\n' > debian/chatterbox-doc.install
# what it did not install yet is asked for by today's lists
cat > debian/install.sh <<'END'
for file in debian/*.install; do
	while read -r what where; do
		# shellcheck disable=SC2086
		for found in debian/tmp/$what $what; do
			[ ! -e "$found" ] || { echo "$what $where"; break; }
		done
	done < "$file" > kept
	mv kept "$file"
done
dh_install
END
sed 1d debian/rules > debian/today.mk
printf '#!/usr/bin/make -f\ninclude debian/today.mk\noverride_dh_missing:\noverride_dh_install:\n\tsh debian/install.sh\n' \
	> debian/rules
"$source/deploy/deb.sh" "$top" "$out"
