#!/bin/bash
# SPDX-License-Identifier: MIT
#
# containerfile.sh SOURCE - buildah makes of deploy/Containerfile what the image of CBX_SHIP_DIR is, file for file
#
# No registry is asked: the Debian that it is built from is the one of prepare.sh.

set -eu
source=$(readlink -f "$1")
fail() { echo "containerfile.sh: $*" >&2; exit 1; }

top=$(mktemp -d)
cleanup()
{
	buildah rm -a > /dev/null || true
	buildah rmi -a -f > /dev/null || true
	rm -rf "$top"
}
trap cleanup EXIT
printf '[storage]\ndriver = "vfs"\nrunroot = "%s"\ngraphroot = "%s"\n' "$top/run" "$top/store" > "$top/storage.conf"
export CONTAINERS_STORAGE_CONF=$top/storage.conf BUILDAH_ISOLATION=chroot

base=$(buildah from scratch)
buildah add -q "$base" "$CBX_SHIP_DIR/root.tar" / > /dev/null
buildah commit -q --rm "$base" localhost/debian:bookworm > /dev/null

# a clone as somebody has it, with what is changed here and not committed yet
git clone -q --depth 1 --no-checkout "file://$source" "$top/tree"
(cd "$source" && git ls-files -z | while IFS= read -r -d '' file; do
	[ ! -e "$file" ] || printf '%s\0' "$file"
done | tar --null -T - -cf -) | tar -C "$top/tree" -xf -
git -C "$top/tree" add -A
buildah build -q --pull-never -f "$top/tree/deploy/Containerfile" -t chatterbox "$top/tree" > "$top/log" 2>&1 || {
	tail -n 40 "$top/log" >&2
	fail "buildah failed"
}

version=$(dpkg-parsechangelog -l "$source/debian/changelog" -S Version)
umoci unpack --image "$CBX_SHIP_DIR/image/oci:$version" "$top/bundle" > /dev/null 2>&1
ours=$top/bundle/rootfs
made=$(buildah mount "$(buildah from -q --pull-never localhost/chatterbox)")
# but for what says when it was made, and for what is compiled by that Debian's packages, not by this machine's
diff -r --no-dereference --exclude=sbom.spdx.json --exclude=chatterboxd --exclude=chatterboxctl \
	--exclude='libchatterbox.so.*' "$ours" "$made" || fail "the files are not those of ./dev image"
for program in /usr/sbin/chatterboxd /usr/bin/chatterboxctl; do
	said=$(chroot --userspec=65532:65532 "$made" "$program" --version)
	[ "$said" = "$(chroot "$ours" "$program" --version)" ] || fail "$program: $said"
done
rights() { (cd "$1" && find . ! -type l -printf '%p %m %U:%G\n' | grep -v '^\. ' | sort); }
diff <(rights "$ours") <(rights "$made") || fail "owners or rights are not those of ./dev image"
[ -s "$made/usr/share/doc/chatterbox/sbom.spdx.json" ] || fail "no SBOM"
config() { skopeo inspect --config "$1" | python3 -c 'import json, sys
config = json.load(sys.stdin)["config"]
keep = ["title", "licenses", "description"]
config["Labels"] = {name: config["Labels"]["org.opencontainers.image." + name] for name in keep}
print(json.dumps({name: config.get(name) for name in
	["User", "Entrypoint", "ExposedPorts", "StopSignal", "WorkingDir", "Labels"]}, indent=1, sort_keys=True))'; }
buildah push -q localhost/chatterbox "oci:$top/pushed:$version"
diff <(config "oci:$CBX_SHIP_DIR/image/oci:$version") <(config "oci:$top/pushed:$version") ||
	fail "the image says something else than that of ./dev image"
