"""The ledger only grows, never passes a limit, and never charges one attempt twice."""

from typing import cast

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from privacy.dp.ledger import (
    HARD_CAP,
    Account,
    BudgetExhaustedError,
    Entry,
    EntryState,
    Ledger,
    Limits,
    entry_from,
)
from privacy.dp.loss import Rho
from privacy.errors import BadInputError, ProtocolError

PUPILS = Account("pupils", 2026)
YOUNGER = Account("under-six", 2026)


def charged() -> Ledger:
    return Ledger(Limits()).charge(PUPILS, "q1", "t1", Rho.of("0.1"))


def test_a_charge_is_spent_on_its_own_population_and_year_only() -> None:
    ledger = charged()
    assert ledger.spent(PUPILS) == Rho.of("0.1")
    assert ledger.remaining(PUPILS) == Rho.of("0.15")
    assert ledger.spent(YOUNGER) == ledger.spent(Account("pupils", 2027)) == Rho(0)


def test_a_release_over_the_limit_is_refused_with_what_is_left() -> None:
    with pytest.raises(BudgetExhaustedError, match=r"0\.15 left"):
        charged().check(PUPILS, Rho.of("0.150000001"))
    charged().check(PUPILS, Rho.of("0.15"))


def test_a_retry_of_the_same_attempt_is_not_charged_again() -> None:
    assert charged().charge(PUPILS, "q1", "t1", Rho.of("0.1")) == charged()


@pytest.mark.parametrize(
    ("account", "release", "rho"),
    [(PUPILS, "q2", "0.1"), (PUPILS, "q1", "0.01"), (YOUNGER, "q1", "0.1")],
)
def test_a_transcript_is_charged_for_one_release_only(
    account: Account, release: str, rho: str
) -> None:
    with pytest.raises(ProtocolError):
        charged().charge(account, release, "t1", Rho.of(rho))


def test_a_dead_attempt_stays_charged_and_a_new_one_is_charged_afresh() -> None:
    again = charged().dead("t1").charge(PUPILS, "q1", "t2", Rho.of("0.1"))
    assert again.spent(PUPILS) == Rho.of("0.2")


def test_an_answered_question_is_never_charged_again() -> None:
    ledger = charged().released("t1")
    assert ledger.archived("q1")
    assert ledger.released("t1") == ledger
    with pytest.raises(ProtocolError):
        ledger.charge(PUPILS, "q1", "t2", Rho.of("0.1"))


def test_an_attempt_ends_in_one_way_only() -> None:
    with pytest.raises(ProtocolError):
        charged().released("t1").dead("t1")
    with pytest.raises(ProtocolError):
        charged().dead("t1").released("t1")
    with pytest.raises(ProtocolError):
        charged().dead("unknown")


def test_the_larger_of_two_ledgers_counts_from_then_on() -> None:
    ledger = charged().compare(PUPILS, {"a": Rho.of("0.02"), "b": Rho.of("0.2")})
    assert ledger.spent(PUPILS) == Rho.of("0.2")
    assert ledger.compare(PUPILS, {"b": Rho.of("0.2")}) == ledger
    assert charged().compare(PUPILS, {"a": Rho.of("0.02")}) == charged()


def test_a_persons_loss_is_the_sum_over_its_populations() -> None:
    ledger = charged().charge(YOUNGER, "q2", "t2", Rho.of("0.05"))
    assert ledger.stated_loss(frozenset({"pupils", "under-six"}), 2026) == Rho.of("0.15")


def test_no_limit_lies_over_the_hard_cap() -> None:
    Limits(HARD_CAP)
    with pytest.raises(BadInputError):
        Limits(by_population=(("pupils", Rho(HARD_CAP.nano + 1)),))


def test_a_charge_of_nothing_is_refused() -> None:
    with pytest.raises(BadInputError):
        Ledger(Limits()).charge(PUPILS, "q", "t", Rho(0))


def test_an_entry_survives_its_canonical_form() -> None:
    for entry in charged().released("t1").entries:
        assert entry_from(cast("dict[str, object]", entry.canonical())) == entry


@pytest.mark.parametrize("change", [{"state": "refunded"}, {"nano_rho": -1}, {"nano_rho": "1"}])
def test_a_spoilt_entry_is_refused(change: dict[str, object]) -> None:
    stored = cast("dict[str, object]", charged().entries[0].canonical())
    with pytest.raises(BadInputError):
        entry_from(stored | change)


class AnyOrder(RuleBasedStateMachine):
    """Whatever is done, spending only grows and never passes the limit."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger(Limits())
        self.before = Rho(0)
        self.entries: tuple[Entry, ...] = ()

    @rule(release=st.sampled_from("abc"), attempt=st.integers(0, 9), nano=st.integers(0, 10**8))
    def charge(self, release: str, attempt: int, nano: int) -> None:
        try:
            ledger = self.ledger.charge(PUPILS, release, f"t{attempt}", Rho(nano))
        except (BudgetExhaustedError, ProtocolError, BadInputError):
            return
        self.ledger = ledger

    @rule(attempt=st.integers(0, 9), state=st.sampled_from(["released", "dead"]))
    def end(self, attempt: int, state: str) -> None:
        try:
            self.ledger = getattr(self.ledger, state)(f"t{attempt}")
        except ProtocolError:
            return

    @invariant()
    def spending_grows_and_stays_under_the_limit(self) -> None:
        spent = self.ledger.spent(PUPILS)
        assert self.before <= spent <= self.ledger.limits.of("pupils")
        assert self.ledger.entries[: len(self.entries)] == self.entries
        charges = [e for e in self.ledger.entries if e.state is EntryState.CHARGED]
        assert len({e.transcript for e in charges}) == len(charges)
        self.before, self.entries = spent, self.ledger.entries


TestAnyOrder = AnyOrder.TestCase
