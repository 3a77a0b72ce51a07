#!/bin/sh
# SPDX-License-Identifier: MIT
#
# files.sh FULL ROOT - what an image needs besides the programs (closure.py) of the Debian FULL

set -eu
full=${1%/}
root=$2
uid=65532

mkdir -p "$root/etc/ssl/certs" "$root/etc/chatterbox" "$root/run/secrets" "$root/var/lib/chatterbox" "$root/tmp" \
	"$root/usr/share/doc/chatterbox"
cp "$full/etc/ssl/certs/ca-certificates.crt" "$root/etc/ssl/certs/"
cat > "$root/etc/passwd" <<-END
	root:x:0:0:root:/:/sbin/nologin
	chatterbox:x:$uid:$uid:chatterbox:/var/lib/chatterbox:/sbin/nologin
END
printf 'root:x:0:\nchatterbox:x:%d:\n' $uid > "$root/etc/group"
printf 'passwd: files\ngroup: files\nhosts: files dns\n' > "$root/etc/nsswitch.conf"
chown -R 0:0 "$root"
chown $uid:$uid "$root/var/lib/chatterbox"
chmod 1777 "$root/tmp"
