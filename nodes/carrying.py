"""After a new import, which record is which child: slots belong to children, not to numbers.

Pure.  Records are numbered anew by each import; a slot table names them by number.  A slot
goes over to the record that has a row of the same id and the same birth date and given
name; any other child waits for the next link round.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from nodes.store.people import StoredRow
from privacy.normalise.person import Person


def carried(
    old_rows: Sequence[StoredRow],
    old_people: Sequence[Person],
    rows: Sequence[StoredRow],
    people: Sequence[Person],
) -> dict[int, int]:
    """Return old record -> new record of the same child; unclear ones are left out."""
    record_of = {row.row_id: row.record for row in rows if row.record >= 0}
    found: dict[int, set[int]] = {}
    for row in old_rows:
        new = record_of.get(row.row_id, -1)
        if row.record >= 0 and new >= 0 and _same(old_people[row.record], people[new]):
            found.setdefault(row.record, set()).add(new)
    pairs = {old: next(iter(new)) for old, new in found.items() if len(new) == 1}
    claims = Counter(pairs.values())
    return {old: new for old, new in pairs.items() if claims[new] == 1}


def _same(one: Person, other: Person) -> bool:
    names = one.given == other.given or (
        bool(one.given_kana) and one.given_kana == other.given_kana
    )
    return names and one.birth_date == other.birth_date
