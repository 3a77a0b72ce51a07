#!/bin/bash
# SPDX-License-Identifier: MIT
#
# image.sh PACKAGES OUT - an OCI image of the packages of deb.sh, in the layout OUT/oci, and OUT/sbom.spdx.json
#
# It holds chatterboxd, chatterboxctl, the libraries that they load, the certificates of authorities, and what
# says who made them: no shell, no package manager. Nothing but Debian's packages is fetched. Needs root.

set -eu
packages=$(readlink -f "$1")
mkdir -p "$2"
out=$(readlink -f "$2")
here=$(dirname "$(readlink -f "$0")")
uid=65532

fail() { echo "image.sh: $*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || fail "only root can unpack a Debian"
top=$(mktemp -d "$out/.build.XXXXXX")
trap 'rm -rf "$top"' EXIT
full=$top/full
root=$top/root

ours=()
for name in libchatterbox0 chatterboxd chatterboxctl; do
	ours+=("$packages/${name}"_*.deb)
	[ -f "${ours[-1]}" ] || fail "$name is not in $packages: make it by ./dev deb"
done
version=$(dpkg-deb -f "${ours[1]}" Version)
architecture=$(dpkg-deb -f "${ours[1]}" Architecture)
library=$(dpkg-deb --fsys-tarfile "${ours[0]}" | tar -C "$top" -xf - --wildcards '*/libchatterbox.so.0.*' &&
	find "$top" -name 'libchatterbox.so.0.*')
# of ./dev deb, in the text of chatterbox_build_info
revision=$(grep -a -o -z -x -E '[0-9a-f]{12}' "$library" | tr -d '\0' | head -c 12)
changes=("$packages"/*.changes)
SOURCE_DATE_EPOCH=$(date -u +%s -d "$(sed -n 's/^Date: //p' "${changes[0]}")")
export SOURCE_DATE_EPOCH
created=$(date -u +%Y-%m-%dT%H:%M:%SZ -d "@$SOURCE_DATE_EPOCH")

# ---- a Debian to take files from

needs=$(for deb in "${ours[@]}"; do dpkg-deb -f "$deb" Depends | tr ',' '\n'; done |
	sed 's/|.*//; s/(.*//; s/ //g' | grep -v -E '^(libchatterbox0|systemd)$' | sort -u | paste -sd,)
sources=()
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
	[ ! -s "$file" ] || sources+=("$file")
done
# shellcheck disable=SC1091
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
mmdebstrap --quiet --variant=apt --include="$needs,ca-certificates" "$release" "$full" "${sources[@]}" ||
	fail "mmdebstrap failed"
for deb in "${ours[@]}"; do
	dpkg-deb --fsys-tarfile "$deb" | tar -C "$full" --keep-directory-symlink -xf -
done

# ---- what the programs load, and no more

"$here/closure.py" "$full" "$root" "$top/owners.json" "$packages" /usr/sbin/chatterboxd /usr/bin/chatterboxctl
"$here/files.sh" "$full" "$root"
"$here/sbom.py" "$top/owners.json" "$version" "$created" > "$out/sbom.spdx.json"
cp "$out/sbom.spdx.json" "$root/usr/share/doc/chatterbox/"
find "$root" -depth -exec touch --no-dereference -d "@$SOURCE_DATE_EPOCH" {} +

# ---- the image

rm -rf "$out/oci"
umoci init --layout "$out/oci"
umoci new --image "$out/oci:$version"
history=(--history.created "$created" --history.created_by "image.sh")
umoci insert "${history[@]}" --image "$out/oci:$version" "$root" /
umoci config "${history[@]}" --image "$out/oci:$version" --created "$created" --os linux \
	--architecture "$architecture" --config.user "$uid:$uid" --config.workingdir / \
	--config.entrypoint /usr/sbin/chatterboxd --config.exposedports 3041/tcp --config.stopsignal SIGTERM \
	--config.label org.opencontainers.image.title=chatterbox \
	--config.label "org.opencontainers.image.version=$version" \
	--config.label "org.opencontainers.image.revision=${revision:-unknown}" \
	--config.label "org.opencontainers.image.created=$created" \
	--config.label org.opencontainers.image.licenses=MIT \
	--config.label "org.opencontainers.image.description=How every music download on every venue system is going"
umoci gc --layout "$out/oci"
echo "$out/oci:$version, $(du -sm "$root" | cut -f 1) MB unpacked"
