"""The published vectors: another implementation of the specification must give the same."""

import hashlib
import json
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import privacy.normalise
from privacy.normalise.number import mod11_check_digit
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


def test_every_class_of_the_specification_has_vectors() -> None:
    topics = Counter(case["topic"] for case in CASES)

    classes = {
        "kanji variant": 10, "kana": 16, "phonetic": 2, "date": 50, "date impossible": 15,
        "name without a separator": 8, "swapped": 4, "alias": 6, "former name": 6,
        "middle name": 6, "one address": 12, "building": 3, "postcode": 8,
        "resident number": 9, "household number": 2, "latin name": 10, "latin address": 4,
        "household head": 7, "sex": 20,
    }  # fmt: skip
    assert not {name for name, least in classes.items() if topics[name] < least}


@pytest.mark.parametrize("case", DOCUMENT["check_digits"], ids=lambda case: str(case["body"]))
def test_a_check_digit_is_the_published_one(case: dict[str, Any]) -> None:
    assert mod11_check_digit(case["body"]) == case["digit"]


def test_the_specification_is_of_this_version_and_names_its_tables_by_digest() -> None:
    folder = Path(privacy.normalise.__file__).parent
    text = (folder / "SPEC.md").read_text(encoding="utf-8")

    assert f"version {NORMALISATION_VERSION}" in text.splitlines()[0]
    for table in sorted((folder / "data").glob("*.tsv")):
        digest = hashlib.sha256(table.read_bytes()).hexdigest()
        assert f"`data/{table.name}`" in text
        assert digest in text, table.name
