"""The sheet of one review question: the own row in clear, what compares how, what to check.

Pure.  Built from this node's own row and the words it was told; it shows nothing of the
other side, because nothing of it is here.  A hint on siblings comes from own rows alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from nodes.store.reviews import StoredReview
from privacy.errors import Text
from privacy.linkage.asking import Answer, Kind
from privacy.linkage.likeness import Level, Likeness
from privacy.normalise.person import Person

GROUPS = {
    "names": Text("氏名・フリガナ", "names"),
    "birth_date": Text("生年月日", "date of birth"),
    "sex": Text("性別", "sex"),
    "address": Text("住所", "address"),
    "number": Text("宛名番号", "resident number"),
}
LEVELS = {
    Level.UNKNOWN: Text("わからない", "unknown"),
    Level.AGREE: Text("一致", "agrees"),
    Level.PARTLY: Text("一部が違う", "agrees in part"),
    Level.DIFFER: Text("違う(少なくとも一部)", "differs, at least in part"),
}
KINDS = {
    Kind.NEAR: Text("つなぐかどうかの境目", "near the threshold"),
    Kind.NUMBER: Text("宛名番号の食い違い", "resident numbers differ"),
}
ANSWERS = {
    Answer.OPEN: Text("まだ", "open"),
    Answer.SAME: Text("同じ子ども", "same child"),
    Answer.DIFFERENT: Text("別の子ども", "different children"),
    Answer.UNSURE: Text("判断できない", "cannot tell"),
}
WORDS = {"same": Answer.SAME, "different": Answer.DIFFERENT, "unsure": Answer.UNSURE}
"""How an answer is written on the command line and in a form."""

ASIDE = Text(
    "相手の行はこの画面に出ません。相手の部署も自分の行だけを見て答えます。尋ねられた組には、"
    "確かめるための囮(明らかに同じ、または相手のいない組)が混じるので、尋ねられたことは、"
    "ほかの部署がその子を知っていることを意味しません。",
    "The other row is not shown here; its holder sees its own row only and answers too. Decoys "
    "are among the pairs (clearly one child, or nobody on the other side), so being asked does "
    "not mean that another department knows the child.",
)

SEALED = Text(
    "封緘の部署は確認に加わりません。どの行がどの子かを、この部署のほかに誰も知らないからです。",
    "A sealed department does not review: nobody but itself knows which row is which child.",
)

_CHECKS = {
    "names": Text(
        "氏名: 書類の漢字・フリガナ、旧姓、通称、ミドルネーム、字の写し間違いを確かめる。",
        "Names: kanji and kana on paper, former family name, alias, middle name, slips.",
    ),
    "birth_date": Text(
        "生年月日: 住民票か保険証と一字ずつ照らし合わせる(和暦・西暦、月日の入れ替わり)。",
        "Date of birth: compare each digit with a document (eras, month and day exchanged).",
    ),
    "sex": Text("性別: 書類と照らし合わせる。", "Sex: compare with a document."),
    "address": Text(
        "住所: 転居がなかったか、住民票の住所と同じか、番地まで確かめる。",
        "Address: a move, the registered address, the house number.",
    ),
    "number": Text(
        "宛名番号: 住民記録の番号と照らし合わせる(転出後の再転入、住登外の番号、写し間違い)。",
        "Resident number: compare with the register (moved out and back, unregistered, slips).",
    ),
}
_FIELDS: tuple[tuple[Text, tuple[str, ...]], ...] = (
    (Text("氏名", "name"), ("family", "given", "middle")),
    (Text("フリガナ", "kana"), ("family_kana", "given_kana")),
    (Text("旧姓", "former family name"), ("former_family",)),
    (Text("通称", "alias"), ("alias_family", "alias_given")),
    (GROUPS["birth_date"], ("birth_date",)),
    (GROUPS["sex"], ("sex",)),
    (GROUPS["address"], ("town", "block", "building")),
    (GROUPS["number"], ("resident_number",)),
)
_OF_GROUP = {
    "names": ("family", "family_kana"),
    "birth_date": ("birth_date",),
    "sex": ("sex",),
    "address": ("town", "block"),
    "number": ("resident_number",),
}
_SEXES = {"1": Text("男", "male"), "2": Text("女", "female")}
HIDDEN = Text("(支援措置のため出しません)", "(not shown: protected)")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One question as the operator sees it; ``own``: field names with this node's own values."""

    review: StoredReview
    own: tuple[tuple[Text, Text], ...] = field(repr=False)
    compared: tuple[tuple[Text, Text], ...]
    checks: tuple[Text, ...]

    @property
    def id(self) -> str:
        """The pair's id as people use it: its first ten digits."""
        return self.review.pair[:10]


