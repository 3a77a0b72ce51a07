#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154
#
# server_kinds.sh - how Redis, RabbitMQ and PostgreSQL are started and asked whether they answer
#
# It is read by servers.sh. Each kind has `<kind>_up DIR`, which waits until the server answers.

find_programs()
{
	local version pg_root=/usr/lib/postgresql

	PATH=$PATH:/usr/sbin:/sbin
	[ -e "/proc/$$/task/$$/children" ] || fail "this kernel does not list a process's children in /proc"
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
		--bind 127.0.0.1 --dir "$dir" --databases 32 --daemonize no --save '' --appendonly yes \
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
