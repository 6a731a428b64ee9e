"""The quality page's values and its one picture, drawn here so that no script is needed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from coordinator.store.engine import Database
from coordinator.web.status import names, newest_quality
from privacy.errors import Text
from privacy.linkage.quality import DepartmentQuality, Estimate, QualityReport

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Share:
    """An estimated share with its 95 % interval, in percent."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, estimate: Estimate) -> Share:
        """Return *estimate* in percent."""
        parts = (estimate.value, estimate.low, estimate.high)
        return cls(*(100 * part / _MILLION for part in parts))


@dataclass(frozen=True, slots=True)
class LinkagePage:
    """The quality of the newest link round."""

    round_id: str
    at: str
    report: QualityReport
    departments: tuple[tuple[Text, DepartmentQuality], ...]
    precision: Share
    recall: Share


def read_linkage(database: Database) -> LinkagePage | None:
    """Return the newest link round's quality, or nothing before the first."""
    found = newest_quality(database)
    if found is None:
        return None
    round_id, at, body = found
    report = _report(json.loads(body))
    named = names(database)
    return LinkagePage(
        round_id=round_id,
        at=at,
        report=report,
        departments=tuple(
            (named.get(d.department, Text(d.department, d.department)), d)
            for d in report.departments
        ),
        precision=Share.of(report.precision),
        recall=Share.of(report.recall),
    )


def _report(value: Mapping[str, object]) -> QualityReport:
    """Return the report whose `QualityReport.to_json` *value* is."""
    read = dict(value)
    read["departments"] = tuple(DepartmentQuality(**d) for d in read["departments"])  # type: ignore[attr-defined]  # as to_json wrote it
    for name in ("precision", "recall"):
        read[name] = Estimate(**read[name])  # type: ignore[arg-type]  # as above
    for name in ("histogram", "linked_histogram"):
        read[name] = tuple(read[name])  # type: ignore[arg-type]  # as above
    return QualityReport(**read)  # type: ignore[arg-type]  # as above


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where the plot stands in the picture, in pixels."""

    left: int = 64
    top: int = 28
    width: int = 760
    height: int = 220

    def x(self, bins: float, of: int) -> float:
        """Return the place of *bins* whole bins from the left."""
        return self.left + self.width * bins / of


@dataclass(frozen=True, slots=True)
class Legend:
    """The words of the histogram, in the page's language."""

    title: str
    linked: str
    apart: str
    threshold: str
    weight: str


def weight_histogram(report: QualityReport, legend: Legend) -> Markup:
    """Return the pairs by match weight as SVG: linked on top of not linked, the threshold drawn.

    The heights are square roots of counts, so that few pairs near the threshold can be
    seen beside thousands far from it; each bar's title gives the counts.  The threshold
    is at even odds: weight 0.
    """
    frame = _Frame()
    counts, bins = report.histogram, len(report.histogram)
    top = max(*counts, 1) ** 0.5
    parts = [_open(frame, legend.title)]
    for place, (count, linked) in enumerate(zip(counts, report.linked_histogram, strict=True)):
        if not count:
            continue
        low = report.lowest_weight + place
        left, wide = frame.x(place, bins) + 1, frame.width / bins - 2
        full = frame.height * count**0.5 / top
        part = full * linked / count
        base = frame.top + frame.height
        title = Markup("<title>{} – {}: {:,} ({} {:,})</title>").format(
            low, low + 1, count, legend.linked, linked
        )
        parts += [
            Markup("<g>") + title,
            _rect(left, base - full, wide, full - part, "#b8c4e6"),
            _rect(left, base - part, wide, part, "#0017c1"),
            Markup("</g>"),
        ]
    parts += [*_axis(frame, report), *_keys(frame, report, legend), Markup("</svg>")]
    return Markup("").join(parts)


def _open(frame: _Frame, title: str) -> Markup:
    width, height = frame.left + frame.width + 16, frame.top + frame.height + 58
    return Markup(
        '<svg class="chart" xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {} {}" '
        'font-size="13" fill="#333"><title>{}</title>'
    ).format(width, height, title)


def _rect(x: float, y: float, width: float, height: float, fill: str) -> Markup:
    return Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="{}"/>').format(
        x, y, width, height, fill
    )


def _text(x: float, y: float, anchor: str, text: object) -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        x, y, anchor, text
    )


def _axis(frame: _Frame, report: QualityReport) -> list[Markup]:
    base, bins = frame.top + frame.height, len(report.histogram)
    line = Markup('<path d="M{} {}H{}" stroke="#666" fill="none"/>')
    ticks = range(0, bins + 1, 5)
    most = max(report.histogram)
    return [
        line.format(frame.left, base, frame.left + frame.width),
        _text(frame.left - 8, frame.top + 12, "end", f"{most:,}"),
        _text(frame.left - 8, base, "end", "0"),
        *(
            _text(frame.x(tick, bins), base + 18, "middle", report.lowest_weight + tick)
            for tick in ticks
        ),
    ]


def _keys(frame: _Frame, report: QualityReport, legend: Legend) -> list[Markup]:
    base = frame.top + frame.height
    middle = frame.x(-report.lowest_weight, len(report.histogram))
    rule = Markup(
        '<path d="M{0} {1}V{2}" stroke="#a90000" stroke-width="2" stroke-dasharray="5 4"/>'
    )
    return [
        rule.format(middle, frame.top - 8, base),
        _text(middle + 6, frame.top - 12, "start", legend.threshold),
        _text(frame.x(1, 2), base + 44, "middle", legend.weight),
        _rect(frame.left, base + 34, 12, 12, "#0017c1"),
        _text(frame.left + 18, base + 45, "start", legend.linked),
        _rect(frame.left + 110, base + 34, 12, 12, "#b8c4e6"),
        _text(frame.left + 128, base + 45, "start", legend.apart),
    ]
