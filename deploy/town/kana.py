"""Kana and dates in the notations of Japanese offices."""

from __future__ import annotations

import unicodedata
from datetime import date
from enum import StrEnum

_HIRAGANA = str.maketrans({chr(code): chr(code - 0x60) for code in range(0x30A1, 0x30F7)})
_LARGE = str.maketrans("ァィゥェォッャュョヮ", "アイウエオツヤユヨワ")


def _half_width_table() -> dict[int, str]:
    table: dict[int, str] = {}
    for code in range(0xFF65, 0xFF9E):
        half = chr(code)
        for mark in ("", "\uff9e", "\uff9f"):
            full = unicodedata.normalize("NFKC", half + mark)
            if len(full) == 1:
                table[ord(full)] = half + mark
    table[ord("\u3000")] = " "
    return table


_HALF_WIDTH = _half_width_table()


def to_hiragana(kana: str) -> str:
    """Return *kana*, which is katakana, in hiragana."""
    return kana.translate(_HIRAGANA)


def to_half_width(kana: str) -> str:
    """Return katakana in the half-width forms of old systems (ﾊﾙﾄ, ﾔﾏｻﾞｷ)."""
    return kana.translate(_HALF_WIDTH)


def without_small_kana(kana: str) -> str:
    """Return katakana as systems print it that have no small kana (シヨウタ)."""
    return kana.translate(_LARGE)


class DateStyle(StrEnum):
    """How an office writes a date."""

    ISO = "iso"
    SLASH = "slash"
    DIGITS = "digits"
    ERA_DOT = "era_dot"
    """H28.5.3"""
    ERA_PADDED = "era_padded"
    """H28.05.03"""
    ERA_SLASH = "era_slash"
    """H28/5/3"""
    ERA_KANJI = "era_kanji"
    """平成28年5月3日, 令和元年5月1日"""
    ERA_SEVEN = "era_seven"
    """4280503: 4 is Heisei, 5 Reiwa"""


REIWA = date(2019, 5, 1)


def era(day: date) -> tuple[str, str, int, int]:
    """Return the era's name, letter and code, and the year in it (Heisei and Reiwa)."""
    if day >= REIWA:
        return "令和", "R", 5, day.year - 2018
    return "平成", "H", 4, day.year - 1988


def write_date(day: date, style: DateStyle) -> str:  # noqa: PLR0911 - one a notation
    """Return *day* in *style*."""
    name, letter, code, year = era(day)
    match style:
        case DateStyle.ISO:
            return day.isoformat()
        case DateStyle.SLASH:
            return f"{day.year}/{day.month}/{day.day}"
        case DateStyle.DIGITS:
            return f"{day.year}{day.month:02d}{day.day:02d}"
        case DateStyle.ERA_DOT:
            return f"{letter}{year}.{day.month}.{day.day}"
        case DateStyle.ERA_PADDED:
            return f"{letter}{year:02d}.{day.month:02d}.{day.day:02d}"
        case DateStyle.ERA_SLASH:
            return f"{letter}{year}/{day.month}/{day.day}"
        case DateStyle.ERA_KANJI:
            return f"{name}{'元' if year == 1 else year}年{day.month}月{day.day}日"
        case DateStyle.ERA_SEVEN:
            return f"{code}{year:02d}{day.month:02d}{day.day:02d}"
