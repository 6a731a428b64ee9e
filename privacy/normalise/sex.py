"""Sex as departments write it: ``1`` male, ``2`` female, empty where unknown (JIS X 0303)."""

from __future__ import annotations

import re
from functools import lru_cache

from privacy.normalise.characters import clean, to_katakana
from privacy.normalise.person import ProblemKind

_MALE = frozenset("1 01 男 男性 男子 男児 オトコ ダンシ ダンセイ M MALE MAN BOY".split())  # noqa: SIM905 -- words
_FEMALE = frozenset("2 02 女 女性 女子 女児 オンナ ジョシ ジョセイ F FEMALE WOMAN GIRL".split())  # noqa: SIM905 -- words
_UNKNOWN = frozenset(
    [
        "0",
        "9",
        "3",
        "-",
        "不明",
        "不詳",
        "未回答",
        "回答しない",
        "その他",
        "無回答",
        "未記入",
        "U",
        "X",
        "N",
        "UNKNOWN",
        "OTHER",
        "NULL",
        "NONE",
        "NAN",
        "NA",
        "N/A",
    ]
)
# A relation to the household head says it too: 長男, 次女, 二男, 養女.
_RELATION = re.compile("(?:長|次|[一二三四五六七八九十]|養|[1-9])(男|女)")


@lru_cache(maxsize=1024)
def parse_sex(text: str) -> tuple[str, ProblemKind | None]:
    """Return ``1``, ``2`` or empty text, and the problem where the text says neither."""
    value = clean(text).upper().removesuffix(".0").rstrip(".")
    if len(value) > 1 and value[0] in "12" and value[1] in ":. -_(":
        value = value[0]
    for form in (value, to_katakana(value)):
        if form in _MALE:
            return "1", None
        if form in _FEMALE:
            return "2", None
    if (relation := _RELATION.fullmatch(value)) is not None:
        return ("1" if relation[1] == "男" else "2"), None
    if not value or value in _UNKNOWN:
        return "", None
    return "", ProblemKind.SEX_UNREADABLE
