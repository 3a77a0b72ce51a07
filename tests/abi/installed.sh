#!/bin/bash
# SPDX-License-Identifier: MIT
#
# installed.sh CC CXX BUILD SOURCE - what a stranger gets: install, pkg-config, build the examples, run
#
# The library is installed below a temporary directory, and the examples are built with nothing
# but what pkg-config says, against the shared and the static library; so is the program that
# docs/api.md begins with. A C++ host that includes every header is no worse off.

set -eu
cc=$1
cxx=$2
build=$3
source=$4
docs=$source/docs
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
# the first program of docs/api.md; the other pieces are no whole programs
awk '/^```c$/ && !n++ { on = 1; next } /^```$/ { on = 0 } on' "$docs/api.md" > "$top/first.c"
"$cc" -std=gnu11 -Wall -Wextra -Werror ${SANITIZE:+"$SANITIZE"} -o "$top/first" "$top/first.c" "${flags[@]}"
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

# it goes on for ever: what it says is looked at
cat > first.json <<-END
	{ "chatterbox": { "store": "memory", "bus": "memory", "sql": "sqlite", "sqlite_path": "$top/first.db" } }
END
./first first.json > first.out & first=$!
trap 'kill "$first" 2> /dev/null || true; rm -rf "$top"' EXIT
for _ in $(seq 300); do
	! grep -q ready first.out || break
	kill -0 "$first"
	sleep 0.1
done
kill "$first"
grep -q ready first.out
echo "the first program of docs/api.md is ready"

# The archive alone: what pkg-config --static says is enough, and the shared object is not there
mkdir static
cp "$libdir/libchatterbox.a" static/
# shellcheck disable=SC2207
flags=($(pkg-config --cflags chatterbox) $(pkg-config --static --libs chatterbox))
"$cc" -std=gnu11 ${SANITIZE:+"$SANITIZE"} -o embed-static "$source/examples/embed.c" \
	-L static "${flags[@]/#-L$libdir/-L$top/static}"
if readelf -d embed-static | grep -q 'NEEDED.*libchatterbox'; then
	echo "the static program needs the shared library" >&2
	exit 1
fi
LD_LIBRARY_PATH='' timeout 60 ./embed-static
echo "embed with libchatterbox.a ended with 0"
foreign=$(nm -g --defined-only "$libdir/libchatterbox.a" 2> /dev/null |
	awk 'NF == 3 && $2 != "w" && $3 !~ /^(cbx|chatterbox)_/ { print $3 }' | grep -v -E '^_?_(asan|odr_asan|ubsan|tsan)' || true)
[ -z "$foreign" ] || { echo "libchatterbox.a defines names that are not its own: $foreign" >&2; exit 1; }
timeout 60 ./host "$top/host.db"
echo "a C++ host with $(wc -l < all.h) headers ended with 0"
