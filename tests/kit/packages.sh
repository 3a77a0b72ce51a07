#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034
#
# packages.sh - what a machine needs, and how ./dev, which reads this file, gets it there
#
# The demo needs few packages, the tests more, lint the rest.

# "package" or "package:program" - the latter is satisfied by the program, whoever brought it
for_demo='gcc:gcc libc6-dev meson:meson ninja-build:ninja pkg-config:pkg-config libhiredis-dev
	librabbitmq-dev libpq-dev libjansson-dev libsqlite3-dev libmicrohttpd-dev
	libgnutls28-dev libssl-dev libcurl4-openssl-dev zlib1g-dev uthash-dev'
for_test='g++:g++ check abigail-tools:abidiff redis-server rabbitmq-server postgresql
	prometheus:promtool nodejs:node npm:npm faketime:faketime openssl:openssl
	haproxy:haproxy nginx-light:nginx chromium:chromium fonts-dejavu-core valgrind:valgrind
	golang-go:go golang-github-masterminds-sprig-dev golang-gopkg-yaml.v3-dev'
for_deb='git:git debhelper dpkg-dev:dpkg-buildpackage python3:python3'
for_image='mmdebstrap:mmdebstrap umoci:umoci skopeo:skopeo'
# libyajl-dev is for the earlier version that is upgraded from
for_ship='lintian:lintian buildah:buildah pgbouncer stunnel4:stunnel4 libyajl-dev'
for_valgrind='valgrind:valgrind curl:curl'
for_docs='doxygen:doxygen python3:python3'
for_fuzz='git:git clang:clang libclang-rt-dev llvm'
for_lint='git:git clang:clang clang-format:clang-format clang-tidy:clang-tidy shellcheck:shellcheck'

say() { printf '%s\n' "$*"; }
fail() { printf './dev: %s\n' "$*" >&2; exit 1; }

missing_packages()
{
	local entry package program

	# shellcheck disable=SC2048
	for entry in $*; do
		package=${entry%%:*}
		program=${entry#"$package"}
		program=${program#:}
		[ -z "$program" ] || ! command -v "$program" > /dev/null 2>&1 || continue
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
			echo "$package"
	done
}

# Runs apt-get with the services it brings kept from starting, now and at the next boot
install_packages()
{
	local log

	log=$(mktemp)
	say "installing: $*"
	if ! as_root /bin/sh -s "$@" > "$log" 2>&1 <<-'END'
		policy=/usr/sbin/policy-rc.d
		if [ ! -e "$policy" ]; then
			printf '#!/bin/sh\nexit 101\n' > "$policy"
			chmod 755 "$policy"
			trap 'rm -f "$policy"' EXIT
		fi
		export DEBIAN_FRONTEND=noninteractive
		apt-get update -qq
		apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "$@" < /dev/null || exit 1
		[ -d /run/systemd/system ] || exit 0
		for package in "$@"; do
			case $package in
			redis-server|rabbitmq-server|postgresql|prometheus|pgbouncer|haproxy|stunnel4)
				systemctl disable "$package" ;;
			nginx-light) systemctl disable nginx ;;
			esac
		done
		exit 0
	END
	then
		tail -n 20 "$log" >&2
		rm -f "$log"
		fail "could not install the packages"
	fi
	rm -f "$log"
}

as_root()
{
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo > /dev/null; then
		sudo "$@"
	else
		fail "not root and no sudo; install by hand: $missing"
	fi
}

need()
{
	missing=$(missing_packages "$@" | tr '\n' ' ')
	[ -n "$missing" ] || return 0
	command -v apt-get > /dev/null || {
		say "no apt-get here; make sure that you have what these Debian packages hold: $missing"
		return 0
	}
	# shellcheck disable=SC2086
	install_packages $missing
}
