#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The style of the tree, as far as a program can see it.

It refuses includes that go up a floor, files and functions that grew too long, missing licence
lines, unfinished work, registry names in lock files, white space at line ends. Each rule is a
function from (path, text) to findings; test_rules.py shows each one a bad sample.
"""
import os
import re
import subprocess
import sys

FILE_AIM, FILE_LIMIT = 400, 500
FUNCTION_AIM, FUNCTION_LIMIT = 40, 80

# The floors, lowest first. A room may include its own files and those of rooms below it.
FLOORS = {"common": -1, "base": 0, "config": 1, "domain": 2, "port": 3, "decode": 4, "merge": 4, "runtime": 5,
          "task": 5, "lead": 6, "tell": 6, "listen": 6, "road": 7, "follow": 8, "controller": 9,
          "engine": 10, "api": 11}
# Rooms beside the stairs: what they may know besides themselves
BESIDE = {"adapter": {"common", "base", "domain", "port"}, "fleet": {"common", "base", "domain", "port"}}
# A foreign library belongs to one room: the start of the header's name, and where it is allowed
LIBRARIES = {
    "hiredis": ["libchatterbox/adapter/redis_state/"],
    "rabbitmq-c": ["libchatterbox/adapter/amqp_bus/"],
    "amqp": ["libchatterbox/adapter/amqp_bus/"],
    "libpq": ["libchatterbox/adapter/postgres/"],
    "postgres": ["libchatterbox/adapter/postgres/"],
    "sqlite3": ["libchatterbox/adapter/sqlite/", "fleet/ocd."],
    "uthash": ["libchatterbox/base/hash.h"],
    "utlist": ["libchatterbox/base/hash.h"],
    "microhttpd": ["chatterboxd/"],
    "gnutls": ["chatterboxd/http/tls."],
    "curl": ["chatterboxctl/"],
    "openssl": ["libchatterbox/adapter/certificate.", "libchatterbox/adapter/redis_state/tls.c", "libchatterbox/adapter/amqp_bus/tls.c"],
}
# Programs of the tree that are built from the library's inside
INSIDERS = ("tests/", "chatterbox-replay/", "examples/hdms-sim/", "examples/hdms-sim.c")

C_FILE = re.compile(r"\.[ch]$")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
LICENSED = re.compile(r"\.(c|h|sh|py|mjs|js|css|lua|sql|map)$")
# Not written by hand: others' code, and the inputs of the fuzz targets
FOREIGN = re.compile(r"(^|/)(node_modules|vendor)/|^tests/fuzz/corpus/")
LOCK_FILE = re.compile(r"(^|/)(package-lock\.json|npm-shrinkwrap\.json|\.npmrc|[^/]*\.lock|go\.sum)$")


def room_of(path):
    """'road' for libchatterbox/road/poll.c, 'fleet' for fleet/life.c, else None"""
    parts = path.split("/")
    if parts[0] in ("common", "fleet"):
        return parts[0]
    return parts[1] if parts[0] == "libchatterbox" and len(parts) > 2 else None


def check_engine_only(path, name):
    if name.startswith("adapter/") and room_of(path) not in ("engine", "adapter"):
        return "includes the adapter %s; only engine/ may" % name
    return None


def check_floor(path, name):
    """A finding for one quoted include of libchatterbox, or None"""
    room = room_of(path)
    other = name.split("/")[0] if "/" in name else room
    if other == room != "adapter" or room == "engine" and other == "adapter":
        return None
    if room == "adapter":
        own = "/".join(path.split("/")[2:-1])
        if other == "adapter" and own and "/" in name and not name.startswith("adapter/" + own + "/"):
            return "an adapter includes another one: %s" % name
        if other == "adapter":
            return None
    if room in BESIDE:
        return None if other in BESIDE[room] else "%s may not know %s" % (room, name)
    if room not in FLOORS:
        return None
    if other not in FLOORS:
        return "%s may not know %s" % (room, name)
    if FLOORS[other] >= FLOORS[room]:
        return "%s includes %s, which is not below it" % (room, name)
    return None


def check_library(path, name):
    for start, rooms in LIBRARIES.items():
        if re.match(re.escape(start) + r"([./_-]|$)", name):
            if not any(path.startswith(room) for room in rooms):
                return "%s belongs to %s" % (name, " and ".join(rooms))
    return None


def check_command(path, quoted, name):
    """chatterboxctl speaks HTTP alone: it knows common/, its own files and the version"""
    if quoted and "/" in name and not name.startswith("common/"):
        return "chatterboxctl may not know %s" % name
    if not quoted and name.startswith("chatterbox/") and name != "chatterbox/version.h":
        return "chatterboxctl speaks HTTP, not the library's %s" % name
    return None if quoted else check_library(path, name)


def check_includes(path, text):
    """The floors, by the include lines"""
    if not C_FILE.search(path) or path.startswith(INSIDERS):
        return
    for match in INCLUDE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        quoted, name = match.group(1) == '"', match.group(2)
        finding = None
        if path.startswith("chatterboxctl/"):
            finding = check_command(path, quoted, name)
        elif not quoted:
            finding = check_library(path, name)
        elif path.startswith(("common/", "libchatterbox/", "fleet/")):
            finding = check_engine_only(path, name) or check_floor(path, name)
        elif path.startswith("include/"):
            finding = "a public header includes %s by quotes" % name
        elif path.startswith("chatterboxd/") and name == "fleet/demo.h":
            continue  # the one thing that the daemon has beside the library; it shows public types alone
        elif re.match(r"(base|config|domain|port|adapter|decode|merge|runtime|task|lead|tell|listen|road|follow"
                      r"|controller|engine|api|fleet)/", name):
            finding = "%s is inside the library; use <chatterbox/...>" % name
        elif "../" in name:
            finding = "%s leaves its room" % name
        if finding:
            yield line, finding


EXCEPTIONS = "tests/style/exceptions.txt"


def exceptions(text):
    """(line, path, lines allowed); each line of the file is: path lines reason"""
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            path, lines, reason = line.split(None, 2)
            assert reason
            yield number, path, int(lines)


def read_exceptions(text):
    """path -> lines allowed"""
    return {path: lines for _, path, lines in exceptions(text)}


def check_exceptions(path, text, lengths=None):
    """One exception a file, and none that is not needed; @lengths: path -> its lines"""
    if path != EXCEPTIONS:
        return
    seen = set()
    for number, name, lines in exceptions(text):
        if name in seen:
            yield number, "a second exception for %s" % name
        elif lengths is not None and lengths.get(name, 0) <= FILE_AIM:
            yield number, "%s has %d lines and needs no exception" % (name, lengths.get(name, 0))
        elif not FILE_AIM < lines <= FILE_LIMIT:
            yield number, "%d lines are no exception: from %d to %d" % (lines, FILE_AIM + 1, FILE_LIMIT)
        seen.add(name)


def check_file_length(path, text, allowed=None):
    """Files of code: at most 400 lines, or what exceptions.txt allows, which is at most 500"""
    if not re.search(r"\.(c|h|py|mjs|sh)$", path) and path != "dev":
        return
    lines = text.count("\n")
    limit = min((allowed or {}).get(path, FILE_AIM), FILE_LIMIT)
    if lines > limit:
        yield 1, "%d lines, %d are allowed" % (lines, limit)


def functions(text):
    """(line, name, length) of each function: from `{` to `}`, both in the first column"""
    start, head = None, ""
    for number, line in enumerate(text.split("\n"), 1):
        if start is None and line.rstrip() == "{":
            start = number
        elif start is not None and line.rstrip() == "}":
            yield start, head, number - start + 1
            start = None
        elif start is None and re.match(r"[A-Za-z].*\(", line):
            head = line
    return


def check_function_length(path, text, limit=FUNCTION_LIMIT):
    if not C_FILE.search(path):
        return
    for line, head, length in functions(text):
        if length > limit:
            yield line, "a function of %d lines: %s" % (length, head)


def check_licence(path, text):
    lines = text.split("\n")
    script = lines[0].startswith("#!")
    if not LICENSED.search(path) and not script:
        return
    if "SPDX-License-Identifier: MIT" not in lines[1 if script and len(lines) > 1 else 0]:
        yield 1, "does not begin with its SPDX line"


def check_unfinished(path, text):
    words = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b")
    for number, line in enumerate(text.split("\n"), 1):
        if words.search(line):
            yield number, "unfinished: " + line.strip()


def check_registries(path, text):
    if not LOCK_FILE.search(path):
        return
    for number, line in enumerate(text.split("\n"), 1):
        if re.search(r'"resolved"\s*:|://[^/"]*(registry|mirror)|^\s*registry\s*=', line):
            yield number, "names a registry: " + line.strip()


# Text that becomes a statement is ours: what comes from outside is a parameter
SQL_ROOM = re.compile(r"libchatterbox/adapter/(postgres|sqlite)/")
SQL_CALL = re.compile(r"\b(PQexec\w*|PQprepare|PQsendPrepare)\s*\(|\bPQsendQuery\s*\("
                      r"|\bsqlite3_exec\s*\((?![^,]*,\s*\")")
SQL_PRINTED = re.compile(r'printf\s*\([^;]*?"\s*(select|insert|update|delete|with|create|alter|drop)'
                         r'\b[^;]*?%[^;]*?s[^;]*;')


def check_statements(path, text):
    if not SQL_ROOM.match(path):
        return
    for found in SQL_CALL.finditer(text):
        if found.group().startswith("PQsendQuery") and path.endswith("/query.c"):
            continue
        yield text.count("\n", 0, found.start()) + 1, "not by parameters: " + found.group()
    for found in SQL_PRINTED.finditer(text):
        # names of our own tables and columns, from schema.c
        if not path.endswith("/migrate.c"):
            yield text.count("\n", 0, found.start()) + 1, "a statement with text printed into it"


WORDS_FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "words.txt")
WORDLESS = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
with open(WORDS_FILE, encoding="utf-8") as words_file:
    WORDS = {word: (instead, tuple(other[0].split()) if other else ()) for word, instead, *other in
             (line.rstrip("\n").split("\t") for line in words_file if line[0] != "#")}


def check_words(path, text):
    """Identifiers say what the glossary says (HACKING, Words)"""
    if not C_FILE.search(path):
        return
    code = WORDLESS.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)
    for found in re.finditer(r"\b[A-Za-z_]\w*\b", code):
        for part in found.group().lower().split("_"):
            instead, another_thing = WORDS.get(part, (None, ()))
            if instead and not path.startswith(another_thing):
                yield (text.count("\n", 0, found.start()) + 1,
                       "%s: say %s" % (found.group(), instead))


def check_white_space(path, text):
    for number, line in enumerate(text.split("\n"), 1):
        if line != line.rstrip():
            yield number, "white space at the end of the line"
    if text and not text.endswith("\n"):
        yield text.count("\n") + 1, "no newline at the end of the file"


RULES = [check_includes, check_exceptions, check_file_length, check_function_length, check_licence,
         check_unfinished, check_registries, check_statements, check_words, check_white_space]


def tree(root):
    """The files of the working tree: what git knows or would add; without git, what lies there"""
    git = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard"],
                         capture_output=True, text=True) if has_git(root) else None
    if git and git.returncode == 0:
        return [name for name in git.stdout.split("\n") if name]
    found = []
    for top, dirs, files in os.walk(root):
        dirs[:] = [d for d in dirs if not re.match(r"(\.git|\.cache|build.*|node_modules)$", d)]
        found += [os.path.relpath(os.path.join(top, name), root) for name in files]
    return found


def has_git(root):
    if not os.path.exists(os.path.join(root, ".git")):
        return False
    try:
        subprocess.run(["git", "--version"], capture_output=True, check=True)
        return True
    except OSError:
        return False


def read_text(path):
    """The text of a file, or None for a link, a missing or a binary one"""
    if os.path.islink(path) or not os.path.isfile(path):
        return None
    with open(path, "rb") as file:
        data = file.read()
    if b"\0" in data:
        return None
    return data.decode("utf-8")


def findings(path, text, allowed, lengths):
    more = {check_file_length: allowed, check_exceptions: lengths}
    for rule in RULES:
        rest = (more[rule],) if rule in more else ()
        for line, finding in rule(path, text, *rest):
            yield line, finding


def main(root):
    text = read_text(os.path.join(root, EXCEPTIONS))
    allowed = read_exceptions(text)
    lengths = {path: (read_text(os.path.join(root, path)) or "").count("\n") for path in allowed}
    bad, checked, long_ones = 0, 0, []
    for path in sorted(tree(root)):
        text = None if FOREIGN.search(path) else read_text(os.path.join(root, path))
        if text is None:
            continue
        checked += 1
        for line, finding in findings(path, text, allowed, lengths):
            print("%s:%d: %s" % (path, line, finding))
            bad += 1
        long_ones += ["%s:%d: %s" % (path, line, finding) for line, finding
                      in check_function_length(path, text, FUNCTION_AIM)]
    if long_ones:
        print("functions of more than %d lines (allowed to %d):" % (FUNCTION_AIM, FUNCTION_LIMIT))
        print("\n".join("  " + line for line in long_ones))
    print("%d files, %d findings" % (checked, bad))
    # a tree without files is a mistake in the call, and no clean tree
    return 1 if bad or checked < 20 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "."))
