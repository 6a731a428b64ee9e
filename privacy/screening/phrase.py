"""An expression, and one signal, as a phrase people can read, in Japanese and English."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from privacy.errors import Language, Text
from privacy.governance.catalogue import Catalogue
from privacy.screening.definition import ALL_SIGNALS, Signal, SignalGroup
from privacy.screening.expression import (
    All,
    Any,
    Arithmetic,
    Compare,
    Count,
    Expression,
    Name,
    Not,
    Number,
)
from privacy.screening.terms import Statistic

GROUPS: Mapping[str, Text] = {
    ALL_SIGNALS: Text("全体", "all"),
    SignalGroup.SCHOOL.value: Text("学校", "school"),
    SignalGroup.HOME.value: Text("家庭", "home"),
    SignalGroup.SELF.value: Text("本人", "self"),
    SignalGroup.ECONOMIC.value: Text("経済", "economic"),
    SignalGroup.CAREGIVING.value: Text("養育", "caregiving"),
}
_COMPARE: Mapping[str, Text] = {
    ">=": Text("{0}が{1}以上", "{0} is at least {1}"),
    ">": Text("{0}が{1}より大きい", "{0} is more than {1}"),
    "<=": Text("{0}が{1}以下", "{0} is at most {1}"),
    "<": Text("{0}が{1}未満", "{0} is less than {1}"),
    "==": Text("{0}が{1}", "{0} is {1}"),
    "!=": Text("{0}が{1}でない", "{0} is not {1}"),
}
_TERMS: Mapping[Statistic, Text] = {
    Statistic.LATEST: Text("最新の「{0}」", "the latest '{0}'"),
    Statistic.MONTH: Text("直近の終わった月の「{0}」", "'{0}' of the latest complete month"),
    Statistic.MEAN_3M: Text(
        "直近3か月の「{0}」の月平均", "the monthly mean of '{0}' over 3 months"
    ),
    Statistic.OWN_MEAN_12M: Text(
        "本人のその前12か月の月平均", "the child's own monthly mean of the 12 months before"
    ),
    Statistic.OWN_MEDIAN_12M: Text(
        "本人のその前12か月の月中央値", "the child's own monthly median of the 12 months before"
    ),
}

_Naming = Callable[[str], str]


def say(  # noqa: PLR0911 -- one case for each kind of expression
    expression: Expression, name: _Naming, language: Language
) -> str:
    """Return *expression* as a phrase; *name* says what each name is called."""

    def below(part: Expression) -> str:
        return say(part, name, language)

    ja = language == "ja"
    match expression:
        case Number(value=value):
            return str(int(value)) if value.denominator == 1 else str(float(value))
        case Name(name=plain):
            return name(plain)
        case Count(group=group):
            label = GROUPS[group].in_language(language)
            return f"該当したシグナル（{label}）の数" if ja else f"the number of signals ({label})"
        case Arithmetic(op=op, left=left, right=right):
            sign = op.replace("*", "×")
            return f"{below(left)} {sign} {below(right)}"
        case Compare(op=op, left=left, right=right):
            return _COMPARE[op].in_language(language).format(below(left), below(right))
        case Not(part=part):
            return f"（{below(part)}）でない" if ja else f"not ({below(part)})"
        case All(parts=parts):
            return ("、かつ" if ja else ", and ").join(_inner(part, below, ja=ja) for part in parts)
        case Any(parts=parts):
            return ("、または" if ja else ", or ").join(below(part) for part in parts)


def _inner(part: Expression, below: Callable[[Expression], str], *, ja: bool) -> str:
    if isinstance(part, Any):
        return f"（{below(part)}）" if ja else f"({below(part)})"
    return below(part)


def signal_sentence(signal: Signal, catalogue: Catalogue, language: Language) -> str:
    """Return one sentence: the item and the condition."""
    item = catalogue.item(signal.item)
    titles = {}
    for term in signal.terms:
        variable = item.variable(term.variable)
        title = term.variable if variable is None else variable.title(language)
        titles[term.name] = _TERMS[term.statistic].in_language(language).format(title)
    said = say(signal.when, lambda name: titles[name], language)
    group = GROUPS[signal.group.value].in_language(language)
    source = f"{item.name.in_language(language)}, {signal.item}"
    if language == "ja":
        return (
            f"シグナル「{signal.id}」（{group}）: {source.replace(', ', '・')}で、{said}。"
            f"{signal.fresh_days}日より古い記録は数えない。"
        )
    return (
        f"Signal '{signal.id}' ({group}): in {source}, {said}."
        f" Records older than {signal.fresh_days} days do not count."
    )