def sheets(
    reviews: Sequence[StoredReview],
    person_of: dict[str, Person],
    people: Sequence[Person],
    protected: frozenset[str],
) -> tuple[Sheet, ...]:
    """Return a sheet for each of *reviews* whose row is here.

    Args:
        reviews: Pairs about own rows.
        person_of: Row id -> the person of its record, for the rows in use.
        people: All own persons: twins and siblings are looked for among them.
        protected: Row ids under 支援措置, whose address is not shown.
    """
    kept = frozenset(group for group in GROUPS if any(_holds(person, group) for person in people))
    families: dict[tuple[str, str], int] = {}
    for person in people:
        families[_family(person)] = families.get(_family(person), 0) + 1
    found = []
    for review in reviews:
        if review.row_id not in person_of:
            continue
        person = person_of[review.row_id]
        others = families[_family(person)] - 1 if all(_family(person)) else 0
        compared = tuple(
            (GROUPS[name], LEVELS[level]) for name, level in review.likeness.levels().items()
        )
        own = _own(person, hidden=review.row_id in protected)
        found.append(Sheet(review, own, compared, checks(review.likeness, person, others, kept)))
    return tuple(found)


def checks(
    likeness: Likeness, person: Person, siblings: int, kept: frozenset[str] = frozenset(GROUPS)
) -> tuple[Text, ...]:
    """Return what to check of the own row, the telling things first.

    Args:
        likeness: How the row compares.
        person: The row.
        siblings: Other own children with the same family name and date of birth.
        kept: The groups of fields that this department keeps at all.
    """
    found = []
    for name, level in likeness.levels().items():
        if not _holds(person, name):
            if name not in kept:
                continue
            what = GROUPS[name]
            found.append(
                Text(
                    f"{what.ja}: こちらの行にありません。書類にあれば書き足す。",
                    f"Missing in this row: {what.en}; add it from a document.",
                )
            )
        elif level in {Level.PARTLY, Level.DIFFER}:
            found.append(_CHECKS[name])
    if siblings:
        found.append(
            Text(
                f"姓と生年月日が同じ子がこちらにあと {siblings} 人います。双子などと取り違えて"
                "いないか確かめる。",
                f"{siblings} more with this family name and date of birth are here: check that "
                "twins were not exchanged.",
            )
        )
    if not found:
        found.append(
            Text(
                "違いは見えません。こちらの行が書類どおりか、全体を見る。",
                "Nothing differs: look at the row as a whole.",
            )
        )
    return tuple(found)


def _holds(person: Person, group: str) -> bool:
    return any(getattr(person, part) for part in _OF_GROUP[group])


def _family(person: Person) -> tuple[str, str]:
    return person.family_kana or person.family, person.birth_date


def _own(person: Person, *, hidden: bool) -> tuple[tuple[Text, Text], ...]:
    shown = []
    for name, parts in _FIELDS:
        value = " ".join(filter(None, (getattr(person, part) for part in parts)))
        text = _SEXES.get(value, Text(value, value)) if parts == ("sex",) else Text(value, value)
        if value:
            shown.append((name, HIDDEN if hidden and "town" in parts else text))
    return tuple(shown)
