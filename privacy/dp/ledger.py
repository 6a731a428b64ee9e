"""The ledger of privacy losses: pure values; append-only, and nothing is ever refunded.

A budget belongs to a population and a fiscal year, not to a user or a round (PROTOCOL 6).
Every node and the coordinator keep their own; each refuses on its own.  The store appends
`Ledger.entries` in their order and syncs before any noise is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from privacy.canonical import Json
from privacy.dp.loss import Rho, total
from privacy.errors import BadInputError, ProtocolError, RefusedError, Text

HARD_CAP = Rho.of("0.5")
PUBLICATION_LIMIT = Rho.of("0.25")
INTERNAL_LIMIT = Rho.of("0.1")


class BudgetExhaustedError(RefusedError):
    """The population's limit for the fiscal year would be passed."""


class EntryState(StrEnum):
    """What an entry says.  A charge stands in every state."""

    CHARGED = "charged"
    """All Readys were seen; noise may be drawn."""
    RELEASED = "released"
    """The answer is archived; the same question is answered from the archive.  Terminal."""
    DEAD = "dead"
    """The attempt cannot end; a new one has a new transcript and a new charge.  Terminal."""
    COMPARED = "compared"
    """Another ledger showed a larger total, which counts from then on.  Terminal."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whose loss is counted: a population in a fiscal year (2026 = April 2026 to March 2027)."""

    population: str
    fiscal_year: int

    def __post_init__(self) -> None:
        """Check both parts."""
        if not self.population or not 2000 <= self.fiscal_year <= 2999:  # noqa: PLR2004
            what = Text("母集団と年度が必要です。", "An account is a population and a fiscal year.")
            raise BadInputError(what)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger.

    Args:
        account: Whose loss.
        release_id: Digest of the canonical query and the slot table (hexadecimal).
        transcript: Of the attempt (hexadecimal); one charge each.
        rho: The charge.
        state: What happened.
    """

    account: Account
    release_id: str
    transcript: str
    rho: Rho
    state: EntryState

    def canonical(self) -> Json:
        """Return the entry for canonical JSON."""
        return {
            "population": self.account.population,
            "fiscal_year": self.account.fiscal_year,
            "release_id": self.release_id,
            "transcript": self.transcript,
            "nano_rho": self.rho.nano,
            "state": self.state.value,
        }


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be spent on each population in a year; never more than 0.5.

    Raises:
        BadInputError: a limit over the hard cap.
    """

    otherwise: Rho = PUBLICATION_LIMIT
    by_population: tuple[tuple[str, Rho], ...] = ()

    def __post_init__(self) -> None:
        """Check every limit against the hard cap."""
        if max(self.otherwise, *(rho for _, rho in self.by_population), Rho(0)) > HARD_CAP:
            raise BadInputError(
                Text(
                    f"年度の上限は rho {HARD_CAP} を超えられません。",
                    f"A yearly limit may not exceed rho {HARD_CAP}.",
                )
            )

    def of(self, population: str) -> Rho:
        """Return the limit of *population*."""
        return dict(self.by_population).get(population, self.otherwise)


