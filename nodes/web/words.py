"""Codes of the log in the operator's words: steps, contents, purposes, decisions."""

from __future__ import annotations

import json
from collections.abc import Mapping

from privacy.errors import Text

_STEPS: Mapping[str, Text] = {
    "encodings/first": Text("照合用の符号（一回目）", "encodings, first pass"),
    "encodings/kana": Text("照合用の符号（二回目・カナ）", "encodings, second pass by kana"),
    "encodings/kanji": Text("照合用の符号（二回目・漢字）", "encodings, second pass by kanji"),
    "encodings/given": Text("照合用の符号（二回目・名）", "encodings, second pass by given name"),
    "encodings/family": Text("照合用の符号（二回目・姓）", "encodings, second pass by family name"),
    "encodings/home": Text("照合用の符号（二回目・住まい）", "encodings, second pass by home"),
    "households": Text("世帯（きょうだい）の証拠", "household evidence"),
    "encodings/home_address": Text(
        "照合用の符号（二回目・住まいと町）", "encodings, second pass by home, town"
    ),
    "encodings/dated": Text(
        "照合用の符号（二回目・生年月日）", "encodings, second pass by birth date"
    ),
    "encodings/dated_postcode": Text(
        "照合用の符号（二回目・生年月日と郵便番号）",
        "encodings, second pass by birth date and postcode",
    ),
    "encodings/dated_town": Text(
        "照合用の符号（二回目・生年月日と町）", "encodings, second pass by birth date and town"
    ),
    "encodings/family_postcode": Text(
        "照合用の符号（二回目・姓と郵便番号）",
        "encodings, second pass by family name and postcode",
    ),
    "encodings/given_postcode": Text(
        "照合用の符号（二回目・名と郵便番号）",
        "encodings, second pass by given name and postcode",
    ),
    "encodings/initials": Text(
        "照合用の符号（二回目・頭文字と郵便番号）",
        "encodings, second pass by initials and postcode",
    ),
    "review-answers": Text("名寄せ確認の答え", "answers of clerical review"),
    "encodings/dummies": Text("ダミーの符号（誰のものでもない）", "dummies: nobody's encodings"),
    "screen/masked-inputs": Text("気づきの計算: 覆った値", "screening: masked inputs"),
    "screen/masked-listed": Text(
        "気づきの計算: 覆った答えと封緘札", "screening: masked answer, cards"
    ),
    "statistics/masked-inputs": Text("統計の計算: 覆った値", "statistics: masked inputs"),
    "statistics/masked-cells": Text(
        "統計の計算: 雑音を足した集計", "statistics: noisy masked cells"
    ),
}

_CONTENTS: Mapping[str, Text] = {
    "masked inputs": Text(
        "乱数で覆った値（見た人には一様な乱数）", "values masked to uniform noise"
    ),
    "masked cells": Text("雑音と覆いを足した集計", "cells with noise and mask"),
    "pair tags, handles, answers": Text(
        "組の印(鍵つき)、行の位置、答え", "keyed tags of pairs, places of rows, answers"
    ),
    "masked listed, sealed cards": Text(
        "覆った一ビットと、受け取る部署だけが開ける封緘札",
        "one masked bit a place, and cards that only the receiver opens",
    ),
}

KINDS = {
    "link": Text("連携", "link"),
    "screen": Text("スクリーニング", "screening"),
    "statistics": Text("統計", "statistics"),
}

DECISIONS = {
    "approved": Text("承認", "approved"),
    "pending": Text("承認待ち", "pending"),
    "refused": Text("拒否", "refused"),
}


def step(code: str) -> Text:
    """Return what a step of the log is called; an unknown one keeps its code."""
    return _STEPS.get(code, Text(code, code))


def content(fields: str) -> Text:
    """Return what left, in words: codes and tokens by their number, or what was masked."""
    if fields in _CONTENTS:
        return _CONTENTS[fields]
    names = [name for name in fields.split(", ") if name]
    views = sum("/" in name for name in names)
    tokens = len(names) - views
    ja = [f"トークン {tokens}種"] * bool(tokens) + [f"符号 {views}種"] * bool(views)
    en = [f"{tokens} tokens"] * bool(tokens) + [f"{views} views"] * bool(views)
    return Text("・".join(ja), ", ".join(en))


def reason(stored: str) -> Text:
    """Return why a plan was refused, from what the store keeps; empty where it was not."""
    if not stored:
        return Text("", "")
    values = json.loads(stored)
    what, fix = Text(*values["what"]), Text(*values["fix"])
    return Text(f"{what.ja}{fix.ja}", f"{what.en} {fix.en}")
