#!/bin/bash
# SPDX-License-Identifier: MIT
#
# installed.sh CC CXX BUILD SOURCE - what a stranger gets: install, pkg-config, build the examples, run
#
# The library is installed below a temporary directory, and the examples are built with nothing
# but what pkg-config says; and a C++ host that includes every header is no worse off.

set -eu
cc=$1
cxx=$2
build=$3
source=$4
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
(cd "$(pkg-config --variable=includedir chatterbox)" &&
	for header in chatterbox/*.h; do echo "#include <$header>"; done) > "$top/all.h"
"$cxx" -std=c++11 -Wall -Wextra -Werror -pedantic ${SANITIZE:+"$SANITIZE"} -I "$top" -o "$top/host" \
	"$source/tests/abi/host.cc" "${flags[@]}"
export LD_LIBRARY_PATH=$libdir
if readelf -d "$top/embed" | grep NEEDED | grep -q -v -E 'libchatterbox|libc\.|libasan|libubsan|libtsan'; then
	echo "an application gets more than libchatterbox to link:" >&2
	readelf -d "$top/embed" | grep NEEDED >&2
	exit 1
fi
cd "$top"
timeout 60 ./embed
echo "embed ended with 0"
timeout 60 ./host "$top/host.db"
echo "a C++ host with $(wc -l < all.h) headers ended with 0"
