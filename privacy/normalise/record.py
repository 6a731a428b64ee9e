"""One row in normal form: the entry of the normalisation, version 1.

The result depends on the row alone, and never raises on text.  It holds the identity in
clear: it stays at the node, and only encodings of it leave.
"""

from __future__ import annotations

from privacy.normalise.address import parse_address
from privacy.normalise.contact import parse_email, parse_phone, parse_postcode
from privacy.normalise.date import parse_date
from privacy.normalise.identity import read_names
from privacy.normalise.kana import phonetic
from privacy.normalise.number import parse_number
from privacy.normalise.person import DateOrder, Person, Problem, RawPerson
from privacy.normalise.sex import parse_sex

NORMALISATION_VERSION = "1"


def normalise(raw: RawPerson, *, date_order: DateOrder | None = None) -> Person:
    """Return *raw* in normal form, with a problem for each field that could not be used.

    Args:
        raw: The row as the department wrote it.
        date_order: The order of dates of three bare numbers, where the mapping states it.
    """
    names, problems = read_names(raw)
    birth_date, date_problem = parse_date(raw.birth_date, date_order)
    sex, sex_problem = parse_sex(raw.sex)
    address = parse_address(raw.address)
    postcode, postcode_problem = parse_postcode(raw.postcode)
    number, number_problem = parse_number(raw.resident_number)
    household, household_problem = parse_number(raw.household_number)
    found = (
        ("birth_date", date_problem),
        ("sex", sex_problem),
        ("address", address.problem),
        ("postcode", postcode_problem),
        ("resident_number", number_problem),
        ("household_number", household_problem),
    )
    problems.extend(Problem(column, kind) for column, kind in found if kind is not None)
    return Person(
        family=names.family,
        given=names.given,
        middle=names.middle,
        family_kana=names.family_kana,
        given_kana=names.given_kana,
        family_phonetic=phonetic(names.family_kana),
        given_phonetic=phonetic(names.given_kana),
        former_family=names.former,
        alias_family=names.alias_family,
        alias_given=names.alias_given,
        birth_date=birth_date,
        sex=sex,
        town=address.town,
        block=address.block,
        building=address.building,
        postcode=postcode,
        phone=parse_phone(raw.phone),
        email=parse_email(raw.email),
        resident_number=number,
        household_number=household,
        problems=tuple(problems),
    )
