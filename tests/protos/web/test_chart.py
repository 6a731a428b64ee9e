"""Pictures are sound SVG: escaped, described, and as high as their numbers."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from markupsafe import Markup

from protos.web.chart import Fall, Line, Rule, Series, Words, columns, lines, rows, waterfall

WORDS = Words("<title>", "a & b", "x", "y")


def parsed(markup: Markup) -> ET.Element:
    root = ET.fromstring(str(markup))
    assert (root[0].text, root[1].text) == ("<title>", "a & b")
    return root


def sizes(root: ET.Element, name: str) -> list[float]:
    return [float(p.attrib[name]) for p in root.iter() if p.tag.endswith("}rect")]


def test_columns_are_as_high_as_their_numbers_and_the_rule_is_drawn() -> None:
    series = [Series("a", (1, 0, 3)), Series("b", (1, 0, 1))]

    root = parsed(columns(WORDS, ["1", "2", "3"], series, rules=[Rule(1.5, "cut")]))

    groups = [part for part in root if part.tag.endswith("}g")]
    assert len(groups) == 2
    heights = [sum(sizes(group, "height")) for group in groups]
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.2)
    assert "3: a 3, b 1" in "".join(root.itertext())
    assert len([part for part in root if "stroke-dasharray" in part.attrib]) == 1


def test_columns_of_roots_keep_few_visible_beside_many() -> None:
    root = parsed(columns(WORDS, ["1", "2"], [Series("", (100, 1))], roots=True))

    assert sizes(root, "height") == pytest.approx([210.0, 21.0])


@pytest.mark.parametrize("shares", [True, False])
def test_rows_share_the_length_between_their_series(shares: bool) -> None:
    series = [Series("a", (3, 0)), Series("b", (1, 0))]

    root = parsed(rows(WORDS, ["<x>", "none"], series, shares=shares))

    widths = sizes(root, "width")
    assert widths[0] == pytest.approx(3 * widths[1], abs=0.2)
    assert widths[2:4] == [0.0, 0.0]
    assert "75.0 %" in "".join(root.itertext()) if shares else True


def test_lines_stay_inside_their_frame() -> None:
    line = Line("l", ((0, -5), (1, 0.5), (2, 7)))

    root = parsed(lines(WORDS, [line], x=(0, 2), y=(0, 1), dots=True, rules=[Rule(1, "r")]))

    heights = [float(p.attrib["cy"]) for p in root if p.tag.endswith("}circle")]
    assert heights[0] > heights[1] > heights[2]
    assert heights == pytest.approx([288, 158, 28])


def test_a_waterfall_goes_on_where_it_stopped() -> None:
    falls = [Fall("start", 0, -7, "-7"), Fall("up", -7, 3, "+10"), Fall("sum", 0, 3, "3")]

    root = parsed(waterfall(WORDS, falls))

    left, width = sizes(root, "x"), sizes(root, "width")
    assert left[0] == pytest.approx(left[1])
    assert left[2] + width[2] == pytest.approx(left[1] + width[1], abs=0.2)


def test_pictures_of_nothing_are_still_pictures() -> None:
    parsed(columns(WORDS, ["1"], [Series("", (0,))]))
    parsed(rows(WORDS, [], []))
    parsed(lines(WORDS, [Line("", ())], x=(0, 1), y=(0, 1)))
    parsed(waterfall(WORDS, []))
