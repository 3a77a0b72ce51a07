#!/bin/bash
# SPDX-License-Identifier: MIT
#
# fetch.sh NAME... - the tarballs that subprojects/NAME.wrap names, out of Debian's source packages
#
# Meson would fetch them from the address in the wrap. A machine that has Debian's packages gets the
# same bytes (the hash says so) from where it gets those, and the test needs no other host.

set -eu
cd "$(dirname "$(readlink -f "$0")")/../../subprojects"
cache=$PWD/packagecache

# field WRAP NAME
field() { sed -n "s/^$2 *= *//p" "$1.wrap"; }

cached() { echo "$(field "$1" source_hash)  $cache/$(field "$1" source_filename)" | sha256sum --check --status 2>/dev/null; }

missing=()
for name in "$@"; do
	cached "$name" || missing+=("$name")
done
[ ${#missing[@]} -gt 0 ] || exit 0

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
mkdir -p "$dir/lists/partial" "$cache"
# where the packages come from, there are their sources
# shellcheck disable=SC2016
apt-get indextargets --format 'deb-src $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
	sort -u > "$dir/sources.list"
apt=(-o Dir::Etc::SourceList="$dir/sources.list" -o Dir::Etc::SourceParts=- -o Dir::State::Lists="$dir/lists")
apt-get -qq "${apt[@]}" update
cd "$dir"
for name in "${missing[@]}"; do
	# Only the tarball is of use; whether the rest was there does not matter
	apt-get -qq "${apt[@]}" source --download-only "$name" > "$dir/log" 2>&1 || true
	cd "$cache/.."
	for tarball in "$dir/$name"_*.orig.tar.*; do
		[ "$(sha256sum < "$tarball" 2>/dev/null)" = "$(field "$name" source_hash)  -" ] || continue
		cp "$tarball" "$cache/$(field "$name" source_filename)"
	done
	if ! cached "$name"; then
		cat "$dir/log" >&2
		echo "fetch.sh: Debian's source package of $name has not the tarball of $name.wrap" >&2
		exit 1
	fi
	cd "$dir"
done