@dataclass(frozen=True, slots=True)
class Ledger:
    """All entries so far, and the limits.

    Every method that spends returns a longer ledger; nothing is changed or taken out.
    """

    limits: Limits
    entries: tuple[Entry, ...] = ()

    def spent(self, account: Account) -> Rho:
        """Return what all attempts on *account* have cost, dead ones included."""
        counted = (EntryState.CHARGED, EntryState.COMPARED)
        return total([e.rho for e in self.entries if e.account == account and e.state in counted])

    def remaining(self, account: Account) -> Rho:
        """Return what may still be spent."""
        limit = self.limits.of(account.population)
        return Rho(max(0, limit.nano - self.spent(account).nano))

    def archived(self, release_id: str) -> bool:
        """Return whether this question has been answered: the archive answers it, at no cost."""
        return any(
            e.release_id == release_id and e.state is EntryState.RELEASED for e in self.entries
        )

    def check(self, account: Account, rho: Rho) -> None:
        """Check, for ``Ready``, that *rho* fits; nothing is spent.

        Raises:
            BudgetExhaustedError: it does not; the message says what is left.
            BadInputError: a charge of 0.
        """
        if rho.nano == 0:
            what = Text("費用 0 の公表はありません。", "No release has a charge of 0.")
            raise BadInputError(what)
        left = self.remaining(account)
        if rho > left:
            raise BudgetExhaustedError(
                Text(
                    f"{account.population} の {account.fiscal_year} 年度の残りは rho {left} で、"
                    f"必要な {rho} に足りません。",
                    f"{account.population} has rho {left} left in fiscal {account.fiscal_year}; "
                    f"{rho} is needed.",
                ),
                Text(
                    "rho を下げるか、次の年度を待ってください。",
                    "Ask with a smaller rho, or wait for the next fiscal year.",
                ),
            )

    def charge(self, account: Account, release_id: str, transcript: str, rho: Rho) -> Ledger:
        """Return the ledger with one charge more; persist and sync it before drawing noise.

        The same attempt again is a retry and changes nothing.

        Raises:
            BudgetExhaustedError: as `check`.
            ProtocolError: the transcript was charged for something else, or the question
                has its archived answer.
        """
        wanted = Entry(account, release_id, transcript, rho, EntryState.CHARGED)
        known = self._attempt(transcript)
        if known:
            if known[0] != wanted:
                raise ProtocolError(
                    Text(
                        "この記録要約は別の公表に使われています。",
                        "This transcript was charged for another release.",
                    )
                )
            return self
        if self.archived(release_id):
            raise ProtocolError(
                Text(
                    "同じ問いの答えが保管されています。",
                    "The archive answers this question already.",
                ),
                Text("保管された答えを渡してください。", "Deliver the archived answer."),
            )
        self.check(account, rho)
        return self._with(wanted)

    def released(self, transcript: str) -> Ledger:
        """Return the ledger with the attempt's answer archived.

        Raises:
            ProtocolError: no such attempt, or it is dead.
        """
        return self._end(transcript, EntryState.RELEASED)

    def dead(self, transcript: str) -> Ledger:
        """Return the ledger with the attempt given up; its charge stands.

        Raises:
            ProtocolError: no such attempt, or its answer is archived.
        """
        return self._end(transcript, EntryState.DEAD)

    def compare(self, account: Account, reported: Mapping[str, Rho]) -> Ledger:
        """Return the ledger with the largest of the *reported* totals counted, if it is larger.

        Args:
            account: Whose loss is compared.
            reported: Party id -> what its ledger says was spent.
        """
        own = self.spent(account)
        largest = max(reported.values(), default=own)
        if largest <= own:
            return self
        missing = Rho(largest.nano - own.nano)
        return self._with(Entry(account, "", "", missing, EntryState.COMPARED))

    def stated_loss(self, populations: frozenset[str], fiscal_year: int) -> Rho:
        """Return a person's loss: the sum over the populations it belongs to."""
        return total([self.spent(Account(name, fiscal_year)) for name in populations])

    def _attempt(self, transcript: str) -> tuple[Entry, ...]:
        return tuple(e for e in self.entries if transcript and e.transcript == transcript)

    def _end(self, transcript: str, state: EntryState) -> Ledger:
        known = self._attempt(transcript)
        if not known or known[-1].state not in (EntryState.CHARGED, state):
            raise ProtocolError(
                Text(
                    "この試行は課金されていないか、すでに終わっています。",
                    "This attempt was not charged, or has ended otherwise.",
                )
            )
        if known[-1].state is state:
            return self
        return self._with(replace(known[0], state=state))

    def _with(self, entry: Entry) -> Ledger:
        return replace(self, entries=(*self.entries, entry))


def entry_from(value: Mapping[str, object]) -> Entry:
    """Return the entry of a stored canonical form.

    Raises:
        BadInputError: it is not one.
    """
    match value:
        case {
            "population": str(population),
            "fiscal_year": int(year),
            "release_id": str(release),
            "transcript": str(transcript),
            "nano_rho": int(nano),
            "state": str(state),
        } if state in {known.value for known in EntryState}:
            account = Account(population, year)
            return Entry(account, release, transcript, Rho(nano), EntryState(state))
    what = Text("台帳の行を読めません。", "A line of the ledger cannot be read.")
    raise BadInputError(what)
