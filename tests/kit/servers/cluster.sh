#!/bin/bash
# SPDX-License-Identifier: MIT
#
# cluster.sh COMMAND [ARG...] - runs it beside a Redis Cluster of its own: three masters, a replica each
#
# All six are private processes on free loopback ports, in one directory; they are ended with the command, whose exit
# code is ours. CBX_TEST_CLUSTER_PORTS are their ports, masters first, CBX_TEST_CLUSTER_DIR holds <port>.pid.

set -u
set -o pipefail

# shellcheck disable=SC2154 source=tests/kit/servers/process.sh
. "$(dirname "$(readlink -f "$0")")/process.sh"

[ $# -gt 0 ] || fail "usage: cluster.sh COMMAND [ARG...]"
command -v redis-cli > /dev/null || fail "redis-cli is missing (try ./dev setup)"
dir=$(mktemp -d "${TMPDIR:-/tmp}/cbx-cluster.XXXXXX") || exit 1
nodes=()

stop()
{
	local node

	for node in ${nodes[@]+"${nodes[@]}"}; do
		end "$dir/$node.pid"
	done
	give_ports_back "$dir"
	rm -rf "$dir"
}
trap stop EXIT
trap 'exit 1' INT TERM

start_node()
{
	take_port "$dir"; node=$port
	take_port "$dir"; bus=$port
	mkdir "$dir/$node"
	nodes+=("$node")
	detach "$dir/$node.pid" "$dir/$node.log" redis-server --port "$node" --bind 127.0.0.1 --dir "$dir/$node" \
		--save '' --appendonly no --daemonize no --cluster-enabled yes --cluster-port "$bus" \
		--cluster-node-timeout 1000 --repl-diskless-sync-delay 0 --enable-debug-command yes
	wait_for redis-server 15 "$dir/$node.pid" "$dir/$node.log" answers "$node"
}

# Does every node see all slots served, and a replica behind each master?
whole()
{
	local node

	for node in "${nodes[@]}"; do
		[ "$(redis-cli -p "$node" cluster nodes | grep -c -E ' (myself,)?slave .* connected')" = 3 ] || return 1
		redis-cli -p "$node" cluster info | grep -q '^cluster_state:ok' || return 1
	done
}

for _ in 1 2 3 4 5 6; do
	start_node || exit 1
done
redis-cli --cluster create "${nodes[@]/#/127.0.0.1:}" --cluster-replicas 1 --cluster-yes > "$dir/create.log" 2>&1 || {
	say_log "$dir/create.log"
	fail "no cluster was made"
}
wait_for "the cluster" 30 "$dir/${nodes[0]}.pid" "$dir/create.log" whole || exit 1
export CBX_TEST_CLUSTER_PORTS="${nodes[*]}" CBX_TEST_CLUSTER_DIR=$dir
"$@"
