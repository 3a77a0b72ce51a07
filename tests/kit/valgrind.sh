#!/bin/bash
# SPDX-License-Identifier: MIT
#
# valgrind.sh CHATTERBOXD [SECONDS] - the embedded demo under valgrind, read over HTTP meanwhile
#
# Fails on any error that valgrind sees, on memory that is lost, and on an exit code that is not 0.

set -eu
daemon=$1
seconds=${2:-60}
port=$((20000 + $$ % 10000))
log=$(mktemp)
trap 'rm -f "$log"' EXIT

NLCONF_HTTP_SERVER__PORT=$port NLCONF_CHECK_JOB_STATUS_TIME=1 valgrind --quiet --error-exitcode=99 \
	--leak-check=full --errors-for-leak-kinds=definite,indirect --num-callers=30 \
	"$daemon" --demo=100 > "$log" 2>&1 &
pid=$!
end=$(($(date +%s) + seconds))
reads=0
routes=(readyz metrics api/v1/summary 'api/v1/jobs?limit=1000' 'api/v1/jobs?q=run&status=paused'
	api/v1/systems api/v1/errors api/v1/jobs/NL-HDMS-000001/1 no/such/route)
while [ "$(date +%s)" -lt "$end" ] && kill -0 $pid 2> /dev/null; do
	for route in "${routes[@]}"; do
		if curl -s -o /dev/null -m 5 "http://127.0.0.1:$port/$route"; then
			reads=$((reads + 1))
		fi
	done
	curl -s -o /dev/null -m 5 -X POST -H 'Content-Type: application/json' \
		-d '{"discovery":true}' "http://127.0.0.1:$port/api/v1/poll" || true
	sleep 0.2
done
kill -TERM $pid 2> /dev/null || true
code=0
wait $pid || code=$?
if [ $code != 0 ] || [ $reads = 0 ]; then
	grep -v '^{' "$log" | tail -n 60
	echo "valgrind: chatterboxd --demo ended with $code after $reads reads" >&2
	exit 1
fi
echo "valgrind: nothing to say of $seconds s of chatterboxd --demo=100 and $reads reads over HTTP"
