"""A department's own duplicates, found in clear at its node, before anything is encoded.

Rules, not scores: a wrong merge loses a child, and twins share everything but the
given name.  Two rows are one person when (1) birth date and given name agree and
family name, address or number confirms it; (2) number and birth date agree and the given
names do not contradict; (3) the birth date differs by one slip of the hand and all
names and the address or number agree; (4) two numbers, one of them from before a move,
belong to one person where name and birth date are too rare together for namesakes.
Given names that differ in both spellings never merge.  The result tells nobody outside
the node anything.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from privacy.normalise.person import Person

_LARGEST_BLOCK = 200
"""Rows under one key beyond which the key says nothing (a common name without a date)."""
_SHORTEST_TYPO = 3
"""Letters a name needs before one wrong letter is taken for a slip."""
_DATE_DIGITS = 8
_NAMESAKES = 5e-5
"""Rows expected to share name and birth date by chance, below which two rows are one person."""


def duplicate_groups(persons: Sequence[Person]) -> NDArray[np.int64]:
    """Return the group of each row: rows of one group are the same person.

    Groups are numbered from 0 in order of their first row.  No group holds two rows that
    contradict each other (as twins do), even where a third row resembles both.
    """
    members = {row: [row] for row in range(len(persons))}
    group = list(range(len(persons)))
    namesakes = _Namesakes(persons)
    for one, two in _likely_pairs(persons):
        left, right = group[one], group[two]
        if left == right:
            continue
        first, second = persons[one], persons[two]
        if not (same_person(first, second) or namesakes.too_rare(first, second)):
            continue
        if namesakes.common(first, second):
            continue
        if any(contradict(persons[a], persons[b]) for a in members[left] for b in members[right]):
            continue
        low, high = min(left, right), max(left, right)
        for row in members[high]:
            group[row] = low
        members[low] += members.pop(high)
    return np.unique(np.array(group, dtype=np.int64), return_inverse=True)[1].astype(np.int64)


def representatives(persons: Sequence[Person], groups: NDArray[np.int64]) -> list[Person]:
    """Return one person for each group: per field the commonest value, then the first row's.

    Families of fields that belong together (a name and its kana, an address) are taken
    from one row, so that no mixture of two spellings arises.
    """
    rows: dict[int, list[Person]] = defaultdict(list)
    for person, group in zip(persons, groups.tolist(), strict=True):
        rows[group].append(person)
    return [_combined(rows[group]) for group in sorted(rows)]


_TOGETHER: tuple[tuple[str, ...], ...] = (
    ("family", "given", "middle"),
    ("family_kana", "given_kana", "family_phonetic", "given_phonetic"),
    ("alias_family", "alias_given"),
    ("town", "block", "building"),
)


def _combined(group: list[Person]) -> Person:
    if len(group) == 1:
        return group[0]
    single = {f.name for f in fields(Person)} - {"problems"}
    single -= {name for together in _TOGETHER for name in together}
    chosen: dict[str, str] = {}
    for names in (*_TOGETHER, *((name,) for name in sorted(single))):
        values = [tuple(getattr(person, name) for name in names) for person in group]
        numbers = names in (("resident_number",), ("household_number",))
        if numbers and len({number for (number,) in values} - {""}) > 1:
            # Which of two numbers is current is not known: none contradicts another department.
            chosen[names[0]] = ""
            continue
        best = max(values, key=lambda v: (sum(map(bool, v)), values.count(v), -values.index(v)))
        chosen.update(zip(names, best, strict=True))
    return Person(**chosen, problems=tuple(p for person in group for p in person.problems))


class _Namesakes:
    """How many unrelated people of one name and birth date a register of this size holds."""

    def __init__(self, persons: Sequence[Person]) -> None:
        self._rows = len(persons)
        self._family = Counter(person.family or person.family_kana for person in persons)
        self._given = Counter(person.given or person.given_kana for person in persons)
        self._born = Counter(person.birth_date for person in persons)

    def common(self, one: Person, two: Person) -> bool:
        """Tell whether nothing but a common name and the birth date speaks for one person.

        No address or number is shared, others bear the family name and the given name,
        and chance would give such a namesake; a register too small says nothing of chance.
        """
        if not one.birth_date or one.birth_date != two.birth_date:
            return False
        if one.resident_number and one.resident_number == two.resident_number:
            return False
        if one.town and (one.town, one.block) == (two.town, two.block):
            return False
        family, given, born = self._others(one)
        expected = _NAMESAKES * self._rows**2
        return min(family, given, expected) > 1 and family * given * born > expected

    def _others(self, one: Person) -> tuple[int, int, int]:
        family = self._family[one.family or one.family_kana] - 1
        given = self._given[one.given or one.given_kana] - 1
        return family, given, self._born[one.birth_date] - 1

    def too_rare(self, one: Person, two: Person) -> bool:
        """Tell whether two rows that differ in number and address must still be one person.

        All spellings that both rows hold are equal, and sex and birth date; then the rows
        expected to share them by chance are rows x share of the family name x share of
        the given name x share of the birth date, the two rows themselves not counted twice.
        """
        if not one.birth_date or one.birth_date != two.birth_date or one.sex != two.sex:
            return False
        if not one.resident_number or not two.resident_number:
            return False
        if not _given_agreement(one, two) or not _identical_names(one, two):
            return False
        family, given, born = self._others(one)
        return family * given * born <= _NAMESAKES * self._rows**2


def _likely_pairs(persons: Sequence[Person]) -> Iterator[tuple[int, int]]:
    """Yield pairs that share a key worth comparing by, each once."""
    keys: tuple[Callable[[Person], tuple[str, ...]], ...] = (
        lambda p: (p.birth_date, p.given_phonetic or p.given),
        lambda p: (p.birth_date, p.family, p.family_kana),
        lambda p: (p.birth_date, p.given),
        lambda p: (p.resident_number, p.resident_number),
        lambda p: (p.family_kana or p.family, p.given_kana or p.given),
        lambda p: (p.family, p.given),
    )
    seen: set[tuple[int, int]] = set()
    for key in keys:
        blocks: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for row, person in enumerate(persons):
            value = key(person)
            if value[0] and value[1]:
                blocks[value].append(row)
        for rows in blocks.values():
            if len(rows) <= _LARGEST_BLOCK:
                fresh = set(combinations(rows, 2)) - seen
                seen |= fresh
                yield from sorted(fresh)


def contradict(one: Person, two: Person) -> bool:
    """Tell whether two rows must be different people: sex, or the given name in all spellings."""
    if one.sex and two.sex and one.sex != two.sex:
        return not _identical_names(one, two)
    return _given_agreement(one, two) is False


def same_person(one: Person, two: Person) -> bool:
    """Tell whether two rows of one department are one person, by the rules of this module."""
    if contradict(one, two) or not _given_agreement(one, two):
        return False
    same_number = bool(one.resident_number) and one.resident_number == two.resident_number
    other_number = bool(one.resident_number and two.resident_number) and not same_number
    same_address = bool(one.town) and (one.town, one.block) == (two.town, two.block)
    same_family = _family_agrees(one, two)
    if one.birth_date and one.birth_date == two.birth_date:
        if same_number:
            return True
        confirmed = same_family or same_address
        return confirmed and (not other_number or (same_family and same_address))
    if not one.birth_date or not two.birth_date:
        return same_family and (same_number or (same_address and not other_number))
    slip = _one_slip_in_date(one.birth_date, two.birth_date)
    return (
        slip and _identical_names(one, two) and (same_number or (same_address and not other_number))
    )


def _given_agreement(one: Person, two: Person) -> bool | None:
    """Return whether given names agree, contradict, or (None) cannot be compared.

    One spelling may hold a slip when the other is equal; where only one spelling is on
    both sides, it must be equal.
    """
    spellings = [
        (a, b) for a, b in ((one.given, two.given), (one.given_kana, two.given_kana)) if a and b
    ]
    if not spellings:
        return None
    return any(a == b for a, b in spellings)


def _family_agrees(one: Person, two: Person) -> bool:
    """Tell whether family names agree in a spelling, allowing former names and one slip."""
    former = {one.former_family, two.former_family, one.alias_family, two.alias_family} - {""}
    kanji, kana = (one.family, two.family), (one.family_kana, two.family_kana)
    if any(a and a == b for a, b in (kanji, kana)):
        return True
    if former & {one.family, two.family, one.family_kana, two.family_kana}:
        return True
    return any(_one_slip(a, b) for a, b in (kanji, kana) if a and b)


def _identical_names(one: Person, two: Person) -> bool:
    """Tell whether every name spelling that both rows hold is equal, family and given."""
    pairs = (
        (one.family, two.family),
        (one.given, two.given),
        (one.family_kana, two.family_kana),
        (one.given_kana, two.given_kana),
    )
    compared = [a == b for a, b in pairs if a and b]
    return len(compared) > 1 and all(compared)


def _one_slip(one: str, two: str) -> bool:
    """Tell whether one letter replaced, dropped, added or swapped turns *one* into *two*."""
    if min(len(one), len(two)) < _SHORTEST_TYPO or abs(len(one) - len(two)) > 1:
        return False
    start = 0
    while start < min(len(one), len(two)) and one[start] == two[start]:
        start += 1
    left, right = one[start:], two[start:]
    if left[1:] == right[1:] or left[1:] == right or left == right[1:]:
        return True
    return left[:2] == right[1::-1] and left[2:] == right[2:]


def _one_slip_in_date(one: str, two: str) -> bool:
    """Tell whether ISO dates differ in one digit, or by month and day exchanged."""
    left, right = one.replace("-", ""), two.replace("-", "")
    if len(left) != _DATE_DIGITS or len(right) != _DATE_DIGITS:
        return False
    if left[:4] == right[:4] and left[4:6] == right[6:] and left[6:] == right[4:6]:
        return True
    return sum(a != b for a, b in zip(left, right, strict=True)) == 1
