"""The five uses that no purpose and no definition may have, whatever approves them.

APPI article 63 (no improper use) and the ethics of the source document (DOMAIN 1.2,
F-18 to F-20).  They are written in code and not in a settings file, so that no
configuration can allow them.  A use is recognised by its reserved purpose id and by
words in names, ids and stated targets; words alone cannot find every disguise, so an
ethics reference is needed for every definition as well.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from privacy.errors import RefusedError, Text


class ProhibitedUse(StrEnum):
    """A use that is refused by name; the value is its reserved purpose id."""

    PREDICT_BULLIES = "predict_bullies"
    SELECT_SPECIAL_NEEDS = "select_special_needs"
    RANK_SCHOOLS_OR_PUPILS = "rank_schools_or_pupils"
    PREDICT_ACADEMIC_FAILURE = "predict_academic_failure"
    REVEAL_BELIEFS = "reveal_beliefs"


NAMES = {
    ProhibitedUse.PREDICT_BULLIES: Text("いじめの加害者の予測", "predicting who bullies"),
    ProhibitedUse.SELECT_SPECIAL_NEEDS: Text(
        "特別支援学級・通級の対象者の選別", "selecting children for special-needs classes"
    ),
    ProhibitedUse.RANK_SCHOOLS_OR_PUPILS: Text(
        "学校や児童生徒の順位付け", "ranking schools or pupils"
    ),
    ProhibitedUse.PREDICT_ACADEMIC_FAILURE: Text(
        "個人の学業不振の予測", "predicting an individual's academic failure"
    ),
    ProhibitedUse.REVEAL_BELIEFS: Text("信条・価値観など内心の推知", "revealing beliefs or values"),
}

_WORDS = {
    ProhibitedUse.PREDICT_BULLIES: (
        r"加害|いじめっ子|いじめる側|\bbull(y|ies)\b|predict[\W_]*bully|perpetrat"
    ),
    ProhibitedUse.SELECT_SPECIAL_NEEDS: r"特別支援|通級|special[\W_]*(needs|education)",
    ProhibitedUse.RANK_SCHOOLS_OR_PUPILS: (
        r"順位|ランキング|ランク|序列|\brank|[\W_]rank|league[\W_]*table|(risk|score)[\W_]*order"
    ),
    ProhibitedUse.PREDICT_ACADEMIC_FAILURE: (
        r"学業不振|学力.{0,6}(予測|不振|低下)|成績.{0,6}(予測|不振|低下)|落第|留年"
        r"|academic[\W_]*failure|\b(predict|low)[\W_]*(grades|achievement|attainment)"
    ),
    ProhibitedUse.REVEAL_BELIEFS: (
        r"信条|価値観|宗教|信仰|思想|政治|支持政党|belief|religio|political|ideolog"
    ),
}
_PATTERNS = {use: re.compile(words) for use, words in _WORDS.items()}


class ProhibitedUseError(RefusedError):
    """A purpose or definition names a prohibited use; `use` says which."""

    def __init__(self, use: ProhibitedUse, where: str) -> None:
        """Name the *use* and *where* it was found."""
        name = NAMES[use]
        super().__init__(
            Text(
                f"{where}: 「{name.ja}」は禁止された利用目的です"
                f"（個人情報保護法63条、規則 {use.value}）。",
                f"{where}: {name.en} is a prohibited use (APPI article 63, rule {use.value}).",
            ),
            Text(
                "この利用は誰の承認でもできません。目的を改めるか、取りやめてください。",
                "No approval can allow it. Change the purpose or leave it out.",
            ),
        )
        self.use = use


def recognise(text: str) -> ProhibitedUse | None:
    """Return the prohibited use that *text* names, if any."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    for use, pattern in _PATTERNS.items():
        if folded == use.value or pattern.search(folded):
            return use
    return None


def refuse_prohibited(where: str, *texts: str) -> None:
    """Let *texts* pass when none of them names a prohibited use.

    Raises:
        ProhibitedUseError: one does.
    """
    for text in texts:
        use = recognise(text)
        if use is not None:
            raise ProhibitedUseError(use, where)
