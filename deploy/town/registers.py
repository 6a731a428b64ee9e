"""The departments' identity files: who is in them and in what notation they are written."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from deploy.town.city import City
from deploy.town.errors import Written, soil, write_down
from deploy.town.lives import Lives
from deploy.town.overrides import Override, Overrides
from deploy.town.people import Child
from deploy.town.rates import Difficulty, Dirt
from deploy.town.variants import in_cp932


@dataclass(frozen=True, slots=True)
class World:
    """Everything that is so, before departments write."""

    city: City
    children: list[Child]
    lives: Lives
    difficulty: Difficulty
    overrides: Overrides
    as_of: date
    classes: dict[int, tuple[str, int]]
    """Child -> class and seat, for municipal pupils."""


Format = Callable[[Written, World, random.Random], list[str]]
Covers = Callable[[Child, World, random.Random], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One department's identity file."""

    department: str
    name_ja: str
    name_en: str
    mode: str
    file: str
    encoding: str
    id_column: str
    id_format: str
    header: tuple[str, ...]
    """The columns after the row id."""
    fields: tuple[tuple[str, tuple[str, ...]], ...]
    """Canonical name -> columns, for ``department.toml``."""
    covers: Covers
    write: Format
    infancy: bool = False
    order: Callable[[Child, World], tuple[int | str, ...]] | None = None
    """What the file is sorted by; None: the order of arrival."""


@dataclass(slots=True)
class Register:
    """One written identity file."""

    layout: Layout
    row_ids: list[str] = field(default_factory=list)
    cells: list[list[str]] = field(default_factory=list)
    entities: list[int] = field(default_factory=list)
    first_row: dict[int, str] = field(default_factory=dict)
    """Child -> its row, the first of duplicates."""
    planted_row: dict[tuple[int, int], str] = field(default_factory=dict)
    """(child, position among its planted rows) -> row."""


Entry = tuple[Child, list[str], int | None]


def write_register(layout: Layout, world: World, rng: random.Random) -> Register:
    """Return the rows of one department, soiled, in its own order and under its own ids."""
    dirt: Dirt = getattr(world.difficulty, layout.department)
    siblings = _siblings(world.children)
    entries: list[Entry] = []
    for child in world.children:
        planned = world.overrides.get((layout.department, child.index))
        if planned is None:
            copies = _copies(child, layout, world, dirt, rng)
            entries.extend(
                (child, _row(child, layout, world, dirt, rng, siblings[child.index]), None)
                for _ in range(copies)
            )
        else:
            entries.extend(
                (child, _planted_row(child, one, layout, world, rng), position)
                for position, one in enumerate(planned)
            )
    return _number(entries, layout, world, rng)


def _siblings(children: Sequence[Child]) -> list[list[Child]]:
    """Return each child's siblings; households are contiguous."""
    by_home: dict[int, list[Child]] = {}
    for child in children:
        by_home.setdefault(child.household.index, []).append(child)
    return [
        [other for other in by_home[child.household.index] if other is not child]
        for child in children
    ]


def _copies(child: Child, layout: Layout, world: World, dirt: Dirt, rng: random.Random) -> int:
    if not layout.covers(child, world, rng) or rng.random() < dirt.absent:
        return 0
    return 2 if rng.random() < dirt.duplicated else 1


def _row(
    child: Child, layout: Layout, world: World, dirt: Dirt, rng: random.Random,
    siblings: list[Child],
) -> list[str]:  # fmt: skip
    written = write_down(child, dirt, rng, world.as_of, infancy=layout.infancy)
    soil(written, dirt, rng, siblings)
    return _encoded(layout.write(written, world, rng), layout, world, rng)


CAREFUL = Dirt(number_missing=0.0, kanji_plain=1.0, kana_other_reading=0.0, foreign_alias=0.0,
               foreign_short=0.0, address_old=0.0)  # fmt: skip


def _planted_row(
    child: Child, override: Override, layout: Layout, world: World, rng: random.Random
) -> list[str]:
    written = write_down(child, CAREFUL, rng, world.as_of)
    override.apply(written)
    cells = layout.write(written, world, rng)
    for column, text in override.extra.items():
        if column in layout.header:
            cells[layout.header.index(column)] = text
    return _encoded(cells, layout, world, rng)


def _encoded(cells: list[str], layout: Layout, world: World, rng: random.Random) -> list[str]:
    if layout.encoding != "cp932":
        return cells
    return [in_cp932(cell, world.difficulty, rng) for cell in cells]


def _number(entries: list[Entry], layout: Layout, world: World, rng: random.Random) -> Register:
    """Order the rows and give them ids; copies of a child stand apart, as they arrived."""
    rng.shuffle(entries)
    if layout.order is not None:
        order = layout.order
        entries.sort(key=lambda entry: order(entry[0], world))
    register = Register(layout)
    for number, (child, cells, planned) in enumerate(entries, start=1):
        row_id = layout.id_format.format(number)
        register.row_ids.append(row_id)
        register.cells.append(cells)
        register.entities.append(child.index)
        register.first_row.setdefault(child.index, row_id)
        if planned is not None:
            register.planted_row[child.index, planned] = row_id
    return register
