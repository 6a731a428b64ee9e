"""A plan in plain words: what it asks, what leaves this node, who learns what (PROTOCOL 8).

Pure.  For the page and the command line on which an operator decides.  A plan that asks
for households carries a notice of its own to the people concerned: linking siblings is
another purpose than linking a child's records (DOMAIN F-50, F-25).
"""

from __future__ import annotations

from collections.abc import Iterator

from privacy.encoding.registry import sends_labels
from privacy.errors import Text
from privacy.linkage.conditions import Conditions, Missing
from privacy.linkage.epoch_terms import epoch_terms_of
from privacy.plan import Plan, PlanKind

_WHAT = {
    PlanKind.LINK: (
        Text(
            "部署ごとの記録のうち、同じ子どもの記録を対応づけます。",
            "It matches the records of one child across departments.",
        ),
        Text(
            "鍵つきの符号だけが出ます。氏名・生年月日・住所・番号は出ません。封緘の部署からは"
            "何も出ません。",
            "Only keyed codes leave; no name, birth date, address or number does. A sealed "
            "department sends nothing.",
        ),
        Text(
            "統括は、誰かを知らずに、どの公開部署が同じ子を持つかを知ります。部署は自分の行の"
            "スロット番号だけを知ります。",
            "The coordinator learns which open departments hold the same child, not who it is; "
            "a department learns the slot numbers of its own rows.",
        ),
    ),
    PlanKind.SCREEN: (
        Text(
            "公開された条件に当てはまる子どもを、受け取る部署に知らせます。",
            "It lists, for the receiving department, the children who meet a published rule.",
        ),
        Text(
            "乱数で覆った値と、受け取る部署だけが開ける封緘札が出ます。",
            "Values masked to noise leave, and cards that only the receiver can open.",
        ),
        Text(
            "受け取る部署は自分の子どものうち誰が挙がったかを、統括はおよその人数を知ります。",
            "The receiver learns which of its own children are listed, the coordinator about "
            "how many.",
        ),
    ),
    PlanKind.STATISTICS: (
        Text("部署をまたぐ集計を一つ公表します。", "It releases one statistic across departments."),
        Text(
            "雑音を足し、乱数で覆った集計が出ます。",
            "Cells with noise, masked with random numbers, leave.",
        ),
        Text(
            "知られるのは雑音入りの集計だけです。予算を使います。",
            "Only noisy cells become known; it uses up privacy budget.",
        ),
    ),
}
_HOUSEHOLDS = (
    Text(
        "加えて、同じ世帯の子ども（きょうだい）も対応づけます。子どもの照合とは別の目的で、"
        "この部署の方針（policy.households）が許すときだけ参加します。",
        "It also matches children of one household (siblings): a purpose of its own, in which "
        "this department takes part only if its policy (policy.households) allows it.",
    ),
    Text(
        "出るもの: 世帯番号、姓、住所の鍵つきトークン。照合の符号とは結びつかない位置に並べ、"
        "珍しい人数の世帯と、参加する公開部署に保護措置や申し出の印がある子どもは外します。",
        "What leaves: keyed tokens of the household number, the family name and the address, at "
        "positions that nobody outside can lay beside the codes; homes of a rare size are "
        "left out, and children whom an open department that takes part marks as protected or "
        "objecting.",
    ),
    Text(
        "統括が知ること: 仮の位置での世帯の人数と、どの公開部署が示したか。誰かは知りません。",
        "The coordinator learns the sizes of homes at pseudonymous positions, and which open "
        "departments show them; not who they are.",
    ),
    Text(
        "部署が知ること: 自分の子どものうち誰と誰が同じ世帯か（知らなかったかもしれません）。"
        "自分の子どもが一人だけの世帯については、何も知りません。",
        "A department learns which of its own children live together, which it may not have "
        "known; of a home with one child of its own it learns nothing.",
    ),
)
_NOTICE = Text(
    "【お知らせ】市は、法的根拠と審査にもとづき、きょうだいが他の部署の支援につながっているかを"
    "確かめる目的で、同じ世帯の子どもの記録を対応づけます。使うのは世帯番号・姓・住所で、"
    "鍵つきの符号に変えて照合し、氏名や住所は部署の外に出ません。DV等支援措置の対象の方は"
    "含めません。含めてほしくない場合は、いつでも市の窓口に申し出てください。次の照合から外します。",
    "[Notice to families] On a legal basis and after review, the city matches the records of "
    "children of one household, to see whether a sibling is already known to another "
    "department's support. It uses the household number, family name and address, turned into "
    "keyed codes; names and addresses do not leave the department. People under a protection "
    "measure are left out. If you do not want to be included, tell the city at any time: you are "
    "left out from the next matching on.",
)


def plan_words(plan: Plan) -> tuple[Text, ...]:
    """Return what *plan* asks, what leaves for it and who learns what, sentence by sentence.

    Of a link plan also its epoch (full or incremental, how long codes are kept), whether rows
    say in which block they stand, and what happens when a department fails.

    Raises:
        BadInputError: a link plan's terms cannot be read.
    """
    epoch: tuple[Text, ...] = ()
    if plan.kind is PlanKind.LINK:
        number = Text(f"連携世代 {plan.link_epoch}。", f"Link epoch {plan.link_epoch}. ")
        said = epoch_terms_of(plan).plain()
        epoch = (Text(number.ja + said.ja, number.en + said.en), *_conditions(plan))
    return _WHAT[plan.kind] + epoch + (_HOUSEHOLDS if plan.households else ())


def _conditions(plan: Plan) -> Iterator[Text]:
    conditions = Conditions.of(plan)
    if sends_labels(plan.schema_digest):
        yield Text(
            f"対象が {conditions.population:,} 人と多いため、符号にはどのブロックに入るかの印が"
            f"付きます（{1 << conditions.bits:,} ブロック）。統括は、同じブロックの行どうしを"
            "知ります。ブロックの大きさは、この部署のダミーで埋めて隠します。",
            f"As {conditions.population:,} people are linked, codes say in which of "
            f"{1 << conditions.bits:,} blocks they stand: the coordinator learns which rows share "
            "one. Dummies of this department hide how large its blocks are.",
        )
    if conditions.missing is Missing.GO_ON:
        yield Text(
            "データを使えない部署や応答のない部署があれば、名を示してその部署を除き、"
            f"{conditions.least} 部署以上が残る限り続けます。",
            "A department whose data cannot be used, or that does not answer, is left out by name "
            f"while {conditions.least} or more remain.",
        )


def notice(plan: Plan) -> Text | None:
    """Return the notice to the people concerned that *plan* needs, or None.

    It is a draft (案) for the city's own bodies, to be published before the round.
    """
    return _NOTICE if plan.households else None
