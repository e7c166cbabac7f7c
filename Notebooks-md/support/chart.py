"""chart.py FILE.csv TITLE X Y BY FILE.svg [XTITLE [YTITLE]]: lines of a CSV file as SVG.

X, Y and BY are columns: a line for each value of BY through the means of Y at each X, and a dot for each row. The lines are
labelled at their ends. Colours survive colour-blindness (Okabe and Ito), and the picture follows the page's light or dark.
"""

import csv
import html
import math
import sys

COLOURS = ["#0072B2", "#56B4E9", "#D55E00", "#E69F00", "#009E73", "#CC79A7"]
MARKS = ["", "6 3", "", "6 3", "2 3", "8 2 2 2"]
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 380, 62, 110, 48, 52
STYLE = """text{font:13px sans-serif;fill:#222}.grid{stroke:#ddd}.title{font-size:15px;font-weight:bold}
@media(prefers-color-scheme:dark){svg{background:#111}text{fill:#eee}.grid{stroke:#444}}"""


def chart(rows, title, x_title, y_title):
    """The SVG of (x, y, series) triples."""
    places = sorted({x for x, _, _ in rows})
    low, high, step = scale([y for _, y, _ in rows])
    across = lambda x: LEFT + (x - places[0]) / ((places[-1] - places[0]) or 1) * (WIDTH - LEFT - RIGHT)
    up = lambda y: HEIGHT - BOTTOM - (y - low) / (high - low) * (HEIGHT - TOP - BOTTOM)
    parts = [f'<text class="title" x="{LEFT}" y="24">{html.escape(title)}</text>']
    for n in range(round((high - low) / step) + 1):
        y = low + n * step
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{up(y):.1f}" y2="{up(y):.1f}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{up(y) + 4:.1f}" text-anchor="end">{y:g}</text>')
    for x in places:
        parts.append(f'<text x="{across(x):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{x:g}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 10}" text-anchor="middle">{html.escape(x_title)}</text>')
    parts.append(f'<text transform="translate(16 {HEIGHT / 2}) rotate(-90)" text-anchor="middle">{html.escape(y_title)}</text>')
    ends = []
    for number, name in enumerate(dict.fromkeys(series for _, _, series in rows)):
        colour, dash = COLOURS[number % len(COLOURS)], MARKS[number % len(MARKS)]
        own = [(x, y) for x, y, series in rows if series == name]
        means = [(x, mean([y for at, y in own if at == x])) for x in sorted({x for x, _ in own})]
        parts += [f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" r="3" fill="{colour}" fill-opacity=".5"/>' for x, y in own]
        line = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in means)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>')
        ends.append([up(means[-1][1]) + 4, name, colour])
    ends.sort()
    for above, below in zip(ends, ends[1:]):
        below[0] = max(below[0], above[0] + 15)
    parts += [f'<text x="{WIDTH - RIGHT + 10}" y="{y:.1f}" style="fill:{c}">{html.escape(n)}</text>' for y, n, c in ends]
    body = "\n".join(parts)
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img"><style>{STYLE}</style>\n{body}\n</svg>\n'


def scale(values):
    """The least and greatest value of an axis, and the step between its lines."""
    spread = max(values) - min(values) or 1
    step = next(s for s in (f * 10**e for e in range(-4, 8) for f in (1, 2, 5)) if spread / s <= 6)
    return math.floor(min(values) / step) * step, math.ceil(max(values) / step) * step, step


def mean(values):
    return sum(values) / len(values)


def main(file, title, x, y, by, output, x_title=None, y_title=None):
    with open(file, newline="") as stream:
        rows = [(float(row[x]), float(row[y]), row[by]) for row in csv.DictReader(stream)]
    with open(output, "w") as stream:
        stream.write(chart(rows, title, x_title or x, y_title or y))


if __name__ == "__main__":
    main(*sys.argv[1:])
