"""A Japanese address as town, block and building; Latin ones go to ``latin_address``.

The notations of one address (一丁目18番1号, 1-18-1, １丁目１８番地の１, 大字…, with or without
prefecture and city) give one (town, block).  Block: up to three numbers joined by ``-``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from privacy.normalise.characters import HYPHENS, JAPANESE, clean, drop_gaiji, to_katakana
from privacy.normalise.kanji import fold_kanji
from privacy.normalise.latin_address import parse_latin_address
from privacy.normalise.numerals import NUMERAL, kanji_number
from privacy.normalise.person import ProblemKind


class Address(NamedTuple):
    """An address in normal form; empty text means that the part is not there."""

    town: str
    block: str
    building: str
    problem: ProblemKind | None


NOWHERE = Address("", "", "", None)
_BLOCK_NUMBERS = 3

_POSTCODE = re.compile(r"^〒?\s*\d{3}-?\d{4}\s*(?=\D)")
_PREFECTURE = re.compile(
    r"^(?:東京都|北海道|(?:京都|大阪)府|(?:神奈川|和歌山|鹿児島|[^\d\s]{2})県)"
)
_WARD_CITIES = (
    "札幌|仙台|さいたま|サイタマ|千葉|横浜|川崎|相模原|新潟|静岡|浜松|名古屋|京都|"
    "大阪|堺|神戸|岡山|広島|北九州|福岡|熊本"
)
_TOKYO_WARDS = (
    "千代田|中央|港|新宿|文京|台東|墨田|江東|品川|目黒|大田|世田谷|渋谷|中野|杉並|"
    "豊島|北|荒川|板橋|練馬|足立|葛飾|江戸川"
)
_CITY = re.compile(
    rf"^(?:(?:{_WARD_CITIES})市(?:[^\d区市町]{{1,4}}区)?"
    rf"|(?:{_TOKYO_WARDS})区"
    r"|[^\d郡市]{1,4}郡[^\d町村]{1,5}[町村]"
    r"|(?:四日市|廿日市|野々市|八日市|余市|今市|古市)市"
    r"|(?:市川|市原)市"
    r"|[^\d市区]{1,5}市)(?![\d町場]|$)"
)
# 一丁目, 十八番, 二の三: numerals that count; 三の輪 and 五反田 stay words.
_COUNTING = re.compile(
    rf"{NUMERAL}+(?=\s*(?:丁目|番地|番|号|条))"
    rf"|(?<=[-\d]){NUMERAL}+(?=$|[-\sの号番])"
    rf"|{NUMERAL}+(?=-(?:\d|{NUMERAL}))"
    rf"|(?<=[丁目番地のノ]){NUMERAL}+(?=$|[-\sの号番])"
    rf"|{NUMERAL}+(?=[のノ](?:\d|{NUMERAL}))"
)
_LONG_AS_HYPHEN = re.compile(
    r"(?<=[\d〇零一二三四五六七八九十])\s*[ー｜|~]\s*(?=[\d〇零一二三四五六七八九十])"
)
_BLOCK = re.compile(
    r"(?P<town>\D*(?:\d+条\D*)?)(?P<numbers>\d+(?:\s*(?:丁目|丁|番地の|番地ノ|番地|番の|番|号|-|の|ノ)"
    r"\s*\d+)*)\s*(?:丁目|番地|番|号)?(?P<rest>.*)",
    re.DOTALL,
)
_NUMBER = re.compile(r"\d+")
_SECTION = re.compile(r"大字|小字|(?<=.)(?<![文習十])字(?=.)|^字(?=.)")
_BETWEEN = re.compile(r"(?<=[\u3400-\u9fff])([ヶヵケガノツ之])(?=[\u3400-\u9fff])")
_ONE_SIGN = {"ヶ": "ケ", "ヵ": "ケ", "ガ": "ケ", "ケ": "ケ", "ノ": "ノ", "之": "ノ", "ツ": "ツ"}
_FILLING = re.compile(r"[\s,、。.・()\-_]|(?<![ァ-ヺ])ー")
_ROOM = re.compile(r"号室?|室")
_NOTHING_READABLE = re.compile(r"[\W_]*")


def _hyphenate(text: str) -> str:
    """Return *text* with one hyphen sign, and counting kanji numerals as digits."""
    value = _LONG_AS_HYPHEN.sub("-", HYPHENS.sub("-", text))
    while (changed := _COUNTING.sub(lambda run: str(kanji_number(run[0])), value)) != value:
        value = changed
    return value


def _town(text: str) -> str:
    """Return the town's name alone: no prefecture, no city, no 大字, one spelling."""
    value = text.replace(" ", "")
    value = _CITY.sub("", _PREFECTURE.sub("", value))
    value = to_katakana(_SECTION.sub("", value))
    value = _BETWEEN.sub(lambda sign: _ONE_SIGN[sign[1]], value)
    return _FILLING.sub("", value)


def _building(text: str, numbers: list[str]) -> str:
    """Return the building and room as one text; numbers past the block belong to it."""
    value = _ROOM.sub("", to_katakana(text)).upper()
    return _FILLING.sub("", "".join(numbers[_BLOCK_NUMBERS:]) + value)


@lru_cache(maxsize=1 << 16)
def parse_address(text: str) -> Address:
    """Split an address into town, block and building.

    Returns:
        The parts; an ``ADDRESS_UNREADABLE`` problem where nothing in it can be read.
    """
    value = drop_gaiji(clean(text))
    if not value and not text.strip():
        return NOWHERE
    if _NOTHING_READABLE.fullmatch(value):
        return Address("", "", "", ProblemKind.ADDRESS_UNREADABLE)
    if JAPANESE.search(value) is None:
        return Address(*parse_latin_address(value), None)
    value = _POSTCODE.sub("", HYPHENS.sub("-", fold_kanji(value)))
    value = _hyphenate(value)
    found = _BLOCK.fullmatch(value)
    if found is None:
        return Address(_town(value), "", "", None)
    numbers = [str(int(number)) for number in _NUMBER.findall(found["numbers"])]
    building = _building(found["rest"], numbers)
    return Address(_town(found["town"]), "-".join(numbers[:_BLOCK_NUMBERS]), building, None)
