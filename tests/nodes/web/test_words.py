"""What the operator reads instead of codes: every step that leaves has its words."""

import re
from pathlib import Path

import nodes.driver
from nodes.driver.plans import Decision
from nodes.driver.review import CONTENT, STEP
from nodes.web import words
from privacy.encoding.schema import default_schema
from privacy.plan import PlanKind


def test_every_pass_of_the_schema_has_its_words() -> None:
    for salt_pass in default_schema().passes:
        assert words.step(f"encodings/{salt_pass.name}").ja.startswith("照合用")


def test_every_kind_and_decision_has_its_words() -> None:
    assert set(words.KINDS) == {kind.value for kind in PlanKind}
    assert set(words.DECISIONS) == {decision.value for decision in Decision}


def test_what_a_run_sends_has_its_words() -> None:
    source = Path(nodes.driver.__file__).parent.joinpath("exchange.py").read_text("utf-8")

    assert re.search(r'"masked inputs"', source)
    for step in ("screen/masked-inputs", "screen/masked-listed", "statistics/masked-cells"):
        assert words.step(step).en != step
    for fields in ("masked inputs", "masked cells", "masked listed, sealed cards"):
        assert words.content(fields).en != fields


def test_what_review_sends_has_its_words() -> None:
    assert words.step(STEP).en != STEP
    assert words.content(CONTENT).en != CONTENT


def test_codes_and_tokens_are_counted_not_named() -> None:
    text = words.content("T1, A, B, first/all, first/name, first/given_address")

    assert text == ("トークン 3種・符号 3種", "3 tokens, 3 views")


def test_a_refusal_is_readable_in_both_languages() -> None:
    stored = '{"fix":["直し方。","Do this."],"what":["理由。","A rule."]}'

    assert words.reason(stored) == ("理由。直し方。", "A rule. Do this.")
    assert words.reason("") == ("", "")
