"""The published vectors: another implementation of the specification must give the same."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from privacy.normalise.person import DateOrder, Person, ProblemKind, RawPerson
from privacy.normalise.record import NORMALISATION_VERSION, normalise

VECTORS = Path(__file__).parents[2] / "vectors/normalise/v1.json"
DOCUMENT = json.loads(VECTORS.read_text(encoding="utf-8"))
CASES: list[dict[str, Any]] = DOCUMENT["cases"]
# Reported for every row that lacks the field: a vector of another topic leaves them out.
ALWAYS = {("birth_date", ProblemKind.DATE_MISSING), ("full_name", ProblemKind.NAME_MISSING)}


def test_the_vectors_are_of_this_version() -> None:
    assert DOCUMENT["version"] == NORMALISATION_VERSION
    assert len(CASES) >= 150


@pytest.mark.parametrize(
    "case", CASES, ids=[f"{place}-{case['topic']}" for place, case in enumerate(CASES)]
)
def test_a_vector_gives_its_published_form(case: dict[str, Any]) -> None:
    order = DateOrder(case["date_order"]) if "date_order" in case else None

    person = normalise(RawPerson(**case["input"]), date_order=order)

    names = [field.name for field in fields(Person) if field.name != "problems"]
    found = {name: value for name in names if (value := getattr(person, name))}
    assert found == case["output"]
    listed = {(field, ProblemKind(kind)) for field, kind in case["problems"]}
    problems = {(problem.field, problem.kind) for problem in person.problems}
    assert problems - listed <= ALWAYS
    assert listed <= problems


def test_the_notations_of_one_address_give_one_town_and_block() -> None:
    same = [case for case in CASES if case["topic"] == "one address"]

    forms = {(case["output"]["town"], case["output"]["block"]) for case in same}

    assert len(same) >= 12
    assert len(forms) == 1
