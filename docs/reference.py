#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The comments of the public headers, for readers and for doxygen.

The headers are written to be read as they are, in the form of kernel-doc. Two uses:

  reference.py HEADER          doxygen's input filter: the same header with doxygen's commands
  reference.py --check HEADER...  every call of CHATTERBOX_API has a comment that begins with its
                               name and says something of each parameter and of what it returns;
                               every macro has a comment above it
"""
import re
import sys

BLOCK = re.compile(r"/\*\*(.*?)\*/", re.S)
PARAMETER = re.compile(r"^@(\w+):\s*(.*)")
# not the guards, nor what marks the calls
MACRO = re.compile(r"^#define (?!CHATTERBOX_API\b)(CHATTERBOX_\w+(?<!_H))\b", re.M)
CALL = re.compile(r"\bCHATTERBOX_API\b([^;{]*?)\b(chatterbox_\w+)\s*\((.*?)\)\s*;", re.S)


def lines_of(comment):
    """The text of a comment without its stars"""
    return [re.sub(r"^\s*\*([ \t]|$)", "", line).rstrip() for line in comment.strip("\n").split("\n")]


def escape(text):
    """Angle brackets, hashes and percents mean themselves; @name is a parameter"""
    text = re.sub(r"([<>#%&])", r"\\\1", text)
    text = re.sub(r"`(\w+)`", r"\\c \1", text)
    return re.sub(r"(?<![\w/])@(\w+)", r"\\p \1", text)


def convert_line(line):
    match = PARAMETER.match(line)
    if match:
        return "@param %s %s" % (match.group(1), escape(match.group(2)))
    match = re.match(r"^(.*?)\bReturn:\s*(.*)", line)
    if match:
        before = escape(match.group(1).rstrip())
        return (before + "\n\n" if before else "") + "@return " + escape(match.group(2))
    return escape(line)


def convert_block(match):
    if "@mainpage" in match.group(1):
        return match.group(0)
    lines = lines_of(match.group(1))
    while lines and not lines[0].strip():
        lines.pop(0)
    if not lines:
        return match.group(0)
    head = re.match(r"^\s*(chatterbox/\w+\.h|(?:struct |enum )?\w+(?:\(\))?) - (.*)", lines[0])
    if head:
        file_line = "@file %s\n" % head.group(1) if head.group(1).endswith(".h") else ""
        lines[0] = file_line + "@brief " + escape(head.group(2))
        # the brief goes on until the first blank or parameter line
        out = [lines[0]] + [convert_line(line) for line in lines[1:]]
    else:
        out = [convert_line(line) for line in lines]
    return "/** " + "\n * ".join("\n".join(out).strip().split("\n")) + "\n */"


def front_page(text):
    """chatterbox.h says what holds for all of them, so it is the first page too"""
    block = BLOCK.search(text)
    if not block or "chatterbox/chatterbox.h - " not in block.group(1):
        return text
    lines = lines_of(block.group(1))
    said = [escape(line) for line in lines if not line.startswith("chatterbox/")]
    headers = ["@li @ref %s" % name for name in re.findall(r"#include <(chatterbox/\w+\.h)>", text)]
    page = "\n".join(["@mainpage libchatterbox"] + said + ["", "The headers:"] + headers)
    return text + "\n/** %s */\n" % page


def convert(text):
    """A header with doxygen's commands; members' own comments become documentation too"""
    text = BLOCK.sub(convert_block, front_page(text))
    # a member or constant and, behind it, what it is
    text = re.sub(r"([;,])([ \t]*)/\* (.*?)\*/",
                  lambda m: "%s%s/**< %s*/" % (m.group(1), m.group(2), escape(m.group(3))), text,
                  flags=re.S)
    # the last constant of an enum, and comments above members
    text = re.sub(r"^(\t\w+(?: = -?\w+)?)([ \t]*)/\* (.*?)\*/", r"\1\2/**< \3*/", text, flags=re.M)
    text = re.sub(r"^\t/\* (.*?)\*/", lambda m: "\t/** " + escape(m.group(1)) + "*/", text,
                  flags=re.M | re.S)
    # comments above definitions at the margin
    return re.sub(r"^/\* (?!SPDX)((?:(?!\*/).)*)\*/(?=\n(?:struct|enum|#define|typedef)\b)",
                  lambda m: "/** " + escape(m.group(1)) + "*/", text, flags=re.M | re.S)


def parameters_of(text):
    """The names of the parameters of a declaration"""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    text = re.sub(r"\(\s*\*\s*(\w+)\s*\)\s*\([^()]*\)", r" \1", text)
    names = []
    for part in text.split(","):
        match = re.search(r"(\w+)\s*(?:\[[^]]*\])?\s*$", part)
        if match and part.strip() != "void":
            names.append(match.group(1))
    return names


def check(text):
    """What is missing, a line each"""
    found = []
    for call in CALL.finditer(text):
        result, name, parameters = call.groups()
        before = re.search(r"/\*\*((?:(?!\*/).)*)\*/\s*$", text[:call.start()], re.S)
        lines = lines_of(before.group(1)) if before else []
        while lines and not lines[0].strip():
            lines.pop(0)
        if not lines or not lines[0].strip().startswith(name + "() - "):
            found.append("%s() has no comment that begins with its name" % name)
            continue
        told = {match.group(1) for match in map(PARAMETER.match, lines) if match}
        found += ["%s() says nothing of @%s" % (name, parameter)
                  for parameter in parameters_of(parameters) if parameter not in told]
        found += ["%s() has no parameter @%s" % (name, parameter)
                  for parameter in sorted(told - set(parameters_of(parameters)))]
        returns = result.strip() != "void"
        if returns != any("Return:" in line for line in lines):
            found.append("%s(): %s" % (name, "what does it return?" if returns
                                       else "it returns nothing"))
    return found + ["%s has no comment above it" % macro.group(1) for macro in MACRO.finditer(text)
                    if not text[:macro.start()].endswith("*/\n")]


def main(arguments):
    if arguments[:1] != ["--check"]:
        with open(arguments[0], encoding="utf-8") as file:
            sys.stdout.write(convert(file.read()))
        return 0
    bad = calls = 0
    for path in arguments[1:]:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        calls += len(CALL.findall(text))
        for line in check(text):
            print("%s: %s" % (path, line))
            bad += 1
    print("%d calls, %d findings" % (calls, bad))
    return 1 if bad or not calls else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
