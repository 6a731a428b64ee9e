"""Legal bases: why an item may be used for a purpose, since when, approved by whom.

One basis covers one purpose and some items (F-04); it needs an article that was law
when it was approved, an approver, and a reason in words (F-06).  A basis whose approver is
still a draft (案) is no basis, unless a rehearsal says aloud that it accepts drafts.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from privacy.errors import RefusedError, Text
from privacy.governance.catalogue import Item
from privacy.governance.document import Entry, read
from privacy.governance.purpose import Purpose, PurposeKind
from privacy.governance.statute import Article, ArticleUse, Law

DRAFT = "案"


@dataclass(frozen=True, slots=True)
class Basis:
    """One recorded decision that some items may be used for one purpose."""

    id: str
    items: tuple[str, ...]
    purpose: str
    article: Article
    approver: str
    approved_on: dt.date
    document: str
    reason: Text
    valid_from: dt.date
    valid_until: dt.date

    @property
    def draft(self) -> bool:
        """Tell whether nobody has approved it yet."""
        return DRAFT in self.approver

    def valid_on(self, on: dt.date) -> bool:
        """Tell whether the decision and its article hold on this day."""
        return self.valid_from <= on <= self.valid_until and self.article.in_force(on)

    def carries(self, purpose: Purpose) -> bool:
        """Tell whether the article can carry this kind of purpose."""
        if self.article.use is ArticleUse.ANY:
            return True
        individual = purpose.kind is PurposeKind.INDIVIDUAL
        return self.article.use is (ArticleUse.INDIVIDUAL if individual else ArticleUse.STATISTICS)

    def statement(self) -> Text:
        """Return the sentence that a page shows: which basis applies."""
        article, until = self.article, self.valid_until.isoformat()
        return Text(
            f"{article.name.ja}（{article.gist.ja}）。承認: {self.approver}、{self.document}、"
            f"{until}まで。理由: {self.reason.ja}",
            f"{article.name.en} ({article.gist.en}). Approved by {self.approver}, {self.document},"
            f" until {until}. Reason: {self.reason.en}",
        )


class NoBasisError(RefusedError):
    """An item has no valid basis for a purpose; `item` and `purpose` are their ids."""

    def __init__(self, item: Item, purpose: Purpose, on: dt.date, why: Text) -> None:
        """Name the *item*, the *purpose* and *why* nothing on record is enough."""
        super().__init__(
            Text(
                f"「{item.name.ja}」（{item.id}）は目的「{purpose.name.ja}」の根拠がありません"
                f"（{on.isoformat()}、{why.ja}）。",
                f"{item.name.en} ({item.id}) has no basis for the purpose '{purpose.name.en}'"
                f" on {on.isoformat()} ({why.en}).",
            ),
            Text(
                "個人情報保護担当が、条文、承認者、文書番号、理由をつけて登録してください。",
                "The data protection officer must record article, approver, document and reason.",
            ),
        )
        self.item = item.id
        self.purpose = purpose.id


@dataclass(frozen=True, slots=True)
class Bases:
    """All bases of a department."""

    bases: tuple[Basis, ...]

    def find(self, item: Item, purpose: Purpose, on: dt.date, *, drafts: bool = False) -> Basis:
        """Return the basis of *item* for *purpose* on a day, the latest approved first.

        Args:
            item: what is used.
            purpose: what for.
            on: the day of use.
            drafts: accept bases that nobody has approved; for rehearsals on made-up data.

        Raises:
            NoBasisError: there is none; says what is missing.
        """
        named = [
            each for each in self.bases if item.id in each.items and each.purpose == purpose.id
        ]
        if not named:
            raise NoBasisError(item, purpose, on, Text("未登録", "not recorded"))
        valid = [each for each in named if each.valid_on(on)]
        if not valid:
            raise NoBasisError(item, purpose, on, Text("期間外", "out of its dates"))
        able = [each for each in valid if each.carries(purpose)]
        if not able:
            raise NoBasisError(item, purpose, on, Text("条文が目的に合わない", "wrong article"))
        approved = [each for each in able if drafts or not each.draft]
        if not approved:
            raise NoBasisError(item, purpose, on, Text("案のまま未承認", "still a draft"))
        return max(approved, key=lambda each: (each.approved_on, each.id))


def _basis(entry: Entry, law: Law) -> Basis:
    fields = entry.fields(
        need=(
            "id", "items", "purpose", "article", "approver", "approved_on", "document",
            "reason_ja", "reason_en", "valid_from", "valid_until",
        )
    )  # fmt: skip
    article = law.article(fields["article"].text())
    basis = Basis(
        id=fields["id"].text(),
        items=fields["items"].texts(),
        purpose=fields["purpose"].text(),
        article=article,
        approver=fields["approver"].text(),
        approved_on=fields["approved_on"].day(),
        document=fields["document"].text(),
        reason=Text(fields["reason_ja"].text(), fields["reason_en"].text()),
        valid_from=fields["valid_from"].day(),
        valid_until=fields["valid_until"].day(),
    )
    if article.use is ArticleUse.DUTY:
        raise fields["article"].error(
            Text("義務の条文で、根拠になりません。", "this article is a duty, not a basis.")
        )
    if not article.in_force(basis.approved_on):
        raise fields["article"].error(
            Text("承認日に有効でない条文です。", "the article was not in force when approved."),
            Text("承認日か条文を確かめてください。", "Check the date and the article."),
        )
    if basis.valid_until < basis.valid_from:
        raise fields["valid_until"].error(
            Text("終わりが始まりより前です。", "it ends before it begins.")
        )
    return basis


def read_bases(text: str, law: Law, document: str = "bases.yaml") -> Bases:
    """Return the bases written in *text* (a YAML list).

    Raises:
        BadInputError: a wrong entry (an empty reason among them) or a repeated id.
    """
    found: list[Basis] = []
    for entry in read(text, document).sequence():
        basis = _basis(entry, law)
        if any(each.id == basis.id for each in found):
            raise entry.error(Text("同じ id が二度あります。", "the id stands twice."))
        found.append(basis)
    return Bases(tuple(found))
