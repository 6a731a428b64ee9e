"""The headings that departments give their columns, as patterns for first mappings.

Matched against the heading after NFKC, without spaces, underscores and brackets,
in lower case.  Earlier patterns are better guesses.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_NOISE: Final = re.compile(r"[\s_()\[\]（）【】・:：.-]+")
_WHO: Final = (
    "(?:児童生徒|児童|生徒|本人|対象者|お?子(?:ども|供)?(?:さん|様)?の?|園児|幼児|受診者|child)?"
)

_KANA: Final = "(?:カナ|かな|仮名|フリガナ|ふりがな|振仮名|振り仮名|よみ|ヨミ|読み)"

IDENTIFIERS: Final = (
    rf"{_WHO}(?:id|ｉｄ)",
    r"(?:rec|row|record|student|pupil|person|child)(?:id|no|number)",
    rf"{_WHO}(?:管理|整理|登録|受付|台帳|学籍|カルテ|ケース|回答|世帯員|記録)(?:番号|no|id|コード)",
    rf"{_WHO}(?:番号|no|number|コード)",
    r"行番号",
    r".*(?:番号|id|no)",
)
"""Headings of a row id, best first; the column must also differ from row to row."""

FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "resident_number": (
        rf"{_WHO}宛名(?:番号|コード|no)",
        r"住民(?:番号|コード)",
        r"residentnumber|residentid",
        r"socsecid|ssn|socialsecurity(?:no|number)|nationalid|nhsnumber",
    ),
    "household_number": (
        r"(?:住民票)?世帯(?:番号|コード|no|id)",
        r"household(?:number|no|id|code)",
    ),
    "household_head_kana": (
        rf"(?:世帯主|納税義務者|受給者|申請者)(?:氏名|名)?{_KANA}",
        r"(?:householdhead|head)kana",
    ),
    "household_head_name": (
        r"世帯主(?:氏名|名)?",
        r"(?:納税義務者|受給者|申請者)(?:氏名|名)?",
        r"(?:householdhead|head)(?:name)?",
    ),
    "family_name_kana": (
        rf"{_WHO}(?:姓|氏){_KANA}|(?:カナ|かな)姓|セイ|せい",
        r"(?:family|last|sur)name(?:kana|furigana)",
    ),
    "given_name_kana": (
        rf"{_WHO}名{_KANA}|(?:カナ|かな)名|メイ|めい",
        r"(?:given|first)name(?:kana|furigana)",
    ),
    "full_name_kana": (
        rf"{_WHO}(?:氏名|名前|姓名)?{_KANA}(?:氏名)?",
        rf"(?:カナ|かな){_WHO}(?:氏名|名前)",
        r"(?:full)?name(?:kana|furigana)|kana(?:name)?",
    ),
    "former_family_name": (r"旧姓|旧氏", r"(?:former|previous|maiden)(?:family|last|sur)?name"),
    "alias": (r"通称名?|通名", r"alias(?:name)?|alsoknownas"),
    "family_name": (
        rf"{_WHO}(?:姓|氏|苗字|名字)",
        r"(?:family|last|sur)name|surname|lname",
    ),
    "middle_name": (r"ミドルネーム", r"middlename|mname|middle"),
    "given_name": (
        rf"{_WHO}(?:名|下の名前)",
        r"(?:given|first|fore)name|fname|givenname",
    ),
    "full_name": (
        rf"{_WHO}(?:氏名|姓名|名前|漢字氏名|氏名漢字)",
        r"(?:full)?name",
    ),
    "birth_date": (
        rf"{_WHO}(?:生年月日|誕生日|出生日|出生年月日)",
        r"(?:date)?(?:of)?birth(?:date|day)?|dateofbirth|dob|birthdate|birthday",
    ),
    "sex": (rf"{_WHO}性別(?:コード)?", r"sex|gender"),
    "postcode": (r"郵便番号|〒|郵便", r"post(?:al)?code|zip(?:code)?"),
    "address": (r"(?:現|児童|世帯)?住所|所在地|居所", r"(?:street|home|full)?address"),
    "phone": (
        r"(?:保護者|自宅|緊急)?(?:電話(?:番号)?|連絡先|携帯(?:電話)?(?:番号)?)",
        r"(?:tele)?phone(?:number|no)?|tel|mobile",
    ),
    "email": (r"(?:e|電子)?メール(?:アドレス)?", r"e?mail(?:address)?"),
}

JOINED: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "birth_date": (
        (r"生年|出生年|誕生年|birthyear|yearofbirth|yob",
         r"生月|出生月|誕生月|birthmonth|monthofbirth",
         r"生日|出生日|birthday|dayofbirth"),
    ),
    "address": (
        (r"streetnumber|housenumber", r"street|streetname|address1", r"address2",
         r"suburb|town|city"),
        (r"住所1|住所一|address1|addressline1", r"住所2|住所二|address2|addressline2"),
        (r"町名|町字|大字|町丁目?", r"番地|地番|番号|番地号"),
    ),
}  # fmt: skip
"""Fields spread over columns: parts in order; a group counts when its first two exist."""


def plain(heading: str) -> str:
    """Return *heading* as the patterns expect it."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", heading)).lower()
