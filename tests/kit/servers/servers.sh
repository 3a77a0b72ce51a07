#!/bin/bash
# SPDX-License-Identifier: MIT
#
# servers.sh - the real Redis, RabbitMQ and PostgreSQL as private processes for tests
#
# Each set of servers lives in one directory of its own, listens on free loopback ports, is known by
# process ids (never by name), and is gone after `stop`. A set has one test at a time, which may
# kill its servers: tests that run side by side have a set each. Nothing outside that directory is
# read or written, but for the list of ports that are taken; services of the machine are left alone.

set -u
set -o pipefail

me=$(readlink -f "$0")
kit=$(dirname "$me")
# shellcheck source=tests/kit/servers/process.sh
. "$kit/process.sh"
# shellcheck source=tests/kit/servers/server_kinds.sh
. "$kit/server_kinds.sh"

usage()
{
	cat <<-END
	usage: servers.sh COMMAND ...

	  start [DIR]                start all three; prints DIR, writes DIR/env
	  stop DIR                   end exactly these processes, remove DIR
	  kill DIR redis|rmq|pg      end one at once (kill -9)
	  up DIR redis|rmq|pg        start it again: same port, same data; waits until it answers
	  pause|cont DIR redis|rmq|pg  freeze it, let it go on (SIGSTOP, SIGCONT)
	  rabbitmqctl DIR ARG...     rabbitmqctl on this broker
	  run COMMAND [ARG...]       start, run COMMAND with the environment of DIR/env, stop;
	                             the exit code is the command's. With CBX_TEST_DIR set, the
	                             servers that run there are used and left running; with
	                             CBX_TEST_POOL set, a set of that pool that nobody uses
	  pool COMMAND [ARG...]      run COMMAND with CBX_TEST_POOL set, stop the sets that were
	                             started meanwhile
	END
}

# ---- the set

load()
{
	dir=$(readlink -f "${1:-}") || fail "no such directory: ${1:-}"
	[ -f "$dir/env" ] || fail "no servers in ${1:-(no directory named)}"
	# shellcheck disable=SC1091
	. "$dir/env"
	find_programs
}

write_env()
{
	cat > "$1/env" <<-END
	export CBX_TEST_DIR='$1'
	export CBX_TEST_SERVERS_SH='$me'
	export CBX_TEST_REDIS_PORT=$CBX_TEST_REDIS_PORT
	export CBX_TEST_RMQ_PORT=$CBX_TEST_RMQ_PORT
	export CBX_TEST_RMQ_USER=guest
	export CBX_TEST_RMQ_PASSWORD=guest
	export CBX_TEST_RMQ_DIST_PORT=$CBX_TEST_RMQ_DIST_PORT
	export CBX_TEST_EPMD_PORT=$CBX_TEST_EPMD_PORT
	export CBX_TEST_PG_PORT=$CBX_TEST_PG_PORT
	export CBX_TEST_PG_DATABASE=$CBX_TEST_PG_DATABASE
	export CBX_TEST_PG_USER=$CBX_TEST_PG_USER
	export CBX_TEST_PG_PASSWORD=chatterbox
	END
}

start_all()
{
	local redis_job rabbit_job pg_job ok=0

	find_programs
	dir=${1:-}
	if [ -n "$dir" ]; then
		[ ! -e "$dir/env" ] || fail "there are servers in $dir already"
		mkdir -p "$dir" || exit 1
		dir=$(readlink -f "$dir")
	else
		dir=$(mktemp -d "${TMPDIR:-/tmp}/cbx-servers.XXXXXX") || exit 1
	fi
	take_port "$dir"; CBX_TEST_REDIS_PORT=$port
	take_port "$dir"; CBX_TEST_RMQ_PORT=$port
	take_port "$dir"; CBX_TEST_RMQ_DIST_PORT=$port
	take_port "$dir"; CBX_TEST_EPMD_PORT=$port
	take_port "$dir"; CBX_TEST_PG_PORT=$port
	CBX_TEST_PG_DATABASE=chatterbox
	CBX_TEST_PG_USER=chatterbox
	write_env "$dir"

	rabbit_up "$dir" & rabbit_job=$!
	redis_up "$dir" & redis_job=$!
	{ pg_init "$dir" && pg_up "$dir" && pg_database; } & pg_job=$!
	wait $rabbit_job || ok=1
	wait $redis_job || ok=1
	wait $pg_job || ok=1
	if [ $ok != 0 ]; then
		stop_all "$dir"
		fail "not all servers started"
	fi
}

# An immediate shutdown, which unlike kill -9 gives its shared memory back
pg_quit()
{
	local pid tries=0

	pid=$(alive "$1/pg.pid") || return 0
	kill -QUIT "$pid"
	kill -CONT "$pid"
	until gone "$pid"; do
		tries=$((tries + 1))
		[ $tries -lt 100 ] || return 0
		sleep 0.05
	done
}

