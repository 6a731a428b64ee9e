"""Write ``privacy/normalise/data/kanji.tsv`` from OpenCC and ja-itaiji (development only).

    python tests/vectors/normalise/generate_kanji.py ITAIJI_JSON

*ITAIJI_JSON* is ``ja_itaiji/data/term/ja-itaiji.json`` of the wheel ja-itaiji 1.0.2.  The
recipe is flattened per character: NFKC, hand table, star table, OpenCC ``t2jp``, hand
table again.  The committed table, not this script, is normative.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from pathlib import Path

import opencc

TARGET = Path(__file__).parents[3] / "privacy/normalise/data/kanji.tsv"

# Variants that the two sources miss, or for which they choose another form.
HAND_PAIRS = (
    "𠮷吉 﨑崎 嵜崎 濵浜 濱浜 嶋島 嶌島 冨富 峯峰 舘館 藪薮 槗橋 𣘺橋 曻昇 淸清 栁柳 "
    "桒桑 邨村 舩船 埜野 嶽岳 籠篭 薗園 杦杉 凉涼 凛凜 堯尭 强強 內内 髙高 德徳 邊辺 "
    "邉辺 曾曽 圡土 𡈽土 𠀋丈 㐂喜 喆哲 塚塚 柗松 穐秋 龝秋 楳梅 亙亘 昻昂 鄕郷 靍鶴 "
    "靏鶴 鸖鶴 靎鶴 𫝆今 𨵿関 薰薫 郞郎 彥彦 靑青 黑黒 瀨瀬 賴頼 橫横 增増 戶戸 户戸 "
    "姬姫 吳呉 卷巻 悅悦 寬寛 綠緑 每毎 敎教 黃黄 莵兎 兔兎 瑤瑶 槇槙 檜桧 禮礼 禱祷 "
    "禰祢 龍竜 瀧滝 圓円 榮栄 壽寿 麪麺 渕淵 渊淵 徧遍 讚讃 龙竜 赵趙 冯馮 邓鄧 逹達 "
    "晧皓 祕秘"
)
# Second-level JIS kanji that are plain shape variants although OpenCC lacks them.
KEEP_LEVEL_TWO = frozenset(
    "邉耻澂悳恊崕嵒曵婬韵珎舩聟壻夛斈圀皷晄皃夲枡籔朖懽竒弌釼劔劒剱枩竸刋徃无邨墅埀杤夘萠梦泪凉淒"
    "澑畄逹迯籐籘躰軆畧皋畊塲甞疉疂罸廰壺崋鑒艪緜畆閠澁銕傚帋冰艸卆翆嵳峩飜釡盖恠廐廏弃噐憇濳劵羣睿洒"
    "亊僊敍敘烟穉皈糺谿釖乕貭冩靱靭譱踈蘓貍鼡甼丗閇暎鈬愽牀搆坿謌憙儁鰺毓仝做曵凾冱沍"
)


def first_level(char: str) -> bool:
    """Return whether *char* is a first-level kanji of JIS X 0208 (rows 16 to 47)."""
    code = char.encode("euc_jp", "ignore")
    return len(code) == 2 and 0xB0 <= code[0] <= 0xCF


def second_level(char: str) -> bool:
    """Return whether *char* is a second-level kanji of JIS X 0208 (rows 48 to 84)."""
    code = char.encode("euc_jp", "ignore")
    return len(code) == 2 and 0xD0 <= code[0] <= 0xF4


def star_table(families: dict[str, list[str]]) -> dict[str, str]:
    """Return non-first-level kanji with exactly one first-level relative, and it.

    Among second-level kanji only listed shape variants are kept: the relation joins
    many that names use apart (晟/盛, 煌/皇, 栞/刊).
    """
    star = {}
    for char, family in families.items():
        relatives = {other for other in family if other != char and first_level(other)}
        if len(char) != 1 or first_level(char) or len(relatives) != 1:
            continue
        if second_level(char) and char not in KEEP_LEVEL_TWO:
            continue
        star[char] = relatives.pop()
    return star


def han_characters() -> list[str]:
    """Return every assigned ideograph."""
    names = ((chr(code), unicodedata.name(chr(code), "")) for code in range(0x3400, 0x33480))
    return [char for char, name in names if name.startswith("CJK ")]


def main() -> None:
    """Flatten the recipe for each ideograph and write the table."""
    families = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    star = star_table(families)
    hand = {pair[0]: pair[1] for pair in HAND_PAIRS.split() if pair[0] != pair[1]}
    converter = opencc.OpenCC("t2jp")
    rows = []
    for char in han_characters():
        folded = unicodedata.normalize("NFKC", char)
        if len(folded) != 1:
            continue
        folded = hand.get(folded, folded)
        folded = star.get(folded, folded)
        folded = converter.convert(folded)
        folded = hand.get(folded, folded)
        if folded != char and len(folded) == 1:
            rows.append(f"{char}\t{folded}\n")
    table = dict(row.rstrip("\n").split("\t") for row in rows)
    # One look-up must be enough: follow chains to their end.
    for char, folded in table.items():
        end = folded
        while end in table and table[end] != end:
            end = table[end]
        table[char] = end
    lines = "".join(f"{char}\t{folded}\n" for char, folded in table.items() if char != folded)
    TARGET.write_text(lines, encoding="utf-8")
    print(len(table), "entries")


if __name__ == "__main__":
    main()
