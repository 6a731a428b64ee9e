"""The verb `quality`: how good a linkage is, without truth, and why one pair of its sample.

The same values as the page `/linkage`, for the operator's screen and for machines.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from coordinator.answer import Answer
from coordinator.process import CoordinatorProcess
from coordinator.verbs.households import household_lines
from coordinator.web.explained import ExplainedPair, waterfall_lines
from coordinator.web.figures import Figure
from coordinator.web.quality import LinkagePage, Share, read_linkage
from privacy.errors import BadInputError, Text


def quality(config: Path, round_id: str | None, pair: int | None) -> Answer:
    """Return the quality of a link round (the newest by default), or one pair's waterfall.

    Raises:
        BadInputError: no link round has ended, or its sample has no such pair.
        UnknownRoundError: no round, or more than one, has an id that begins so.
    """
    with CoordinatorProcess.open(config) as process:
        page = read_linkage(process.database, round_id)
    if page is None:
        raise BadInputError(
            Text("まだ連携の品質の報告がありません。", "There is no report on a linkage yet."),
            Text("`round link` で連携してください。", "Link with `round link`."),
        )
    if pair is None:
        homes = {"households": page.households} if page.households else {}
        report = {**page.report, **homes}
        return Answer({"round": page.round_id, "quality": report}, list(_lines(page)))
    found = [each for each in page.pairs if each.number == pair]
    if not found:
        raise BadInputError(
            Text(
                f"この報告の組は 1〜{len(page.pairs)} です。",
                f"The report's pairs are 1 to {len(page.pairs)}.",
            )
        )
    values = {"round": page.round_id, "pair": pair, "explanation": dict(found[0].explanation)}
    return Answer(values, [_pair(found[0]), *waterfall_lines(found[0].explanation)])


def _lines(page: LinkagePage) -> Iterator[Text]:
    precision, recall = _share(page.precision), _share(page.recall)
    yield Text(
        f"ラウンド {page.round_id[:12]}: 推定適合率 {precision}、推定再現率(上限寄り) {recall}",
        f"Round {page.round_id[:12]}: estimated precision {precision}, "
        f"recall (from above) {recall}",
    )
    yield from page.reasons
    for figure in page.figures:
        if not figure.folded:
            yield from _table(figure)
    if page.households:
        yield Text("", "")
        yield from household_lines(page.households)
    if page.pairs:
        yield Text("", "")
        yield Text("なぜこの組か(--pair 番号 で内訳)", "Why this pair (--pair NUMBER for each)")
        yield from (_pair(pair) for pair in page.pairs)


def _share(share: Share) -> str:
    return f"{share.value:.2f} % ({share.low:.2f} – {share.high:.2f})"


def _table(figure: Figure) -> Iterator[Text]:
    yield Text("", "")
    yield figure.title
    for row in (figure.head, *figure.rows):
        yield Text(
            "\t".join(cell.ja for cell in row),
            "\t".join(cell.en for cell in row),
        )


def _pair(pair: ExplainedPair) -> Text:
    one, two = pair.departments
    chance = f"{pair.probability:.1f} %"
    return Text(
        f"{pair.number}\t{one.ja} – {two.ja}\t{pair.kind.ja}\t{pair.linked.ja}\t{chance}",
        f"{pair.number}\t{one.en} – {two.en}\t{pair.kind.en}\t{pair.linked.en}\t{chance}",
    )
