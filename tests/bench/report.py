#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""report.py RESULT.json CHART.svg - what peers.py measured (OUT=RESULT.json), as a Markdown table and a chart

The table goes to stdout: medians of a round, with ranges, and ratios to the tuned peer. The chart shows the ratios of
medians to the tuned peer in Node; shorter is better.
"""
import json
import statistics
import sys

BASE = "tuned"
NAMES = {"chatterboxd": "chatterboxd", "checkpoint-1": "chatterboxd, SQL each round",
         "batched-50": "chatterboxd, 50 systems a question", "tuned": "Node tuned",
         "tuned-batched-50": "Node tuned, 50 systems a question", "faithful": "Node faithful", "floor": "bare C",
         "raw": "question and reply alone"}
COLUMNS = {"cpu": "its CPU s", "wall": "wall s", "peak_mb": "peak MB", "rabbitmq": "RabbitMQ CPU s",
           "redis": "Redis CPU s", "postgres": "PostgreSQL CPU s"}
COLOURS = ("#2563eb", "#60a5fa", "#93c5fd", "#9ca3af", "#d1d5db", "#d97706", "#fbbf24", "#e5e7eb")


def median(runs, column):
    return statistics.median(run[column] for run in runs)


def ratio(results, who, column):
    base = median(results[BASE], column) if BASE in results else 0
    return ", × %.2f" % (median(results[who], column) / base) if base and who != BASE else ""


def table(results):
    yield "| who | " + " | ".join(COLUMNS.values()) + " |"
    yield "| --- |" + " --- |" * len(COLUMNS)
    for who, runs in results.items():
        cells = ["%.3g (%.3g–%.3g)%s" % (median(runs, column), min(run[column] for run in runs),
                                         max(run[column] for run in runs), ratio(results, who, column))
                 for column in COLUMNS]
        disturbed = sum(run["disturbed"] for run in runs)
        mark = ", %d of %d disturbed" % (disturbed, len(runs)) if disturbed else ""
        yield "| %s%s | %s |" % (NAMES.get(who, who), mark, " | ".join(cells))


def text(x, y, words, more=""):
    return '<text x="%d" y="%d" %s>%s</text>' % (x, y, more, words)


def chart(results):
    """SVG: for each column a group of bars, one for each of @results"""
    shown = [who for who in results if who != "faithful"]
    most = 2.5
    height = 24 + len(COLUMNS) * (18 * len(shown) + 34)
    lines = ['<svg xmlns="http://www.w3.org/2000/svg" width="760" height="%d" font-family="sans-serif" '
             'font-size="12">' % height, '<rect width="760" height="%d" fill="#ffffff"/>' % height]
    y = 20
    for column, title in COLUMNS.items():
        lines.append(text(10, y, title + ", ratio to Node tuned", 'font-weight="bold"'))
        for who, colour in zip(shown, COLOURS):
            times = median(results[who], column) / max(median(results[BASE], column), 1e-3)
            y += 18
            lines.append(text(230, y, NAMES.get(who, who), 'text-anchor="end"'))
            lines.append('<rect x="238" y="%d" width="%.1f" height="13" fill="%s"/>' %
                         (y - 11, min(times, most) / most * 440, colour))
            lines.append(text(244 + int(min(times, most) / most * 440), y, "%.2f" % times))
        y += 34
    return "\n".join(lines + ["</svg>", ""])


def write(measured, base):
    with open(base + ".md", "w") as file:
        file.write("\n".join(table(measured["runs"])) + "\n")
    with open(base + ".svg", "w") as file:
        file.write(chart(measured["runs"]))


def main():
    with open(sys.argv[1]) as file:
        measured = json.load(file)
    print("\n".join(table(measured["runs"])))
    with open(sys.argv[2], "w") as file:
        file.write(chart(measured["runs"]))


if __name__ == "__main__":
    main()
