"""The names that a signal's expression may use, and what each means over an item's history.

For a variable `v` of the item: `v` is the latest answer or state; `v_month` (or a
variable whose own name ends so) is the latest complete month; `v_3m` is the monthly mean over
the last three complete months; `own_mean_12m` and `own_median_12m` are the child's own monthly
mean and median over the twelve months before those three, of the variable whose `_3m`
stands in the same expression.

"The month" of the ten-day rule (D-09, F-61: 当月10日以上) is read as the latest
complete month, not as any month of a window: each month's survey reaches the school
itself as it is taken, and a child whose absences stopped is not raised again by an old one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from privacy.errors import BadInputError, Text
from privacy.governance.catalogue import (
    Frequency,
    Item,
    ItemClass,
    Variable,
    VariableType,
    VariableUse,
)
from privacy.governance.prohibited import ProhibitedUse, ProhibitedUseError
from privacy.screening.expression import Expression, groups, names


class Statistic(StrEnum):
    """How a term is computed from the child's records of one variable."""

    LATEST = "latest"
    MONTH = "month"
    MEAN_3M = "mean_3m"
    OWN_MEAN_12M = "own_mean_12m"
    OWN_MEDIAN_12M = "own_median_12m"


@dataclass(frozen=True, slots=True)
class Term:
    """One name of an expression: a statistic of a variable."""

    name: str
    variable: str
    statistic: Statistic


_OWN = {"own_mean_12m": Statistic.OWN_MEAN_12M, "own_median_12m": Statistic.OWN_MEDIAN_12M}
_WITHOUT_MONTHS = {Frequency.YEARLY, Frequency.TWICE_YEARLY, Frequency.ONCE}


def resolve(expression: Expression, item: Item, where: str) -> tuple[Term, ...]:
    """Return what each name in *expression* means for *item*, ordered by name.

    Args:
        expression: a signal's condition.
        item: the catalogue item that the signal reads.
        where: the signal, for messages.

    Raises:
        BadInputError: an unknown name, a month statistic of a yearly item, or `count`.
        ProhibitedUseError: a protected or never-used variable, which no signal may read.
    """
    if groups(expression):
        raise BadInputError(
            Text(
                f"{where}: count は一覧の規則だけで使えます。",
                f"{where}: count belongs in the rule.",
            )
        )
    wanted = sorted(names(expression))
    if not wanted:
        raise BadInputError(
            Text(f"{where}: データを見ない条件です。", f"{where}: the condition looks at no data."),
            Text("変数を使ってください。", "Use a variable of the item."),
        )
    terms = [_term(name, item, where) for name in wanted if name not in _OWN]
    recent = [term.variable for term in terms if term.statistic is Statistic.MEAN_3M]
    for name in wanted:
        if name in _OWN:
            if len(recent) != 1:
                raise BadInputError(
                    Text(
                        f"{where}: {name} がどの変数か決まりません。", f"{where}: {name} of what?"
                    ),
                    Text(
                        "同じ式に「変数_3m」をちょうど一種類書いてください。",
                        "Write exactly one kind of 'variable_3m' in the same expression.",
                    ),
                )
            terms.append(Term(name, recent[0], _OWN[name]))
    return tuple(sorted(terms, key=lambda term: term.name))


def _term(name: str, item: Item, where: str) -> Term:
    variable = item.variable(name)
    statistic = Statistic.MONTH if name.endswith("_month") else Statistic.LATEST
    if variable is None and name.endswith("_3m"):
        variable, statistic = item.variable(name.removesuffix("_3m")), Statistic.MEAN_3M
    elif variable is None and name.endswith("_month"):
        variable = item.variable(name.removesuffix("_month"))
    if variable is None:
        known = ", ".join(each.name for each in item.variables) or "-"
        raise BadInputError(
            Text(
                f"{where}: 「{name}」は {item.id} の変数ではありません。",
                f"{where}: '{name}' is not a variable of {item.id}.",
            ),
            Text(
                f"使えるもの: {known}（_month、_3m も可）。", f"Known: {known} (also _month, _3m)."
            ),
        )
    if statistic is not Statistic.LATEST and item.frequency in _WITHOUT_MONTHS:
        raise BadInputError(
            Text(
                f"{where}: {item.id} は月ごとの項目ではありません。",
                f"{where}: {item.id} is not monthly.",
            ),
            Text("_month や _3m を外してください。", "Leave out _month and _3m."),
        )
    _check_use(variable, where)
    return Term(name, variable.name, statistic)


def _check_use(variable: Variable, where: str) -> None:
    if variable.use is VariableUse.PROTECTED:
        raise BadInputError(
            Text(
                f"{where}: 「{variable.name}」は差別の防止のため条件に使えません（F-20）。",
                f"{where}: '{variable.name}' is a protected attribute and may not be used (F-20).",
            ),
            Text("条件から外してください。", "Leave it out of the condition."),
        )
    if variable.use is VariableUse.NEVER:
        if variable.name.startswith("perpetrator"):
            raise ProhibitedUseError(ProhibitedUse.PREDICT_BULLIES, where)
        raise BadInputError(
            Text(
                f"{where}: 「{variable.name}」は使用禁止です。",
                f"{where}: '{variable.name}' is never used.",
            )
        )
    if variable.type not in {VariableType.INTEGER, VariableType.BOOLEAN}:
        raise BadInputError(
            Text(
                f"{where}: 「{variable.name}」は数値ではありません。",
                f"{where}: '{variable.name}' is not a number.",
            )
        )


_BARRED = {
    "D-14": ProhibitedUse.PREDICT_ACADEMIC_FAILURE,
    "D-33": ProhibitedUse.SELECT_SPECIAL_NEEDS,
}


def check_item(item: Item, where: str) -> None:
    """Let *item* pass when its class allows it to make signals.

    Raises:
        ProhibitedUseError: test scores or special-needs status of an individual.
        BadInputError: another class than `screen`.
    """
    if item.id in _BARRED:
        raise ProhibitedUseError(_BARRED[item.id], f"{where} ({item.id})")
    if item.item_class is not ItemClass.SCREEN:
        raise BadInputError(
            Text(
                f"{where}: {item.id}「{item.name.ja}」は区分 {item.item_class.value} のため"
                "シグナルに使えません。",
                f"{where}: {item.id} ({item.name.en}) is of class {item.item_class.value},"
                " which may not make signals.",
            ),
            Text("screen の項目だけを使ってください。", "Use items of class screen only."),
        )
