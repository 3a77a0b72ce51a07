#!/bin/bash
# SPDX-License-Identifier: MIT
#
# root.sh - a fresh Debian in a directory, with its own systemd as process 1 where it runs
#
# It has its own mounts, processes and names, and the network of this machine, so that the servers of a
# test on loopback are its servers, too. Needs root. Nothing outside the directory is written.

set -eu

usage()
{
	cat <<-END
	usage: root.sh COMMAND ...

	  make TAR PACKAGE...   a minimal Debian of this machine's release and sources, and these packages
	  boot DIR              starts systemd in DIR, and waits until it runs; writes DIR.pid
	  in DIR COMMAND...     runs a command there
	  halt DIR              ends all its processes
	END
}

fail() { echo "root.sh: $*" >&2; exit 1; }

cmd_make()
{
	local tar=$1 sources=() release file include

	shift
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
		[ ! -s "$file" ] || sources+=("$file")
	done
	# shellcheck disable=SC1091
	release=$(. /etc/os-release && echo "$VERSION_CODENAME")
	include=$(IFS=,; echo "$*")
	mmdebstrap --quiet --variant=apt --include="$include" --skip=cleanup/apt/lists "$release" "$tar" \
		"${sources[@]}" || fail "mmdebstrap failed"
}

# Runs as the first process of the new namespaces, before systemd
enter()
{
	local dir=$1 node

	mount --make-rprivate /
	mount --bind "$dir" "$dir"
	cd "$dir"
	mount -t proc proc proc
	mount -t sysfs -o ro sysfs sys
	mount -t tmpfs -o mode=755 tmpfs run
	mount -t tmpfs tmpfs tmp
	mount -t tmpfs -o mode=755 tmpfs dev
	for node in null zero full random urandom tty; do
		touch "dev/$node"
		mount --bind "/dev/$node" "dev/$node"
	done
	ln -s /proc/self/fd dev/fd
	mkdir dev/shm dev/pts
	mount -t tmpfs -o mode=1777 tmpfs dev/shm
	mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
	ln -s pts/ptmx dev/ptmx
	mount -t cgroup2 cgroup2 sys/fs/cgroup
	# not chroot: who lives in one may make no user namespace
	pivot_root . .
	umount -l .
	# systemd hands mounts to the units by it, and leaves that to who made the container
	mount --make-rshared /
	exec env -i container=chatterbox PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		/lib/systemd/systemd --log-target=journal --show-status=no
}

init_of()
{
	local pid

	pid=$(cat "$1.pid" 2> /dev/null) || fail "$1 is not booted"
	[ -d "/proc/$pid" ] || fail "$1 has ended"
	echo "$pid"
}

cmd_in()
{
	local pid

	pid=$(init_of "$1")
	shift
	# its cgroup, too, so that nothing of it outlives its first process
	exec nsenter --target "$pid" --mount --uts --ipc --pid --cgroup --root --wdns=/ env -i \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
		"$@"
}

cmd_boot()
{
	local dir outer tries state pid

	dir=$(readlink -f "$1")
	setsid unshare --mount --uts --ipc --pid --cgroup --fork --kill-child "$0" enter "$dir" \
		> "$dir.log" 2>&1 < /dev/null &
	outer=$!
	for ((tries = 0; tries < 600; tries++)); do
		pid=$(cat "/proc/$outer/task/$outer/children" 2> /dev/null) || { cat "$dir.log" >&2; fail "it ended"; }
		pid=${pid%% *}
		if [ -n "$pid" ]; then
			echo "$pid" > "$dir.pid"
			state=$("$0" in "$dir" systemctl is-system-running 2> /dev/null) || true
			case $state in running|degraded) return ;; esac
		fi
		sleep 0.1
	done
	kill -9 "$pid"
	fail "it does not come up: ${state:-nothing said}"
}

cmd_halt()
{
	local pid tries

	pid=$(cat "$1.pid" 2> /dev/null) || return 0
	kill -9 "$pid" 2> /dev/null || true
	for ((tries = 0; tries < 100; tries++)); do
		[ -d "/proc/$pid" ] || break
		sleep 0.1
	done
	rm -f "$1.pid"
}

[ "$(id -u)" = 0 ] || fail "only root can make a system of its own"
command=${1:-}
[ $# -eq 0 ] || shift
case $command in
make|boot|in|halt) "cmd_$command" "$@" ;;
enter) enter "$@" ;;
*) usage >&2; exit 64 ;;
esac
