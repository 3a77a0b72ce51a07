#!/bin/bash
# SPDX-License-Identifier: MIT
#
# headers.sh CC CXX INCLUDE - each public header alone is a C11 and a C++11 program

set -eu
cc=$1
cxx=$2
include=$3
count=0

for header in "$include"/chatterbox/*.h; do
	name=chatterbox/$(basename "$header")
	program="#include <$name>
#include <$name>
int main(void) { return 0; }"
	echo "$program" | "$cc" -std=c11 -Wall -Wextra -Werror -pedantic -Wstrict-prototypes \
		-I "$include" -fsyntax-only -x c - || { echo "$name is no C" >&2; exit 1; }
	echo "$program" | "$cxx" -std=c++11 -Wall -Wextra -Werror -pedantic \
		-I "$include" -fsyntax-only -x c++ - || { echo "$name is no C++" >&2; exit 1; }
	count=$((count + 1))
done
[ $count -gt 0 ] || { echo "no headers in $include" >&2; exit 1; }
echo "$count headers"
