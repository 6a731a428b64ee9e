"""Twins through real encodings: one birth date, address and family name, two children."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from deploy.town.names import GivenNames, Surnames
from deploy.town.people import FEMALE, MALE
from privacy.encoding.encoder import Encoder
from privacy.encoding.schema import default_schema
from privacy.keys import LinkKeys
from privacy.linkage.linker import Linker, start
from privacy.normalise.person import Person, RawPerson
from privacy.normalise.record import normalise

KEY = bytes(range(32))
PAIRS = 1000


def _twins(rng: random.Random) -> list[tuple[Person, Person]]:
    surnames, names = Surnames(rng), GivenNames()
    made = []
    for number in range(PAIRS):
        surname, year = surnames.draw(rng), rng.randrange(2010, 2019)
        birth = f"{year}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"
        address = f"葦原市中央{rng.randrange(1, 9)}丁目{number % 40 + 1}番{number % 17 + 1}号"
        sexes = [rng.choice((MALE, FEMALE))] * 2 if number % 2 else [MALE, FEMALE]
        given = [names.draw(sex, year, rng) for sex in sexes]
        while given[1].kana == given[0].kana or given[1].kanji == given[0].kanji:
            given[1] = names.draw(sexes[1], year, rng)
        one, two = (
            normalise(
                RawPerson(
                    family_name=surname.kanji,
                    family_name_kana=surname.kana,
                    given_name=each.kanji,
                    given_name_kana=each.kana,
                    birth_date=birth,
                    sex="男" if sex == MALE else "女",
                    address=address,
                )
            )
            for each, sex in zip(given, sexes, strict=True)
        )
        made.append((one, two))
    return made


def _written(person: Person, rng: random.Random) -> Person:
    """Return the row of another department: some without kana or address, some misspelt."""
    if rng.random() < 0.2:
        person = replace(person, family_kana="", given_kana="")
    if rng.random() < 0.2:
        person = replace(person, town="", block="")
    if rng.random() < 0.1 and person.given_kana:
        person = replace(person, given_kana=person.given_kana[:-1] + "ン")
    return person


def _linked(departments: dict[str, list[Person]]) -> Linker:
    encoder = Encoder(default_schema(), LinkKeys(1, 1, KEY))
    first, *later = (each.name for each in default_schema().passes)
    linker = start([encoder.encode(rows, name, (first,)) for name, rows in departments.items()])
    asked = linker.ask(KEY)
    again = [
        encoder.encode([rows[row] for row in asked[name]], name, later)
        for name, rows in departments.items()
    ]
    return linker.second_pass(again, asked)


@pytest.mark.timeout(120)
def test_a_thousand_pairs_of_twins_are_never_merged() -> None:
    rng = random.Random(1)
    twins = _twins(rng)
    register = [person for pair in twins for person in pair]
    # The school knows both; health has one of each pair only, so nothing but names tell.
    school = [_written(person, rng) for person in register]
    chosen = [2 * pair + rng.randrange(2) for pair in range(PAIRS)]
    health = [_written(register[at], rng) for at in chosen]

    clusters = _linked({"register": register, "school": school, "health": health}).clusters()

    entity = {"register": range(2 * PAIRS), "school": range(2 * PAIRS), "health": chosen}
    members: dict[int, set[int]] = {}
    for name, rows in entity.items():
        for cluster, child in zip(clusters[name].tolist(), rows, strict=True):
            members.setdefault(cluster, set()).add(child)
    merged = [children for children in members.values() if len(children) > 1]
    assert not [twins for twins in merged if len({child // 2 for child in twins}) < len(twins)]
    assert len(merged) < 0.01 * PAIRS
    together = np.mean(clusters["register"] == clusters["school"])
    assert together > 0.97
