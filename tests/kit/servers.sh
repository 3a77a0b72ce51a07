#!/bin/bash
# SPDX-License-Identifier: MIT
#
# servers.sh - the real Redis, RabbitMQ and PostgreSQL as private processes for tests
#
# It decides how a test gets its servers: each set lives in one directory of its own, listens on
# free loopback ports, is known by process ids (never by name), and is gone after `stop`.
# Nothing outside that directory is read or written; services of the machine are left alone.

set -u
set -o pipefail

me=$(readlink -f "$0")
first_port=20000	# below the range from which the kernel takes ports for clients
last_port=32000

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
	                             servers that run there are used and left running
	END
}

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

	fields=$(stat_fields "$1") || return 1
	[ "${fields%% *}" != Z ] || return 1
	echo "$fields" | cut -d ' ' -f 20
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

children()
{
	local stat pid fields parent

	for stat in /proc/[0-9]*/stat; do
		pid=${stat#/proc/}
		pid=${pid%/stat}
		fields=$(stat_fields "$pid") || continue
		read -r _ parent _ <<< "$fields"
		[ "$parent" = "$1" ] && echo "$pid"
	done
}

tree()
{
	local child

	echo "$1"
	for child in $(children "$1"); do
		tree "$child"
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

declare -A taken=()

free_port()
{
	local tries=0

	while [ $tries -lt 200 ]; do
		port=$((first_port + (RANDOM * 32768 + RANDOM) % (last_port - first_port)))
		tries=$((tries + 1))
		[ -z "${taken[$port]:-}" ] || continue
		answers "$port" && continue
		taken[$port]=1
		return 0
	done
	fail "no free port between $first_port and $last_port"
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
	setsid "$@" < /dev/null >> "$log" 2>&1 9>&- &
	remember "$pidfile" $! || true
	disown
}

# ---- redis

redis_answers()
{
	local reply

	reply=$( (exec 5<> "/dev/tcp/127.0.0.1/$CBX_TEST_REDIS_PORT" && printf 'PING\r\n' >&5 &&
		read -r -t 2 line <&5 && echo "$line") 2>/dev/null)
	[ "${reply%$'\r'}" = +PONG ]
}

redis_up()
{
	local dir=$1/redis

	mkdir -p "$dir"
	detach "$1/redis.pid" "$1/redis.log" redis-server --port "$CBX_TEST_REDIS_PORT" \
		--bind 127.0.0.1 --dir "$dir" --daemonize no --save '' --appendonly yes \
		--logfile "$1/redis.log"
	wait_for redis-server 15 "$1/redis.pid" "$1/redis.log" redis_answers
}

# ---- rabbitmq

rabbit_env()
{
	local dir=$1/rmq

	export HOME=$dir	# the cookie of the Erlang node lives there
	export RABBITMQ_NODENAME="cbx$CBX_TEST_RMQ_PORT@localhost"
	export RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT=$CBX_TEST_RMQ_PORT
	export RABBITMQ_DIST_PORT=$CBX_TEST_RMQ_DIST_PORT
	export ERL_EPMD_PORT=$CBX_TEST_EPMD_PORT ERL_EPMD_ADDRESS=127.0.0.1
	export RABBITMQ_BASE=$dir RABBITMQ_MNESIA_BASE=$dir/mnesia RABBITMQ_LOG_BASE=$dir/log
	export RABBITMQ_CONFIG_FILE=$dir/rabbitmq RABBITMQ_CONF_ENV_FILE=$dir/env.conf
	export RABBITMQ_ADVANCED_CONFIG_FILE=$dir/advanced.config
	export RABBITMQ_ENABLED_PLUGINS_FILE=$dir/enabled_plugins
	export RABBITMQ_GENERATED_CONFIG_DIR=$dir/generated
	export RABBITMQ_FEATURE_FLAGS_FILE=$dir/feature_flags
	export RABBITMQ_LOGS=$1/rmq.log
	# two cores are enough to share: no busy waiting, loopback only
	export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} \
		+sbwt none +sbwtdcpu none +sbwtdio none"
	export RABBITMQ_CTL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}"
	# makes the script exec the Erlang machine, so that the pid is the broker's
	export RABBITMQ_ALLOW_INPUT=1
}

rabbit_answers()
{
	local reply

	reply=$( (exec 5<> "/dev/tcp/127.0.0.1/$CBX_TEST_RMQ_PORT" && printf 'AMQP\0\0\11\1' >&5 &&
		timeout 2 head -c 1 <&5 | od -An -tx1) 2>/dev/null)
	[ "${reply// /}" = 01 ]
}

epmd_up()
{
	alive "$1/epmd.pid" > /dev/null && return 0
	detach "$1/epmd.pid" "$1/epmd.log" epmd -port "$CBX_TEST_EPMD_PORT" -address 127.0.0.1
	wait_for epmd 10 "$1/epmd.pid" "$1/epmd.log" answers "$CBX_TEST_EPMD_PORT"
}

rabbit_up()
(
	local dir=$1/rmq

	mkdir -p "$dir/log" "$dir/mnesia"
	touch "$dir/env.conf"
	echo '[].' > "$dir/enabled_plugins"
	cat > "$dir/rabbitmq.conf" <<-END
	listeners.tcp.default = 127.0.0.1:$CBX_TEST_RMQ_PORT
	disk_free_limit.absolute = 50MB
	log.file.level = info
	END
	rabbit_env "$1"
	epmd_up "$1" || exit 1
	detach "$1/rmq.pid" "$1/rmq.out" "$rabbitmq_bin/rabbitmq-server" -noinput
	wait_for rabbitmq-server 90 "$1/rmq.pid" "$1/rmq.log" rabbit_answers && exit 0
	say_log "$1/rmq.out"
	exit 1
)

