#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""embed.py - writes files as C arrays: embed.py OUT.c FILE...

index.html is served at /, openapi.json at /openapi.json, and each other file at /web/<its name>. The etag is the content's hash, so that a
browser asks again after an upgrade and is otherwise answered with 304. Beside each file stands
what gzip makes of it, if that is shorter.
"""
import gzip
import hashlib
import os
import sys

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}


PATHS = {"index.html": "/", "openapi.json": "/openapi.json"}

# as CBD_GZIP_LEAST
LEAST = 1024


def array(out, name, data):
    out.write("static const unsigned char %s[] = {\n" % name)
    for start in range(0, len(data), 16):
        out.write("\t" + ",".join("%d" % b for b in data[start : start + 16]) + ",\n")
    out.write("};\n")


def main(out_path, paths):
    table = []
    with open(out_path, "w", encoding="ascii") as out:
        out.write("/* made by web/embed.py */\n#include \"http/asset.h\"\n\n")
        for number, path in enumerate(paths):
            with open(path, "rb") as file:
                data = file.read()
            name = os.path.basename(path)
            etag = hashlib.sha256(data).hexdigest()[:16]
            array(out, "file%d" % number, data)
            # without a time in it, so that two builds are the same
            packed = gzip.compress(data, 9, mtime=0)
            zipped = "NULL, 0, NULL"
            if len(data) > LEAST and len(packed) < len(data):
                array(out, "zipped%d" % number, packed)
                zipped = 'zipped%d, sizeof(zipped%d), "\\"%s-gz\\""' % (number, number, etag)
            table.append(
                '\t{ "%s", "%s", "\\"%s\\"", file%d, sizeof(file%d), %s },\n'
                % (PATHS.get(name, "/web/" + name), TYPES[os.path.splitext(name)[1]], etag,
                   number, number, zipped)
            )
        out.write("\nconst struct cbd_asset cbd_assets[] = {\n%s};\n" % "".join(table))
        out.write("const size_t cbd_asset_count = %d;\n" % len(table))


main(sys.argv[1], sys.argv[2:])
