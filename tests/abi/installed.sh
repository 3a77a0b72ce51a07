#!/bin/bash
# SPDX-License-Identifier: MIT
#
# installed.sh CC BUILD SOURCE - what a stranger gets: install, pkg-config, build the examples, run
#
# The library is installed below a temporary directory, and the examples are built with nothing
# but what pkg-config says, as C and, so that a C++ host is no worse off, linked from C++ too.

set -eu
cc=$1
build=$2
source=$3
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT

meson install -C "$build" --no-rebuild --quiet --destdir "$top/root"
pc=$(find "$top/root" -name chatterbox.pc)
[ -n "$pc" ] || { echo "no chatterbox.pc is installed" >&2; exit 1; }
# the file names its final place; here that is below the root
mkdir "$top/pc"
sed "s|^prefix=|prefix=$top/root|" "$pc" > "$top/pc/chatterbox.pc"
export PKG_CONFIG_PATH=$top/pc
export PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
libdir=$(pkg-config --variable=libdir chatterbox)

# shellcheck disable=SC2207
flags=($(pkg-config --cflags --libs chatterbox))
for example in embed print_active_jobs; do
	"$cc" -std=gnu11 -Wall -Wextra -Werror ${SANITIZE:+"$SANITIZE"} -o "$top/$example" \
		"$source/examples/$example.c" "${flags[@]}"
done
export LD_LIBRARY_PATH=$libdir
if readelf -d "$top/embed" | grep NEEDED | grep -q -v -E 'libchatterbox|libc\.|libasan|libubsan|libtsan'; then
	echo "an application gets more than libchatterbox to link:" >&2
	readelf -d "$top/embed" | grep NEEDED >&2
	exit 1
fi
cd "$top"
timeout 60 ./embed
echo "embed ended with 0"
