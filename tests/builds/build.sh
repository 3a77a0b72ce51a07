#!/bin/bash
# SPDX-License-Identifier: MIT
#
# build.sh SOURCE DIR CC OPTION... - builds in DIR with CC and these options of meson, runs the unit
# tests, installs below a prefix of its own and starts what was installed

set -eu
source=$1
dir=$2
cc=$3
shift 3
prefix=$dir-prefix

command -v "$cc" > /dev/null || { echo "$cc is missing (try ./dev setup)" >&2; exit 1; }
# what the outer build was told is not meant for this one
unset CFLAGS CPPFLAGS LDFLAGS MESON_TESTTHREADS
if [ ! -f "$dir/build.ninja" ]; then
	rm -rf "$dir"
	CC=$cc meson setup "$dir" "$source" -Dwerror=true --prefix="$prefix" "$@"
fi
ninja -C "$dir" unit-tests libchatterbox/libchatterbox.a chatterboxctl/chatterboxctl \
	chatterbox-replay/chatterbox-replay
meson test -C "$dir" --no-rebuild --suite unit --print-errorlogs

rm -rf "$prefix"
meson install -C "$dir" --no-rebuild --quiet
# as a user has it: nothing in the environment says where the library is
cd /
env -i "$prefix/sbin/chatterboxd" --version
env -i "$prefix/bin/hdms-sim" --version
env -i "$prefix/bin/chatterboxctl" --version
env -i "$prefix/bin/chatterbox-replay" --version
env -i "$prefix/sbin/chatterboxd" --check-config
log=$(mktemp)
env -i NLCONF_HTTP_SERVER__PORT=0 "$prefix/sbin/chatterboxd" --demo=3 > "$log" 2>&1 &
demo=$!
trap 'kill $demo 2> /dev/null || true; rm -f "$log"' EXIT
for ((tries = 0; tries < 600; tries++)); do
	grep -q 'listens at' "$log" || { kill -0 $demo && sleep 0.1; continue; }
	break
done
grep 'listens at' "$log" || { cat "$log"; echo "the installed daemon does not start"; exit 1; }
kill -TERM $demo
wait $demo