rabbit_ctl()
(
	rabbit_env "$1"
	shift
	"$rabbitmq_bin/rabbitmqctl" --quiet "$@"
)

# ---- postgresql

pg_as()
{
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid "$pg_user" --regid "$(id -g "$pg_user")" --clear-groups "$@"
	else
		"$@"
	fi
}

pg_answers()
{
	"$pg_bin/pg_isready" -q -t 2 -h 127.0.0.1 -p "$CBX_TEST_PG_PORT" -U "$CBX_TEST_PG_USER" \
		-d postgres
}

pg_init()
{
	local dir=$1/pg

	mkdir -p "$dir"
	if [ "$(id -u)" = 0 ]; then
		chown "$pg_user" "$dir"
		chmod 711 "$1"
	fi
	(cd / && pg_as "$pg_bin/initdb" -D "$dir" -U "$CBX_TEST_PG_USER" --auth=trust --no-sync \
		--locale=C --encoding=UTF8) > "$1/initdb.log" 2>&1 || {
		echo "servers.sh: initdb failed" >&2
		say_log "$1/initdb.log"
		return 1
	}
	cat >> "$dir/postgresql.conf" <<-END
	listen_addresses = '127.0.0.1'
	unix_socket_directories = ''
	port = $CBX_TEST_PG_PORT
	max_connections = 100
	shared_buffers = 32MB
	dynamic_shared_memory_type = mmap
	max_wal_size = 256MB
	END
}

pg_up()
{
	# the last one is dead, which its lock file cannot see while nobody has reaped it
	[ ! -f "$1/pg/postmaster.pid" ] || sed -i '1s/.*/4194304/' "$1/pg/postmaster.pid"
	: >> "$1/pg.log"
	[ "$(id -u)" != 0 ] || chown "$pg_user" "$1/pg.log"
	if [ "$(id -u)" = 0 ]; then
		detach "$1/pg.pid" "$1/pg.log" setpriv --reuid "$pg_user" \
			--regid "$(id -g "$pg_user")" --clear-groups "$pg_bin/postgres" -D "$1/pg"
	else
		detach "$1/pg.pid" "$1/pg.log" "$pg_bin/postgres" -D "$1/pg"
	fi
	wait_for postgres 60 "$1/pg.pid" "$1/pg.log" pg_answers
}

pg_database()
{
	"$pg_bin/createdb" -h 127.0.0.1 -p "$CBX_TEST_PG_PORT" -U "$CBX_TEST_PG_USER" \
		"$CBX_TEST_PG_DATABASE"
}

# ---- the set

find_programs()
{
	local version pg_root=/usr/lib/postgresql

	PATH=$PATH:/usr/sbin:/sbin
	command -v redis-server > /dev/null || fail "redis-server is missing (try ./dev setup)"
	command -v epmd > /dev/null || fail "epmd (Erlang) is missing (try ./dev setup)"
	rabbitmq_bin=/usr/lib/rabbitmq/bin
	[ -x $rabbitmq_bin/rabbitmq-server ] || fail "rabbitmq-server is missing (try ./dev setup)"
	version=$(find $pg_root -mindepth 1 -maxdepth 1 -printf '%f\n' 2>/dev/null | sort -n | tail -n 1)
	pg_bin=$pg_root/$version/bin
	[ -x "$pg_bin/postgres" ] || fail "postgresql is missing (try ./dev setup)"
	# PostgreSQL refuses to run as root
	pg_user=postgres
	id -u $pg_user > /dev/null 2>&1 || pg_user=nobody
}

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
	free_port; CBX_TEST_REDIS_PORT=$port
	free_port; CBX_TEST_RMQ_PORT=$port
	free_port; CBX_TEST_RMQ_DIST_PORT=$port
	free_port; CBX_TEST_EPMD_PORT=$port
	free_port; CBX_TEST_PG_PORT=$port
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

# Stops the servers should this process be killed in a way that no trap sees
guard()
{
	mkfifo "$dir/alive"
	# shellcheck disable=SC2016
	setsid /bin/sh -c 'cat "$1/alive" > /dev/null; exec "$2" stop "$1"' guard "$dir" "$me" \
		< /dev/null > /dev/null 2>&1 &
	disown
	exec 9> "$dir/alive"
}

run()
{
	local code command

	[ $# -gt 0 ] || { usage >&2; exit 64; }
	[ -z "${CBX_TEST_DIR:-}" ] || exec "$@"
	start_all
	trap 'trap - EXIT; stop_all "$dir"' EXIT
	trap 'kill -TERM "${command:-}" 2>/dev/null; exit 143' TERM HUP
	trap 'kill -INT "${command:-}" 2>/dev/null; exit 130' INT
	guard
	# shellcheck disable=SC1091
	. "$dir/env"
	"$@" <&0 9>&- &
	command=$!
	wait $command
	code=$?
	exit $code
}

verb=${1:-}
[ $# -eq 0 ] || shift
case $verb in
start) start_all "${1:-}"; echo "$dir" ;;
stop)
	[ -n "${1:-}" ] || { usage >&2; exit 64; }
	[ -d "$1" ] || exit 0
	[ -f "$1/env" ] || fail "no servers in $1"
	stop_all "$(readlink -f "$1")" ;;
kill|up|pause|cont) each "$verb" "${1:-}" "${2:-}" ;;
rabbitmqctl) load "${1:-}"; shift; rabbit_ctl "$dir" "$@" ;;
run) run "$@" ;;
help|--help|-h) usage ;;
*) usage >&2; exit 64 ;;
esac
