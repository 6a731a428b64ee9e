"""A sampled pair as a picture and in words: which views spoke for one person, which against.

The pair is a number of its report; who it is, nobody here can tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from privacy.errors import Language, Text
from protos.web.chart import ALERT, TONES, Fall, Words, waterfall

_MILLION = 1_000_000
_NUMBERS = (
    Text("番号なし", "no number"),
    Text("番号一致", "number equal"),
    Text("番号だけ一致", "number equal, date not"),
    Text("番号不一致", "number differs"),
)
_KINDS = {
    "linked": Text("つないだ組から無作為に", "drawn from linked pairs"),
    "near": Text("しきい値の近く", "near the threshold"),
    "conflict": Text("番号の食い違い", "numbers contradict"),
}
_NAMES = {
    "prior": Text("出発点(組が一致する珍しさ)", "start: how rare a match is"),
    "T1": Text("氏名・生年月日・性別の符号", "token of names, birth date, sex"),
    "number": Text("宛名番号の符号", "token of the resident number"),
    "identity": Text("完全一致の符号による下限", "floor of an exact identity"),
    "rivals": Text("競合するほかの組", "rival pairs"),
}
_PASSES = {
    "first": Text("生年月日ごと", "by birth date"),
    "kana": Text("カナ氏名ごと", "by kana name"),
    "kanji": Text("漢字氏名ごと", "by kanji name"),
    "given": Text("名ごと", "by given name"),
    "family": Text("姓ごと", "by family name"),
    "home": Text("住所ごと", "by home"),
    "home_address": Text("住まいごと(町と生年月日)", "by home: town and birth date"),
    "dated": Text("生年月日ごと(二回目)", "by birth date, second pass"),
    "dated_postcode": Text("生年月日と郵便番号ごと", "by birth date and postcode"),
    "dated_town": Text("生年月日と町ごと", "by birth date and town"),
    "family_postcode": Text("姓と郵便番号ごと", "by family name and postcode"),
    "given_postcode": Text("名と郵便番号ごと", "by given name and postcode"),
    "initials": Text("頭文字と郵便番号ごと", "by initials and postcode"),
}
_VIEWS = {
    "all": Text("全体", "all fields"),
    "name": Text("氏名", "names"),
    "given_address": Text("名と住所", "given name, address"),
    "kanji": Text("漢字氏名", "kanji names"),
    "kana": Text("カナ氏名", "kana names"),
    "given": Text("名", "given name"),
    "family": Text("姓", "family name"),
    "address": Text("住所", "address"),
    "block": Text("番地", "block"),
    "known": Text("通称・旧姓", "alias, former name"),
}
_SHOWN = 5_000
"""Millionths of weight below which a step is nothing: what two decimals show."""
_NOTHING = Text("", "")
WEIGHT = Text("一致の重み", "match weight")
FATES = {True: Text("つないだ", "linked"), False: Text("つながない", "not linked")}


@dataclass(frozen=True, slots=True)
class ExplainedPair:
    """One pair of a report's sample, or of a rehearsal's question."""

    number: int
    kind: Text
    departments: tuple[Text, Text]
    linked: Text
    explanation: Mapping[str, Any]

    @property
    def probability(self) -> float:
        """Return the match probability in percent."""
        return 100 * float(self.explanation["probability"]) / _MILLION

    @property
    def weight(self) -> float:
        """Return the match weight, natural log odds."""
        return float(self.explanation["weight"]) / _MILLION

    def steps(self) -> tuple[tuple[Text, Text, float], ...]:
        """Return name, what was shown, and contribution of each step that shows something."""
        return tuple(
            (step_name(step), shown(step), step["weight"] / _MILLION)
            for step in self.explanation["steps"]
            if step["shown"] is not None or abs(step["weight"]) >= _SHOWN
        )


def explained(pair: Mapping[str, Any], named: Mapping[str, Text]) -> ExplainedPair:
    """Return a pair of `SampledPair.to_json`, with departments by name."""
    one, two = (named.get(name, Text(name, name)) for name in pair["departments"])
    return ExplainedPair(
        number=pair["number"],
        kind=_KINDS.get(pair["kind"], Text(pair["kind"], pair["kind"])),
        departments=(one, two),
        linked=FATES[bool(pair["linked"])],
        explanation=pair["explanation"],
    )


def waterfall_lines(explanation: Mapping[str, Any]) -> tuple[Text, ...]:
    """Return an explanation as lines of text: contribution, name, and what was shown."""
    pair = ExplainedPair(0, _NOTHING, (_NOTHING, _NOTHING), _NOTHING, explanation)
    lines = []
    for name, seen, weight in pair.steps():
        ends = [f": {each}" if each else "" for each in seen]
        lines.append(
            Text(f"  {weight:+8.2f}  {name.ja}{ends[0]}", f"  {weight:+8.2f}  {name.en}{ends[1]}")
        )
    total = f"  {pair.weight:+8.2f}  "
    before = Text("一致の重み(競合の前)", "match weight, before rivals")
    chance = f"{pair.probability:.2f} %"
    return (
        *lines,
        Text(f"{total}{before.ja}", f"{total}{before.en}"),
        Text(f"  一致の確率 {chance}", f"  match probability {chance}"),
    )


def reasons(report: Mapping[str, Any]) -> tuple[Text, ...]:
    """Return why a report's threshold is where it is, in sentences; none in earlier reports."""
    cuts = report.get("threshold")
    if cuts is None:
        return ()
    low, high = (cuts[name] // 10_000 for name in ("review", "sure"))
    numbers = Text(
        "宛名番号が食い違う組は、確率が高くてもつなぎません。",
        "Pairs whose resident numbers contradict are not linked, however probable.",
    )
    if not cuts["numbers_bind"]:
        numbers = Text(
            "宛名番号の食い違いが台帳にはありえないほど多いため、番号は手がかりの一つとしました。",
            "Resident numbers differ more often than a register's: they are evidence like any.",
        )
    review = Text(
        f"一致の確率が {low} % から {high} % の組を、人が確かめる組に入れます。",
        f"Pairs with a probability from {low} % to {high} % are for people to check.",
    )
    return (Text(cuts["why"]["ja"], cuts["why"]["en"]), review, numbers)


def step_name(step: Mapping[str, Any]) -> Text:
    """Return the name of a step; of a view, its fields and what its salt compares within."""
    name = str(step["name"])
    if step["kind"] != "view":
        return _NAMES.get(name, Text(name, name))
    within, _, view = name.partition("/")
    fields = _VIEWS.get(view, Text(view, view))
    salt = _PASSES.get(within, Text(within, within))
    return Text(f"{fields.ja} ({salt.ja})", f"{fields.en} ({salt.en})")


def shown(step: Mapping[str, Any]) -> Text:
    """Return what a step saw: a similarity, a token's outcome, or that a side lacks it."""
    value = step["shown"]
    if step["kind"] == "view":
        alike = "" if value is None else f"{value / 1000:.2f}"
        return Text(alike or "片方にない", alike or "missing")
    if step["name"] == "number":
        return _NUMBERS[value]
    if step["name"] == "T1":
        return Text("一致", "equal") if value else Text("一致しない", "not equal")
    return Text("", "")


def draw(explanation: Mapping[str, Any], language: Language) -> Markup:
    """Return an explanation as a waterfall; steps that give nothing are left to the table."""
    falls, at = [], 0.0
    for step in explanation["steps"]:
        given = step["weight"] / _MILLION
        rivals = step["kind"] == "rivals"
        if rivals:
            falls.append(_total(WEIGHT, at, language))
        if abs(step["weight"]) >= _SHOWN:
            said = shown(step).in_language(language)
            text = f"{given:+.2f}" + (f" ({said})" if said else "")
            name = step_name(step).in_language(language)
            tone = TONES[1] if given > 0 else ALERT
            falls.append(Fall(name, at, at + given, text, tone))
            at += given
    chance = 100 * explanation["probability"] / _MILLION
    last = Text(f"一致の確率 {chance:.2f} %", f"match probability {chance:.2f} %")
    falls.append(_total(last, at, language))
    title = Text("この組の重みの内訳", "What makes up this pair's weight")
    words = Words(
        title.in_language(language),
        Text(
            f"出発点から各ビューと符号の寄与を順に足し、最後に確率 {chance:.2f} % になる。",
            f"From the start, what views and tokens give is added, ending at {chance:.2f} %.",
        ).in_language(language),
        "0",
    )
    return waterfall(words, falls)


def _total(name: Text, at: float, language: Language) -> Fall:
    return Fall(name.in_language(language), 0.0, at, f"{at:+.2f}", TONES[0])
