#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""embed.py - writes files as C arrays: embed.py OUT.c FILE...

Each file is served at /<its name>, index.html at /. The etag is the content's hash, so that a
browser asks again after an upgrade and is otherwise answered with 304.
"""
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


def main(out_path, paths):
    table = []
    with open(out_path, "w", encoding="ascii") as out:
        out.write("/* made by web/embed.py */\n#include \"http/asset.h\"\n\n")
        for number, path in enumerate(paths):
            with open(path, "rb") as file:
                data = file.read()
            name = os.path.basename(path)
            etag = hashlib.sha256(data).hexdigest()[:16]
            out.write("static const unsigned char file%d[] = {\n" % number)
            for start in range(0, len(data), 16):
                out.write("\t" + ",".join("%d" % b for b in data[start : start + 16]) + ",\n")
            out.write("};\n")
            table.append(
                '\t{ "/%s", "%s", "\\"%s\\"", file%d, sizeof(file%d) },\n'
                % ("" if name == "index.html" else name, TYPES[os.path.splitext(name)[1]], etag,
                   number, number)
            )
        out.write("\nconst struct cbd_asset cbd_assets[] = {\n%s};\n" % "".join(table))
        out.write("const size_t cbd_asset_count = %d;\n" % len(table))


main(sys.argv[1], sys.argv[2:])
