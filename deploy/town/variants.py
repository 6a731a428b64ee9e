"""Characters that one office writes and another cannot, or does not."""

from __future__ import annotations

import random
from functools import lru_cache

from deploy.town.rates import Difficulty

REGISTRY_FORMS: dict[str, tuple[tuple[str, float], ...]] = {
    "渡辺": (("渡邊", 0.2), ("渡邉", 0.18)),
    "渡部": (("渡邊", 0.01),),
    "斎藤": (("齋藤", 0.3), ("齊藤", 0.08)),
    "斉藤": (("齊藤", 0.25),),
    "吉": (("𠮷", 0.15),),
    "高": (("髙", 0.25),),
    "崎": (("﨑", 0.25), ("嵜", 0.02)),
    "浜": (("濱", 0.3), ("濵", 0.06)),
    "島": (("嶋", 0.12), ("嶌", 0.02)),
    "沢": (("澤", 0.35),),
    "広": (("廣", 0.2),),
    "桜": (("櫻", 0.25),),
    "国": (("國", 0.15),),
    "滝": (("瀧", 0.3),),
    "辺": (("邊", 0.3), ("邉", 0.2)),
    "富": (("冨", 0.15),),
    "関": (("關", 0.05),),
    "徳": (("德", 0.3),),
    "柳": (("栁", 0.08),),
    "館": (("舘", 0.3),),
    "瀬": (("瀨", 0.12),),
    "栄": (("榮", 0.15),),
    "曽": (("曾", 0.25),),
    "塩": (("鹽", 0.03),),
    "万": (("萬", 0.1),),
    "与": (("與", 0.1),),
    "竜": (("龍", 0.3),),
    "峰": (("峯", 0.2),),
    "橋": (("𣘺", 0.03),),
    "土": (("𡈽", 0.02),),
    "条": (("條", 0.2),),
    "真": (("眞", 0.15),),
    "恵": (("惠", 0.1),),
    "穂": (("穗", 0.05),),
    "凛": (("凜", 0.1),),
}
"""Plain form -> (registry form, share of the families); whole names first, then characters."""

PLAIN = {
    "𠮷": "吉",
    "𣘺": "橋",
    "𡈽": "土",
}
"""What an office without the character writes instead."""
GETA = "〓"

TYPING_ERRORS: dict[str, str] = {
    char: group.replace(char, "")
    for group in (
        "太大", "斉斎", "翔祥", "沙紗", "奈菜那", "美実未", "莉里梨理", "花華香", "斗人翔",
        "介輔助", "太汰", "樹季希輝", "悠優祐佑裕", "央緒", "陽遥春晴", "蒼青", "真麻茉",
        "結唯", "咲桜", "乃野", "藤富", "田由", "木本", "川河", "原源", "島嶋", "崎岬", "野埜",
        "井居", "上植", "沢澤", "石岩", "永長", "安保", "田畑", "健建", "拓卓", "和知", "千子",
        "葉羽", "月津", "心新", "彩綾", "琴詩", "衣依", "愛藍", "吾悟", "志史", "也哉", "平兵",
    )
    for char in group
}  # fmt: skip
"""Conversions that a keyboard offers for the same sound, and characters that look alike."""


def registry_form(kanji: str, rng: random.Random) -> str:
    """Return the form in which the family register holds *kanji*."""
    whole = REGISTRY_FORMS.get(kanji)
    if whole is not None and len(kanji) > 1:
        return _draw(kanji, whole, rng)
    return "".join(
        _draw(char, REGISTRY_FORMS[char], rng) if char in REGISTRY_FORMS else char for char in kanji
    )


def _draw(plain: str, forms: tuple[tuple[str, float], ...], rng: random.Random) -> str:
    at = rng.random()
    for form, share in forms:
        if at < share:
            return form
        at -= share
    return plain


@lru_cache(maxsize=1 << 16)
def writable(text: str) -> bool:
    """Tell whether cp932 has every character of *text*."""
    try:
        text.encode("cp932")
    except UnicodeEncodeError:
        return False
    return True


def in_cp932(text: str, difficulty: Difficulty, rng: random.Random) -> str:
    """Return *text* as a cp932 system holds it: plain variants, or 〓 where there is none."""
    if writable(text):
        return text
    chars = []
    for char in text:
        if writable(char):
            chars.append(char)
        elif char in PLAIN and rng.random() >= difficulty.gaiji_blank:
            chars.append(PLAIN[char])
        else:
            chars.append(GETA)
    return "".join(chars)
