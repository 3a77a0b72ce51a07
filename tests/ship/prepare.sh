#!/bin/bash
# SPDX-License-Identifier: MIT
#
# prepare.sh SOURCE DIR - what the tests of this suite share: packages of this version (now, and
# again), an image of them, packages of an earlier one (earlier), and a Debian without them (root.tar)
#
# What is there is kept, but for the packages of this version, which are made anew when a tracked file
# has changed.

set -eu
source=$(readlink -f "$1")
mkdir -p "$2"
dir=$(readlink -f "$2")
here=$source/tests/ship

# the last commit before there were packages
earlier=87c5ca50dbbfd526dd39be150e218a4395cd7e34

say() { echo "$(date -u +%T) $*"; }

state=$(cd "$source" && git ls-files -s | git hash-object --stdin; cd "$source" && git diff | git hash-object --stdin)
if [ "$(cat "$dir/state" 2> /dev/null)" != "$state" ]; then
	rm -rf "$dir/now" "$dir/again" "$dir/tree" "$dir/image" "$dir/state"
	say "packages of this version"
	"$source/deploy/deb.sh" "$source" "$dir/now"
	say "once more, of the source package, elsewhere and as somebody else"
	dpkg-source --no-check -x "$dir"/now/chatterbox_*.dsc "$dir/tree" > /dev/null
	(umask 027; TZ=Asia/Tokyo LC_ALL=C "$source/deploy/deb.sh" "$dir/tree" "$dir/again")
	say "an image"
	"$source/deploy/image.sh" "$dir/now" "$dir/image"
	echo "$state" > "$dir/state"
fi
if [ ! -e "$dir/earlier.$earlier" ]; then
	say "packages of $earlier"
	rm -rf "$dir/earlier"
	"$here/earlier.sh" "$source" "$earlier" 0.0.9 "$dir/earlier"
	touch "$dir/earlier.$earlier"
fi
if [ ! -e "$dir/root.tar" ]; then
	say "a Debian"
	"$here/root.sh" make "$dir/root.part.tar" systemd-sysv dbus logrotate procps
	mv "$dir/root.part.tar" "$dir/root.tar"
fi
say "ready"
