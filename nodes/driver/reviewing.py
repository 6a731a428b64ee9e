"""Clerical review by this node's people: own rows on sheets, answers kept with who and when.

An answer counts in the next link round (`review.py`); until then it can be changed.  The
log holds the pair's random id and the account, neither row nor answer.
"""

from __future__ import annotations

from nodes.driver.accounts import Accounts
from nodes.driver.context import NodeContext
from nodes.governance import Governance
from nodes.review_sheet import Sheet, sheets
from privacy.audit import EntryKind
from privacy.errors import BadInputError, RefusedError, Text
from privacy.governance.consent import RestrictionKind
from privacy.governance.staff import StaffRole
from privacy.linkage.asking import Answer

LEAST_PREFIX = 6
_REVIEWERS = frozenset({StaffRole.NODE_OPERATOR, StaffRole.NODE_APPROVER})


class Reviewing:
    """The people of one node in clerical review."""

    def __init__(self, context: NodeContext) -> None:
        """Work on *context*."""
        self._context = context

    def sign_in(self, account: str, passphrase: str, code: str) -> None:
        """Check who is at the page, and that they may review.

        Raises:
            BadInputError: no such account in staff.yaml.
            RefusedError: something is wrong (which, is not said), or no role that reviews.
        """
        Accounts(self._context).sign_in(account, passphrase, code)
        check_reviewer(self._context, account)
        with self._context.store.transaction() as tables:
            self._context.log(tables, EntryKind.OPENED, "review-page", account=account)

    def sheets(self) -> tuple[Sheet, ...]:
        """Return the sheet of every pair about a row that is here, open ones first."""
        today = self._context.now().date()
        with self._context.store.reading() as tables:
            reviews = tables.reviews.shown()
            people = tables.records.persons() if reviews else []
            record_of = {
                review.row_id: tables.records.record_of(review.row_id) for review in reviews
            }
            restrictions = tables.restrictions.all()
        person_of = {row: people[at] for row, at in record_of.items() if at is not None}
        protected = frozenset(
            each.row_id
            for each in restrictions
            if each.kind is RestrictionKind.PROTECTED and each.applies("", (), today)
        )
        reviews.sort(key=lambda review: review.answer is not Answer.OPEN)
        return sheets(reviews, person_of, people, protected)

    def answer(self, pair: str, answer: Answer, by: str, *, corrected: bool = False) -> str:
        """Keep the answer of *by* to the pair whose id begins with *pair*; return its id.

        Raises:
            BadInputError: no staff account *by*, or no answer.
            RefusedError: no such pair is asked here, or *by* has no role that answers.
        """
        context = self._context
        check_reviewer(context, by)
        if answer is Answer.OPEN:
            raise BadInputError(
                Text("答えがありません。", "There is no answer."),
                Text("same、different、unsure のどれかです。", "One of same, different, unsure."),
            )
        with context.store.transaction() as tables:
            found = tables.reviews.beginning(pair.lower()) if len(pair) >= LEAST_PREFIX else []
            if len(found) != 1:
                raise _unknown(pair)
            review = found[0]
            tables.reviews.answer(review.pair, answer, context.stamp(), by, corrected=corrected)
            context.log(tables, EntryKind.CHANGED, "review-answer", pair=review.pair, by=by)
        return review.pair


def check_reviewer(context: NodeContext, account: str) -> None:
    """Check that *account* may see review questions and answer them.

    Raises:
        BadInputError: no such account in staff.yaml.
        RefusedError: it has no role that reviews.
    """
    staff = Governance.load(context.config.governance_folder).staff
    if not staff.get(account).roles & _REVIEWERS:
        raise RefusedError(
            Text(
                f"{account} は名寄せを確認する役割ではありません。",
                f"{account} has no role that reviews links.",
            ),
            Text(
                "staff.yaml で node_operator か node_approver の役割を持つ職員が確認します。",
                "Someone with the role node_operator or node_approver in staff.yaml does.",
            ),
        )


def _unknown(pair: str) -> RefusedError:
    shown = pair if len(pair) <= 32 and pair.isalnum() and pair.isascii() else "?"  # noqa: PLR2004
    return RefusedError(
        Text(
            f"組 {shown} は、このノードでは尋ねられていません。",
            f"This node was asked about no pair {shown}.",
        ),
        Text(
            "`enishi node review list` で番号を確かめてください。", "See `enishi node review list`."
        ),
    )
