#!/bin/bash
# SPDX-License-Identifier: MIT
#
# deb.sh - the packages in CBX_SHIP_DIR: reproducible, and lintian has nothing to say

set -eu
cd "$CBX_SHIP_DIR/now"
for file in *.deb *.dsc *.tar.xz; do
	cmp "$file" "../again/$file"
done
# root is who tests here
lintian --allow-root --info --display-info --fail-on error,warning,info ./*.changes
for package in libchatterbox0 libchatterbox-dev chatterboxd chatterboxctl chatterbox-tools chatterbox-doc; do
	ls "$package"_*.deb
done
