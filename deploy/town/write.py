"""Writes the town's folder: identity files, department.toml, truth and manifest."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.town.registers import Layout, Register


@dataclass(frozen=True, slots=True, kw_only=True)
class FactFile:
    """One file of facts and its place in ``department.toml``."""

    item: str
    file: str
    id_column: str
    period: str
    """The period column; empty if the fact has none."""
    columns: tuple[tuple[str, tuple[str, ...]], ...]
    """Catalogue variable -> columns of the file."""


def write_csv(
    path: Path, encoding: str, header: Sequence[str], rows: Iterable[Sequence[str]]
) -> None:
    """Write *rows* under *header*, with the line ends of Windows as exports have them."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_register_file(folder: Path, register: Register) -> None:
    """Write one department's identity file."""
    layout = register.layout
    rows = (
        [row_id, *cells] for row_id, cells in zip(register.row_ids, register.cells, strict=True)
    )
    write_csv(folder / layout.file, layout.encoding, (layout.id_column, *layout.header), rows)


PROTECTED = "支援措置"
"""The column that marks people under a protection measure, where a register has it."""


def _toml(value: str | Sequence[str]) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if len(value) == 1:
        return _toml(value[0])
    return "[" + ", ".join(_toml(one) for one in value) + "]"


def write_department(folder: Path, layout: Layout, facts: Sequence[FactFile]) -> None:
    """Write ``department.toml``: the mapping that a clerk would confirm at the first import."""
    lines = [
        f"name_ja = {_toml(layout.name_ja)}",
        f"name_en = {_toml(layout.name_en)}",
        f"mode = {_toml(layout.mode)}",
        f"file = {_toml(layout.file)}",
        f"encoding = {_toml(layout.encoding)}",
        f"id = {_toml(layout.id_column)}",
        *([f"protected = {_toml(PROTECTED)}"] if PROTECTED in layout.header else []),
        "",
        "[fields]",
        *(f"{name} = {_toml(columns)}" for name, columns in layout.fields),
    ]
    for fact in facts:
        lines += ["", "[[facts]]", f"item = {_toml(fact.item)}", f"file = {_toml(fact.file)}"]
        lines.append(f"id = {_toml(fact.id_column)}")
        if fact.period:
            lines.append(f"period = {_toml(fact.period)}")
        lines.append("[facts.columns]")
        lines += [f"{name} = {_toml(columns)}" for name, columns in fact.columns]
    (folder / "department.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
