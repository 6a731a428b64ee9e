"""Charts as SVG text: columns, rows, lines and waterfalls, for pages without script.

Pure: numbers and words in, markup out; every text is escaped.  Each picture carries its
title and a description for those who do not see it, presentation attributes only (the pages'
rule is `default-src 'self'`), and tones that stay apart in grey print.  The numbers stand in a
table beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

TONES = ("#0017c1", "#7796f8", "#c5d7fb", "#6c6c6c")
"""Fills in order of use: from dark to light, and grey for the rest."""
ALERT = "#a90000"
_INK, _LINE, _GRID = "#333", "#666", "#d9d9d9"
_WIDTH = 840


@dataclass(frozen=True, slots=True)
class Words:
    """What a picture says of itself: title, description, and the names of its axes."""

    title: str
    description: str
    x: str = ""
    y: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """One set of numbers, with its name in the legend and its fill or stroke."""

    name: str
    values: tuple[float, ...]
    tone: str = TONES[0]


@dataclass(frozen=True, slots=True)
class Line:
    """A broken line through points (x, y)."""

    name: str
    points: tuple[tuple[float, float], ...]
    tone: str = TONES[0]


@dataclass(frozen=True, slots=True)
class Rule:
    """A dashed line across the picture at x, with its name."""

    x: float
    name: str


@dataclass(frozen=True, slots=True)
class Fall:
    """One step of a waterfall: where it starts and ends, and what stands beside it."""

    name: str
    start: float
    end: float
    text: str
    tone: str = TONES[0]


def picture(width: float, height: float, words: Words, parts: Iterable[Markup]) -> Markup:
    """Return *parts* as one SVG picture with title and description."""
    return (
        Markup(
            '<svg class="chart" xmlns="http://www.w3.org/2000/svg" role="img" '
            'viewBox="0 0 {:.0f} {:.0f}" font-size="13" fill="{}"><title>{}</title>'
            "<desc>{}</desc>"
        ).format(width, height, _INK, words.title, words.description)
        + Markup("").join(parts)
        + Markup("</svg>")
    )


def rect(x: float, y: float, width: float, height: float, fill: str) -> Markup:
    """Return a filled rectangle."""
    return Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="{}"/>').format(
        x, y, max(width, 0.0), max(height, 0.0), fill
    )


def text(x: float, y: float, anchor: str, said: object) -> Markup:
    """Return a text whose start, middle or end stands at x."""
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        x, y, anchor, said
    )


def stroke(path: str, colour: str = _LINE, *, dashed: bool = False, wide: float = 1) -> Markup:
    """Return a line along *path*."""
    dash = Markup(' stroke-dasharray="5 4"') if dashed else Markup("")
    return Markup('<path d="{}" stroke="{}" stroke-width="{}" fill="none"{}/>').format(
        path, colour, wide, dash
    )


def legend(names: Sequence[tuple[str, str]], x: float, y: float) -> list[Markup]:
    """Return names, each beside a square of its tone, from left to right."""
    parts = []
    for name, tone in names:
        parts += [rect(x, y - 11, 12, 12, tone), text(x + 18, y, "start", name)]
        x += 18 + _wide(name) + 22
    return parts


def columns(
    words: Words,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    rules: Sequence[Rule] = (),
    roots: bool = False,
    every: int = 1,
) -> Markup:
    """Return stacked columns, one a label; the first series stands lowest.

    Args:
        words: title, description, axes.
        labels: of the columns' left edges where *rules* are given, else of their middles.
        series: each with one value a column, 0 or more.
        rules: places in columns from the left.
        roots: heights grow with the root of the sum, so that few are seen beside many.
        every: label every so many columns.
    """
    left, top, width, height = 64, 28, _WIDTH - 80, 210
    base, step = top + height, width / max(1, len(labels))
    totals = [sum(each.values[at] for each in series) for at in range(len(labels))]
    highest = max(*totals, 1, 1)
    parts = []
    for at, total in enumerate(totals):
        full = height * ((total / highest) ** 0.5 if roots else total / highest)
        if total:
            parts.append(_column(labels[at], series, at, (left + at * step, base, step, full)))
    shift = 0.0 if rules else step / 2
    parts += [
        text(left + at * step + shift, base + 18, "middle", labels[at])
        for at in range(0, len(labels), every)
    ]
    parts += [stroke(f"M{left} {base}H{left + width}")]
    parts += [text(left - 8, top + 12, "end", f"{highest:,.0f}"), text(left - 8, base, "end", "0")]
    for rule in rules:
        x = left + rule.x * step
        parts += [
            stroke(f"M{x:.1f} {top - 8}V{base}", ALERT, dashed=True, wide=2),
            text(x + 6, top - 10, "start", rule.name),
        ]
    parts += [text(left + width / 2, base + 40, "middle", words.x)]
    names = [(each.name, each.tone) for each in series if each.name]
    parts += legend(names, left, base + 62)
    return picture(_WIDTH, base + (72 if names else 48), words, parts)


def _column(
    label: str, series: Sequence[Series], at: int, place: tuple[float, float, float, float]
) -> Markup:
    x, base, step, full = place
    total = sum(each.values[at] for each in series)
    said = ", ".join(f"{each.name} {each.values[at]:,.0f}".strip() for each in series)
    parts = [Markup("<g><title>{}: {}</title>").format(label, said)]
    for each in series:
        high = full * each.values[at] / total
        base -= high
        parts.append(rect(x + 1, base, step - 2, high, each.tone))
    return Markup("").join([*parts, Markup("</g>")])


def rows(
    words: Words, labels: Sequence[str], series: Sequence[Series], *, shares: bool = False
) -> Markup:
    """Return stacked bars from left to right, one row a label.

    With *shares* each bar is as long as the picture; the first series' share stands beside it.
    """
    left, top, high = 40 + max([_wide(label) for label in labels], default=0), 10, 30
    width = _WIDTH - left - 90
    totals = [sum(each.values[at] for each in series) for at in range(len(labels))]
    longest = max([*totals, 1])
    parts = []
    for at, total in enumerate(totals):
        y, x = top + at * high, float(left)
        parts.append(text(left - 10, y + 18, "end", labels[at]))
        unit = width / ((total or 1) if shares else longest)
        said = ", ".join(f"{each.name} {each.values[at]:,.0f}".strip() for each in series)
        parts.append(Markup("<g><title>{}: {}</title>").format(labels[at], said))
        for each in series:
            parts.append(rect(x, y + 4, each.values[at] * unit, high - 10, each.tone))
            x += each.values[at] * unit
        parts.append(Markup("</g>"))
        if shares:
            rest = series[-1].values[at]
            beside = f"{100 * (total - rest) / total:.1f} %" if total else "–"
        else:
            beside = f"{total:,.0f}"
        parts.append(text(x + 8, y + 18, "start", beside))
    base = top + high * len(labels)
    parts += [stroke(f"M{left} {top}V{base}")]
    names = [(each.name, each.tone) for each in series if each.name]
    parts += legend(names, left, base + 22)
    return picture(_WIDTH, base + (34 if names else 8), words, parts)


def lines(
    words: Words,
    series: Sequence[Line],
    *,
    x: tuple[float, float],
    y: tuple[float, float],
    rules: Sequence[Rule] = (),
    dots: bool = False,
) -> Markup:
    """Return broken lines inside the ranges *x* and *y*; both axes carry five marks."""
    left, top, width, height = 72, 28, _WIDTH - 110, 260
    base = top + height

    def across(value: float) -> float:
        return left + width * (value - x[0]) / (x[1] - x[0])

    def up(value: float) -> float:
        return base - height * (min(max(value, y[0]), y[1]) - y[0]) / (y[1] - y[0])

    parts = []
    for mark in range(5):
        at_x, at_y = (low + mark * (high - low) / 4 for low, high in (x, y))
        parts += [
            stroke(f"M{left} {up(at_y):.1f}H{left + width}", _GRID),
            text(left - 8, up(at_y) + 4, "end", f"{at_y:g}"),
            text(across(at_x), base + 18, "middle", f"{at_x:g}"),
        ]
    for rule in rules:
        at = across(rule.x)
        parts += [
            stroke(f"M{at:.1f} {top - 8}V{base}", ALERT, dashed=True, wide=2),
            text(at + 6, top - 10, "start", rule.name),
        ]
    for each in series:
        places = [(across(a), up(b)) for a, b in each.points]
        if places:
            path = "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in places)
            parts.append(stroke(path, each.tone, wide=2))
        if dots:
            mark_ = Markup('<circle cx="{:.1f}" cy="{:.1f}" r="4" fill="{}"/>')
            parts += [mark_.format(a, b, each.tone) for a, b in places]
    parts += [stroke(f"M{left} {top}V{base}H{left + width}")]
    parts += [text(left + width / 2, base + 40, "middle", words.x), text(8, 14, "start", words.y)]
    names = [(each.name, each.tone) for each in series if each.name]
    parts += legend(names, left, base + 62)
    return picture(_WIDTH, base + (72 if names else 48), words, parts)


def waterfall(words: Words, falls: Sequence[Fall]) -> Markup:
    """Return steps from top to bottom, each from where the one before ended."""
    left, top, high = 30 + max([_wide(fall.name) for fall in falls], default=0), 12, 26
    ends = [place for fall in falls for place in (fall.start, fall.end)]
    low, most = min([0.0, *ends]), max([0.0, *ends])
    width = _WIDTH - left - 110
    unit = width / ((most - low) or 1.0)
    zero = left + (0.0 - low) * unit
    base = top + high * len(falls)
    parts = [stroke(f"M{zero:.1f} {top - 4}V{base}", _LINE, dashed=True)]
    for at, fall in enumerate(falls):
        y = top + at * high
        begin, end = sorted(left + (place - low) * unit for place in (fall.start, fall.end))
        parts += [
            text(left - 10, y + 15, "end", fall.name),
            rect(begin, y + 3, max(end - begin, 1.5), high - 9, fall.tone),
            text(end + 8, y + 15, "start", fall.text),
        ]
    parts.append(text(zero, base + 16, "middle", words.x))
    return picture(_WIDTH, base + 26, words, parts)


def _wide(said: str) -> float:
    """Return about how wide *said* is at the pictures' size: Japanese signs are square."""
    return sum(13.0 if sign > "\u2e7f" else 7.2 for sign in said)
