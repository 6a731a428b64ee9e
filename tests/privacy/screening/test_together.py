"""Two tables whose difference shows a hold or a support are refused."""

from __future__ import annotations

import datetime as dt

import pytest

from privacy.screening.checks import MissingAlertError
from privacy.screening.compile import compile_screening
from privacy.screening.compiled import Compiled
from tests.privacy.screening.samples import AS_OF, NODES, catalogue, definition, holders
from tests.privacy.screening.test_compile import SIGNALS


def _compile(
    rule: str,
    *,
    exclude: bool,
    min_sources: int = 1,
    opened: tuple[Compiled, ...] = (),
    as_of: dt.date = AS_OF,
    receiver: str = "school",
) -> Compiled:
    return compile_screening(
        definition(SIGNALS, rule, exclude=exclude, min_sources=min_sources),
        receiver=receiver,
        nodes=NODES,
        holders=holders(),
        catalogue=catalogue(),
        as_of=as_of,
        opened=opened,
    )


RULE = "count(signals) >= 2"


@pytest.mark.parametrize(("first", "second"), [(True, False), (False, True)])
def test_the_same_rule_with_and_without_supported_children_is_refused(
    first: bool, second: bool
) -> None:
    opened = _compile(RULE, exclude=first)
    with pytest.raises(MissingAlertError, match="another department's supported"):
        _compile(RULE, exclude=second, opened=(opened,))


def test_a_looser_rule_without_exclusion_is_refused_only_where_it_betrays() -> None:
    narrow = _compile("count(signals) >= 3", exclude=True)
    wide = _compile(RULE, exclude=True, opened=(narrow,))
    assert wide.supporting
    # Listed by the narrow rule but not by the wide one: only support explains it.
    unsupported = _compile("count(signals) >= 3", exclude=False)
    with pytest.raises(MissingAlertError):
        _compile(RULE, exclude=True, opened=(unsupported,))


def test_a_rule_that_another_signal_explains_is_let_through() -> None:
    opened = _compile("late and lesson", exclude=False)
    _compile("late and home", exclude=True, opened=(opened,))


def test_a_rule_over_the_same_children_on_another_day_is_let_through() -> None:
    opened = _compile(RULE, exclude=False, as_of=dt.date(2026, 12, 20))
    _compile(RULE, exclude=True, opened=(opened,))


def test_more_sources_explain_a_missing_alert() -> None:
    opened = _compile(RULE, exclude=False)
    _compile(RULE, exclude=False, min_sources=3, opened=(opened,))


def test_too_many_signals_to_compare_are_refused() -> None:
    def many(start: int) -> Compiled:
        signals = "".join(
            f'\n  - {{id: s{n}, group: self, from: D-11, when: "q_fun >= {n}"}}'
            for n in range(start, start + 10)
        )
        return compile_screening(
            definition(signals, "count(signals) >= 3"),
            receiver="school",
            nodes=NODES,
            holders=holders(),
            catalogue=catalogue(),
            as_of=AS_OF,
            opened=(many(0),) if start else (),
        )

    with pytest.raises(MissingAlertError, match="too many signals"):
        many(20)


def test_another_receivers_table_and_the_same_one_again_do_not_count() -> None:
    opened = _compile(RULE, exclude=False, receiver="health")
    again = _compile(RULE, exclude=True, opened=(opened,))
    _compile(RULE, exclude=True, opened=(again,))