stop_all()
{
	local name

	[ -f "$1/env" ] || return 0
	pg_quit "$1"
	for name in redis rmq pg epmd; do
		end "$1/$name.pid"
	done
	give_ports_back "$1"
	rm -rf "$1"
}

stop_pool()
{
	local set

	for set in "$1"/*/; do
		stop_all "${set%/}"
	done
	rm -rf "$1"
}

each()	# each VERB DIR NAME
{
	local pid pids

	load "$2"
	case ${3:-} in
	redis|rmq|pg) ;;
	*) fail "which one: redis, rmq or pg?" ;;
	esac
	if [ "$1" = up ]; then
		alive "$dir/$3.pid" > /dev/null && fail "$3 runs already"
		case $3 in
		redis) redis_up "$dir" ;;
		rmq) rabbit_up "$dir" ;;
		pg) pg_up "$dir" ;;
		esac
		return
	fi
	pid=$(alive "$dir/$3.pid") || fail "$3 does not run"
	case $1 in
	kill)
		end "$dir/$3.pid" ;;
	pause)
		kill -STOP "$pid"
		mapfile -t pids < <(tree "$pid")
		kill -STOP "${pids[@]}" ;;
	cont)
		mapfile -t pids < <(tree "$pid")
		kill -CONT "${pids[@]}" ;;
	esac
}

# Stops the servers in $1 should this process be killed in a way that no trap sees
guard()
{
	mkfifo "$1/alive"
	# shellcheck disable=SC2016
	setsid /bin/sh -c 'cat "$1/alive" > /dev/null; exec "$2" stop "$1"' guard "$1" "$me" \
		< /dev/null > /dev/null 2>&1 &
	disown
	exec 9> "$1/alive"
}

# What an earlier test killed or froze and, having failed, did not bring back
revive()
{
	local name

	load "$CBX_TEST_DIR"
	for name in redis rmq pg; do
		if alive "$dir/$name.pid" > /dev/null; then
			each cont "$dir" $name
		else
			echo "servers.sh: $name was left dead by an earlier test" >&2
			each up "$dir" $name || exit 1
		fi
	done
}

# A set of the pool that nobody uses, until this process ends: one that is there, or a new one
borrow()
{
	local slot

	for ((slot = 1; slot < 100; slot++)); do
		exec 8> "$CBX_TEST_POOL/$slot.lock"
		flock -n 8 && break
	done
	[ $slot -lt 100 ] || fail "a hundred tests at once?"
	dir=$CBX_TEST_POOL/$slot
	if [ -f "$dir/env" ] && ! (CBX_TEST_DIR=$dir revive); then
		stop_all "$dir"
	fi
	[ -f "$dir/env" ] || start_all "$dir"
}

# The rest of run and pool: COMMAND..., which must not keep a pool's lock or the guard alive
follow()
{
	local code command

	trap 'kill -TERM "${command:-}" 2>/dev/null; exit 143' TERM HUP
	trap 'kill -INT "${command:-}" 2>/dev/null; exit 130' INT
	"$@" <&0 8>&- 9>&- &
	command=$!
	wait $command
	code=$?
	exit $code
}

run()
{
	[ $# -gt 0 ] || { usage >&2; exit 64; }
	if [ -n "${CBX_TEST_DIR:-}" ]; then
		revive
		exec "$@"
	fi
	if [ -n "${CBX_TEST_POOL:-}" ]; then
		borrow
	else
		start_all
		trap 'trap - EXIT; stop_all "$dir"' EXIT
		guard "$dir"
	fi
	# shellcheck disable=SC1091
	. "$dir/env"
	follow "$@"
}

pool()
{
	[ $# -gt 0 ] || { usage >&2; exit 64; }
	CBX_TEST_POOL=$(mktemp -d "${TMPDIR:-/tmp}/cbx-pool.XXXXXX") || exit 1
	export CBX_TEST_POOL
	chmod 711 "$CBX_TEST_POOL" # postgres runs as another user
	trap 'trap - EXIT; stop_pool "$CBX_TEST_POOL"' EXIT
	guard "$CBX_TEST_POOL"
	follow "$@"
}

verb=${1:-}
[ $# -eq 0 ] || shift
case $verb in
start) start_all "${1:-}"; echo "$dir" ;;
stop)
	[ -n "${1:-}" ] || { usage >&2; exit 64; }
	[ -d "$1" ] || exit 0
	if [ -f "$1/env" ]; then
		stop_all "$(readlink -f "$1")"
	elif [ -p "$1/alive" ]; then
		stop_pool "$(readlink -f "$1")"
	else
		fail "no servers in $1"
	fi ;;
kill|up|pause|cont) each "$verb" "${1:-}" "${2:-}" ;;
rabbitmqctl) load "${1:-}"; shift; rabbit_ctl "$dir" "$@" ;;
run) run "$@" ;;
pool) pool "$@" ;;
help|--help|-h) usage ;;
*) usage >&2; exit 64 ;;
esac
