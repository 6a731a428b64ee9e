"""Classes and seats: each grade divided into classes, seats in the order of the names' sounds."""

from __future__ import annotations

import random

from deploy.town.people import LAST_PRIMARY, Child, Standing

CLASS_SIZE = 35
SENIOR_CLASS_SIZE = 38


def seat_classes(children: list[Child], rng: random.Random) -> dict[int, tuple[str, int]]:
    """Return class and seat of each municipal pupil."""
    grades: dict[tuple[int, int], list[Child]] = {}
    for child in children:
        if child.standing is Standing.MUNICIPAL:
            grades.setdefault((child.school, child.grade), []).append(child)
    seats: dict[int, tuple[str, int]] = {}
    for (_, grade), pupils in grades.items():
        rng.shuffle(pupils)
        size = CLASS_SIZE if grade <= LAST_PRIMARY else SENIOR_CLASS_SIZE
        classes = -(-len(pupils) // size)
        for group in range(classes):
            members = sorted(
                pupils[group::classes],
                key=lambda child: (child.household.surname.kana, child.given.kana),
            )
            for seat, child in enumerate(members, start=1):
                seats[child.index] = (str(group + 1), seat)
    return seats
