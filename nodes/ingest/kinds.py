"""What can be wrong with a row, and the sentence and the fix that staff read for it."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import Final, NamedTuple

from privacy.errors import Text
from privacy.normalise.person import ProblemKind


class ImportKind(StrEnum):
    """What the import itself finds, besides normalisation's kinds."""

    ROW_ID_MISSING = "row_id_missing"
    ROW_ID_CONFLICT = "row_id_conflict"
    """Several rows with one id that say different things: none of them is used."""
    ROW_ID_REPEATED = "row_id_repeated"
    """The same row twice: counted as one."""
    IDENTITY_INSUFFICIENT = "identity_insufficient"
    """Fewer than two of family name, given name, birth date and resident number."""
    FACT_ROW_UNKNOWN = "fact_row_unknown"
    """A fact of a row id that the department's roster does not have."""
    FACT_REPEATED = "fact_repeated"
    FACT_PERIOD_UNREADABLE = "fact_period_unreadable"
    FACT_VALUE_UNREADABLE = "fact_value_unreadable"
    FACT_OUT_OF_RANGE = "fact_out_of_range"


Kind = ProblemKind | ImportKind


class Severity(StrEnum):
    """What became of it."""

    FIELD_IGNORED = "field_ignored"
    ROW_DROPPED = "row_dropped"
    NOTED = "noted"


class Explanation(NamedTuple):
    """What is wrong, and what to do."""

    what: Text
    fix: Text


EXPLANATIONS: Final[dict[Kind, Explanation]] = {
    ProblemKind.NAME_MISSING: Explanation(
        Text("氏名もカナも読めません", "neither a name nor its kana can be read"),
        Text("氏名かカナを入れてください", "fill in the name or its kana"),
    ),
    ProblemKind.NAME_UNSPLIT: Explanation(
        Text("姓と名に分けられません", "the name cannot be split into family and given name"),
        Text("姓と名の間に空白を入れてください", "put a space between family and given name"),
    ),
    ProblemKind.KANA_UNREADABLE: Explanation(
        Text("カナ以外の文字があります", "holds something other than kana"),
        Text("カナだけにしてください", "write kana only"),
    ),
    ProblemKind.GAIJI: Explanation(
        Text("外字が〓や？になっています", "holds a character that the source could not write"),
        Text("正しい字か、近い常用字を入れてください", "write the character or a common variant"),
    ),
    ProblemKind.DATE_MISSING: Explanation(
        Text("生年月日がありません", "the birth date is missing"),
        Text("わかれば生年月日を入れてください", "fill in the birth date if it is known"),
    ),
    ProblemKind.DATE_UNREADABLE: Explanation(
        Text("日付として読めません", "cannot be read as a date"),
        Text(
            "2014-04-02、H26.4.2 などの形にするか、date_order を確かめてください",
            "write 2014-04-02 or H26.4.2, or check date_order",
        ),
    ),
    ProblemKind.DATE_IMPOSSIBLE: Explanation(
        Text("暦にない日付か、ありえない年です", "no such day, or an implausible year"),
        Text("正しい日付に直してください", "correct the date"),
    ),
    ProblemKind.SEX_UNREADABLE: Explanation(
        Text("性別として読めません", "cannot be read as a sex"),
        Text("男・女、M・F、1・2 のどれかにしてください", "write 男/女, M/F or 1/2"),
    ),
    ProblemKind.ADDRESS_UNREADABLE: Explanation(
        Text("住所として読めません", "cannot be read as an address"),
        Text("町名から番地までを入れてください", "write it from the town to the house number"),
    ),
    ProblemKind.POSTCODE_UNREADABLE: Explanation(
        Text("郵便番号として読めません", "cannot be read as a postcode"),
        Text("7桁の数字にしてください", "write its digits"),
    ),
    ProblemKind.NUMBER_UNREADABLE: Explanation(
        Text("宛名番号として使えません", "cannot be used as a resident number"),
        Text("桁数と検査数字を確かめてください", "check its length and check digit"),
    ),
    ImportKind.ROW_ID_MISSING: Explanation(
        Text("行の番号が空です", "the row id is empty"),
        Text("番号を入れてください", "fill in the id"),
    ),
    ImportKind.ROW_ID_CONFLICT: Explanation(
        Text("同じ番号の行が、違う内容で他にもあります", "another row has the same id but differs"),
        Text("正しい行だけを残すか、番号を直してください", "keep the right row or correct the id"),
    ),
    ImportKind.ROW_ID_REPEATED: Explanation(
        Text("まったく同じ行が他にもあります", "the same row occurs before"),
        Text("一つとして数えました", "it was counted once"),
    ),
    ImportKind.IDENTITY_INSUFFICIENT: Explanation(
        Text("本人を見分ける項目が足りません", "too little to tell the person by"),
        Text(
            "姓・名・生年月日・宛名番号・住所のうち二つ以上を入れてください",
            "fill in two or more of family name, given name, birth date, resident number, address",
        ),
    ),
    ImportKind.FACT_ROW_UNKNOWN: Explanation(
        Text("名簿にない番号です", "the roster has no such row id"),
        Text("番号を直すか、名簿に加えてください", "correct the id or add it to the roster"),
    ),
    ImportKind.FACT_REPEATED: Explanation(
        Text("同じ番号・同じ時期の行が前にあります", "an earlier row has the same id and period"),
        Text("正しい行だけを残してください", "keep the right row"),
    ),
    ImportKind.FACT_PERIOD_UNREADABLE: Explanation(
        Text("時期として読めません", "cannot be read as a period"),
        Text("2026-06 か 2026-06-15 の形にしてください", "write 2026-06 or 2026-06-15"),
    ),
    ImportKind.FACT_VALUE_UNREADABLE: Explanation(
        Text("目録の型・選択肢に合いません", "does not fit the catalogue's type or values"),
        Text("目録にある値に直してください", "write one of the catalogue's values"),
    ),
    ImportKind.FACT_OUT_OF_RANGE: Explanation(
        Text("目録の範囲の外です", "outside the catalogue's range"),
        Text("値を確かめてください", "check the value"),
    ),
}

_SCRIPTS: Final = (
    (re.compile(r"[\u3041-\u3096]+"), Text("ひらがな", "hiragana")),
    (re.compile(r"[\u30a1-\u30fc・\s]+"), Text("カタカナ", "katakana")),
    (re.compile(r"[A-Za-z'\-.\s]+"), Text("英字", "Latin letters")),
    (re.compile(r"[\u3400-\u9fff\uf900-\ufaff々\s]+"), Text("漢字", "kanji")),
    (re.compile(r"[\d/\-.\s:]+"), Text("数字と記号", "digits and separators")),
)


def value_kind(value: str) -> Text:
    """Return what kind of thing *value* is (script, number of digits), never what it says."""
    text = unicodedata.normalize("NFKC", value).strip()
    if not text:
        return Text("空", "empty")
    if text.isdigit():
        return Text(f"数字{len(text)}桁", f"{len(text)} digits")
    for pattern, kind in _SCRIPTS:
        if pattern.fullmatch(text):
            return kind
    if re.search(r"\d", text):
        return Text("文字と数字", "letters and digits")
    return Text("文字と記号", "letters and signs")
