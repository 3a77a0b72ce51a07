#!/bin/bash
# SPDX-License-Identifier: MIT
#
# process.sh - processes and ports for servers.sh, which reads this file
#
# A process is known by its id together with its start time, so that an id which the kernel gave to
# somebody else is never touched.

first_port=20000	# below the range from which the kernel takes ports for clients
last_port=32000

fail()
{
	echo "servers.sh: $*" >&2
	exit 1
}

say_log()
{
	[ -f "$1" ] || return 0
	echo "--- the end of $1:" >&2
	tail -n 25 "$1" >&2
}

# ---- processes: a pid file holds "pid start-time", so that a reused pid is never touched

stat_fields()
{
	local line

	{ read -r line < "/proc/$1/stat"; } 2>/dev/null || return 1
	echo "${line##*) }"
}

start_time()
{
	local fields

	read -r -a fields <<< "$(stat_fields "$1")"
	[ "${fields[0]:-Z}" != Z ] || return 1
	echo "${fields[19]}"
}

remember()
{
	local since

	since=$(start_time "$2") || return 1
	echo "$2 $since" > "$1"
}

# The pid in file $1, when that very process still lives
alive()
{
	local pid since

	[ -f "$1" ] || return 1
	read -r pid since < "$1" || return 1
	[ -n "$pid" ] && [ "$(start_time "$pid")" = "$since" ] && echo "$pid"
}

# The process and all below it. No command is run for it: a test that freezes a server counts on it
tree()
{
	local task child children

	echo "$1"
	for task in "/proc/$1/task"/*/children; do
		{ read -r -a children < "$task"; } 2>/dev/null || [ ${#children[@]} -gt 0 ] || continue
		for child in "${children[@]}"; do
			tree "$child"
		done
	done
}

# A zombie counts as gone only when its last thread is: until then its sockets are open
gone()
{
	local pid tasks

	for pid in "$@"; do
		start_time "$pid" > /dev/null && return 1
		tasks=("/proc/$pid/task"/*)
		[ ${#tasks[@]} -le 1 ] || return 1
	done
	return 0
}

# Ends the process of pid file $1 and all below it, at once, and waits until they are gone
end()
{
	local pid pids tries=0

	pid=$(alive "$1") || { rm -f "$1"; return 0; }
	# frozen first: while they are counted no new ones come
	kill -STOP "$pid" 2>/dev/null
	mapfile -t pids < <(tree "$pid")
	kill -KILL "${pids[@]}" 2>/dev/null
	until gone "${pids[@]}"; do
		tries=$((tries + 1))
		[ $tries -lt 100 ] || fail "process $pid does not end"
		sleep 0.05
	done
	rm -f "$1"
}

# ---- ports

answers()
{
	(exec 5<> "/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# A port is taken by a file of its number that names the set: ports of sets that start at the same
# time are not listened on yet. What a killed set has left there is anybody's.
ports=${TMPDIR:-/tmp}/cbx-ports-$(id -u)

# take_port DIR: sets $port
take_port()
{
	local tries=0 holder

	mkdir -p "$ports"
	while [ $tries -lt 200 ]; do
		port=$((first_port + (RANDOM * 32768 + RANDOM) % (last_port - first_port)))
		tries=$((tries + 1))
		holder=$(cat "$ports/$port" 2>/dev/null) && [ -n "$holder" ] && [ ! -d "$holder" ] &&
			rm -f "$ports/$port"
		(set -o noclobber && echo "$1" > "$ports/$port") 2>/dev/null || continue
		answers "$port" || return 0
		rm -f "$ports/$port"
	done
	fail "no free port between $first_port and $last_port"
}

give_ports_back()
{
	grep -lxF -e "$1" "$ports"/* 2>/dev/null | xargs -r rm -f
}

# wait_for NAME SECONDS PIDFILE LOG TEST...: until TEST is true; a dead process ends the wait
wait_for()
{
	local name=$1 limit=$((SECONDS + $2)) pidfile=$3 log=$4

	shift 4
	until "$@"; do
		if ! alive "$pidfile" > /dev/null; then
			echo "servers.sh: $name ended while it started" >&2
			say_log "$log"
			return 1
		fi
		if [ $SECONDS -ge $limit ]; then
			echo "servers.sh: $name does not answer in time" >&2
			say_log "$log"
			return 1
		fi
		sleep 0.05
	done
}

# detach PIDFILE LOG COMMAND...: run it in a session of its own, away from our files
detach()
{
	local pidfile=$1 log=$2

	shift 2
	setsid "$@" < /dev/null >> "$log" 2>&1 8>&- 9>&- &
	remember "$pidfile" $! || true
	disown
}
