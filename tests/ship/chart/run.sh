#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh DIR DAEMON - builds render.go in DIR with Debian's packages of its libraries, and runs
# chart.test.mjs

set -eu
here=$(dirname "$(readlink -f "$0")")
mkdir -p "$1"
made=$(readlink -f "$1")
CBX_E2E_DAEMON=$(readlink -f "$2")
export CBX_E2E_DAEMON
"$here/../../kit/modules.sh" "$here"
"$here/../../kit/modules.sh" "$here/../../servers/e2e"
(cd "$here" && GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS='' GOCACHE="$made/cache" \
	go build -o "$made/render" render.go)
export CBX_CHART_RENDER=$made/render
exec node --test "$here/chart.test.mjs"
