"""The parts of a row in an office's notation: names in one column, readings, dates, places."""

from __future__ import annotations

from deploy.town.city import block, flat
from deploy.town.errors import Written
from deploy.town.kana import DateStyle, write_date
from deploy.town.people import LAST_PRIMARY, Household
from deploy.town.registers import World


def given_parts(written: Written) -> tuple[str, str]:
    """Return given and middle name in the order in which the family writes them."""
    foreign = written.child.foreign
    if foreign is None or foreign.family_last:
        return written.given, written.middle
    return written.middle, written.given


def given_kana_parts(written: Written) -> tuple[str, str]:
    """Return the readings of given and middle name in the same order."""
    foreign = written.child.foreign
    if foreign is None or foreign.family_last:
        return written.given_kana, written.middle_kana
    return written.middle_kana, written.given_kana


def joined(parts: tuple[str, ...], separator: str) -> str:
    """Return the parts that are there, with *separator* between them."""
    return separator.join(part for part in parts if part)


def full_name(written: Written, separator: str) -> str:
    """Return the name in one column; foreign ones never without a separator."""
    foreign = written.child.foreign
    if written.latin:
        separator = " "
    elif foreign is not None and not foreign.family_kanji:
        separator = separator or "　"
    return joined((written.family, *given_parts(written)), separator)


def full_kana(written: Written, separator: str) -> str:
    """Return the reading of the whole name."""
    return joined((written.family_kana, *given_kana_parts(written)), separator)


def head_name(home: Household, surname: str, given: str) -> str:
    """Return the head of the household's name; a foreign one in letters or characters."""
    foreign = home.head_foreign
    if foreign is None:
        return f"{surname}　{given}"
    if foreign.family_kanji:
        return f"{foreign.family_kanji}　{foreign.given_kanji}"
    return foreign.latin


def day_text(written: Written, style: DateStyle) -> str:
    """Return the birth date in *style*; empty if it is missing."""
    return write_date(written.birth, style) if written.birth else ""


def place_text(written: Written, world: World, style: int, building: int | None) -> str:
    """Return the address to the block, with the flat behind it unless *building* is None."""
    if written.address is None:
        return ""
    text = block(world.city, written.address, style)
    if building is None or not written.in_flat:
        return text
    tail = flat(written.address, building)
    return f"{text}　{tail}" if tail and building == 0 else text + (f" {tail}" if tail else "")


def grade_text(grade: int) -> str:
    """Return a grade as schools write it: 小4, 中1."""
    return f"小{grade}" if grade <= LAST_PRIMARY else f"中{grade - LAST_PRIMARY}"
