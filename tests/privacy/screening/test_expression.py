"""Only the allowed grammar is read, nothing runs, and missing stays missing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.screening.evaluation import Truth, evaluate, exact
from privacy.screening.expression import (
    Count,
    ExpressionError,
    groups,
    names,
    parse,
    where_falsity_matters,
)

MEMBERS = {"signals": ("a", "b", "c"), "school": ("a", "b")}


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "a.b",
        "a[0]",
        "lambda: 1",
        "[x for x in a]",
        "a if b else c",
        "count(a, b)",
        "count(*a)",
        "sum(a)",
        "'text' == a",
        "True",
        "None",
        "a / 2",
        "a ** 2",
        "a // 2",
        "a % 2",
        "a & b",
        "~a",
        "+a",
        "a is b",
        "a in b",
        "(a := 1)",
        "1e400 > a",
        "1j > a",
        "99999999 > a",
        "a >",
        "",
        "a\nb",
        "f'{a}'",
        "...",
        "a" * 501,
        "not " * 60 + "a",
        "\x00",
    ],
)
def test_anything_outside_the_grammar_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert caught.value.what.ja
    assert caught.value.what.en


@given(st.text(max_size=60))
def test_no_text_raises_another_error(text: str) -> None:
    try:
        parse(text)
    except ExpressionError:
        return


def test_names_and_groups_are_found() -> None:
    expression = parse("abs10 or surge or count(signals) >= 2 and 2 * x - 1 > y")
    assert names(expression) == {"abs10", "surge", "x", "y"}
    assert groups(expression) == {"signals"}
    assert parse("count(home)") == Count("home")


def _truth(text: str, **values: float | None) -> str:
    arrays = {
        name: exact(np.array([np.nan if value is None else value]))
        for name, value in values.items()
    }
    found = evaluate(parse(text), arrays, {}, 1)
    return "true" if found.true[0] else "false" if found.false[0] else "undecided"


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("x >= 10", {"x": 10}, "true"),
        ("x > 10", {"x": 10}, "false"),
        ("x < 10 <= y", {"x": 9, "y": 10}, "true"),
        ("x != 3", {"x": 3}, "false"),
        ("x > 2 * y + 1", {"x": 6, "y": 2}, "true"),
        ("-x < 0", {"x": 2}, "true"),
        ("x >= 10", {"x": None}, "undecided"),
        ("not x >= 10", {"x": None}, "undecided"),
        ("x != 3", {"x": None}, "undecided"),
        ("x * 0 == 0", {"x": None}, "undecided"),
        ("x - x == 0", {"x": None}, "undecided"),
        ("x > 1 or y > 1", {"x": None, "y": 2}, "true"),
        ("x > 1 and y > 1", {"x": None, "y": 0}, "false"),
        ("x and y", {"x": 1, "y": 1}, "true"),
        ("x and y", {"x": 1, "y": 0}, "false"),
        ("0.5 * x == 1.5", {"x": 3}, "true"),
    ],
)
def test_conditions_are_three_valued(
    text: str, values: dict[str, float | None], expected: str
) -> None:
    assert _truth(text, **values) == expected


RULES = (
    "a or count(signals) >= 2",
    "a and not b",
    "count(signals) == 1",
    "not (a or b) and c",
    "2 * a - b > 0",
    "count(school) < 2 and c",
    "a + b + c != 2",
    "(a and b) or not c",
)


@given(
    st.sampled_from(RULES),
    st.lists(st.sampled_from(["fired", "not", "unknown"]), min_size=3, max_size=3),
)
def test_knowing_less_never_makes_a_rule_true(rule: str, states: list[str]) -> None:
    def holds(seen: list[str]) -> bool:
        values = {
            name: Truth(np.array([state == "fired"]), np.array([state == "not"]))
            for name, state in zip("abc", seen, strict=True)
        }
        return bool(evaluate(parse(rule), values, MEMBERS, 1).true[0])

    for place in range(3):
        fewer = [*states]
        fewer[place] = "unknown"
        assert holds(states) or not holds(fewer)


@given(st.sampled_from(RULES), st.lists(st.sampled_from(["fired", "not"]), min_size=3, max_size=3))
def test_one_bit_is_enough_where_falsity_does_not_matter(rule: str, states: list[str]) -> None:
    expression = parse(rule)
    needed = where_falsity_matters(expression, MEMBERS)

    def holds(*, forget: bool) -> bool:
        values = {
            name: Truth(
                np.array([state == "fired"]),
                np.array([state == "not" and not (forget and name not in needed)]),
            )
            for name, state in zip("abc", states, strict=True)
        }
        return bool(evaluate(expression, values, MEMBERS, 1).true[0])

    assert holds(forget=True) == holds(forget=False)
