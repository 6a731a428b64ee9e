"""After a new import, which record is which child: slots belong to children, not to numbers.

Pure.  Records are numbered anew by each import; a slot table names them by number.  A slot
goes over to the record that has a row of the same id and the same birth date and given
name.  Where ids are new (a year's class and seat numbers), it goes over by the resident
number with the birth date, by the exact identity of token T1, or, where that has gaps, by
all that is known, if only one record fits on either side; any other child waits for the next
link round.  What is kept under a row's id
(alerts, holds) moves to the child's new id: an id given to another child takes nothing along.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from nodes.store.people import StoredRow
from privacy.normalise.person import Person

_LEFT = "\x00left "
"""Before the id of a child who has left, where another child has the id now."""


def carried(
    old_rows: Sequence[StoredRow],
    old_people: Sequence[Person],
    rows: Sequence[StoredRow],
    people: Sequence[Person],
) -> dict[int, int]:
    """Return old record -> new record of the same child; unclear ones are left out."""
    found = _by_id(old_rows, old_people, rows, people)
    for key in (_number, _identity, _everything):
        found |= _by_key(key, old_people, people, found)
    return found


def moved_ids(
    old_rows: Sequence[StoredRow],
    old_people: Sequence[Person],
    rows: Sequence[StoredRow],
    people: Sequence[Person],
    record_of: Mapping[int, int],
) -> dict[str, str]:
    """Return old row id -> the id under which the same child's row stands now, where it changed.

    A child that has left keeps its id, unless another child has it now: then what belonged
    to the one who left goes under a name that no row has.  An id whose name or birth date
    was corrected keeps what it has: a hold is rather on one row too many.
    """
    ids_of: dict[int, list[str]] = {}
    for row in rows:
        if row.record >= 0:
            ids_of.setdefault(row.record, []).append(row.row_id)
    holder = {row.row_id: row.record for row in rows if row.record >= 0}
    carried_over = set(record_of.values())
    moved: dict[str, str] = {}
    for row in old_rows:
        now = ids_of.get(record_of.get(row.record, -1), []) if row.record >= 0 else []
        if now and row.row_id not in now:
            moved[row.row_id] = now[0]
        if now or row.record < 0 or row.row_id not in holder:
            continue
        # Whoever has the id now was here before under another, or is clearly somebody else.
        new = holder[row.row_id]
        if new in carried_over or another(old_people[row.record], people[new]):
            moved[row.row_id] = _LEFT + row.row_id
    return moved


def another(one: Person, other: Person) -> bool:
    """Tell whether an id was given to somebody else: birth date and given name both differ."""
    named = one.given == other.given or (one.given_kana and one.given_kana == other.given_kana)
    return not named and one.birth_date != other.birth_date


def _by_id(
    old_rows: Sequence[StoredRow],
    old_people: Sequence[Person],
    rows: Sequence[StoredRow],
    people: Sequence[Person],
) -> dict[int, int]:
    record_of = {row.row_id: row.record for row in rows if row.record >= 0}
    found: dict[int, set[int]] = {}
    for row in old_rows:
        new = record_of.get(row.row_id, -1)
        if row.record >= 0 and new >= 0 and _same(old_people[row.record], people[new]):
            found.setdefault(row.record, set()).add(new)
    pairs = {old: next(iter(new)) for old, new in found.items() if len(new) == 1}
    claims = Counter(pairs.values())
    return {old: new for old, new in pairs.items() if claims[new] == 1}


def _by_key(
    key: Callable[[Person], tuple[str, ...]],
    old_people: Sequence[Person],
    people: Sequence[Person],
    known: Mapping[int, int],
) -> dict[int, int]:
    """Return pairs of records not *known* whose *key* is whole and is nobody else's."""
    taken = set(known.values())
    before = _unique(key, {r: p for r, p in enumerate(old_people) if r not in known})
    after = _unique(key, {r: p for r, p in enumerate(people) if r not in taken})
    return {record: after[each] for each, record in before.items() if each in after}


def _unique(
    key: Callable[[Person], tuple[str, ...]], people: Mapping[int, Person]
) -> dict[tuple[str, ...], int]:
    keys = {record: key(person) for record, person in people.items()}
    counts = Counter(keys.values())
    return {each: r for r, each in keys.items() if all(each) and counts[each] == 1}


def _number(person: Person) -> tuple[str, ...]:
    return (person.resident_number, person.birth_date)


def _identity(person: Person) -> tuple[str, ...]:
    family = person.family_kana or person.family
    return (family, person.given_kana or person.given, person.birth_date, person.sex)


def _everything(person: Person) -> tuple[str, ...]:
    """Return all that is known of a person whose identity has gaps; enough of it must be known."""
    names = person.given_kana or person.given
    sure = person.birth_date or person.block or person.phone
    parts = (person.family, person.family_kana, person.given, person.birth_date, person.sex)
    known = "|".join((*parts, person.town, person.block, person.phone))
    return (names, sure, known)


def _same(one: Person, other: Person) -> bool:
    names = one.given == other.given or (
        bool(one.given_kana) and one.given_kana == other.given_kana
    )
    return names and one.birth_date == other.birth_date
