"""What `enishi link` writes: clusters, dropped and pairs as CSV, the report as HTML, JSON, text.

Written into a new folder beside the wanted one and moved into place at the end, so
that nothing half-written is ever found.  ``clusters.csv``, ``pairs.csv`` and ``households.csv``
are who is who, ``review.csv`` holds rows in clear: they belong where the extracts do.  The
reports hold counts, lines and kinds, no value and no id.
"""

from __future__ import annotations

import csv
import errno
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from coordinator.verbs.review import review_lines
from deploy.rehearsal import Rehearsal
from deploy.rehearsal_errors import WORDS, Errors
from deploy.rehearsal_households import NAME as HOUSEHOLDS
from deploy.rehearsal_households import household_json, household_lines
from deploy.rehearsal_html import as_html
from deploy.rehearsal_pairs import NAME as PAIRS
from deploy.rehearsal_review import HEADER as REVIEW_HEADER
from deploy.rehearsal_review import NAME as REVIEW
from deploy.rehearsal_subgroups import as_counts, subgroup_lines
from nodes.ingest.kinds import EXPLANATIONS
from privacy.errors import BadInputError, Language, Text, UnreachableError
from privacy.linkage.quality import Estimate

OUTPUTS: Final = (
    "clusters.csv",
    "dropped.csv",
    HOUSEHOLDS,
    PAIRS,
    "report.html",
    "report.json",
    "report.md",
    REVIEW,
)
_MILLION: Final = 1_000_000


def refuse_output(out: Path) -> None:
    """Refuse *out* where writing it would destroy something else than an earlier result.

    Raises:
        BadInputError: it is a file, or a folder that holds other files.
    """
    if not out.exists():
        return
    if out.is_dir() and all(path.name in OUTPUTS for path in out.iterdir()):
        return
    raise BadInputError(
        Text(
            f"{out} には別のものがあるので、書き込みません。",
            f"{out} holds something else and is not written over.",
        ),
        Text("--out に新しいフォルダーを指定してください。", "Name a new folder as --out."),
    )


def write_output(rehearsal: Rehearsal, out: Path) -> None:
    """Write all outputs of *rehearsal* to the folder *out*, or none.

    Raises:
        BadInputError: *out* holds something else.
        UnreachableError: the disk is full or not writable.
    """
    refuse_output(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as place:
            fresh = Path(place, "fresh")
            fresh.mkdir(mode=0o700)
            _write(rehearsal, fresh)
            if out.exists():
                out.rename(Path(place, "earlier"))
            fresh.rename(out)
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        raise UnreachableError(
            Text(
                f"{out} に書き込めません（{'空き容量がありません' if full else error.strerror}）。",
                f"{out} cannot be written: {'the disk is full' if full else error.strerror}.",
            ),
            Text(
                "空き容量と書き込みの権限を確かめてください。何も書いていません。",
                "Check free space and permissions. Nothing was written.",
            ),
        ) from error


def _write(rehearsal: Rehearsal, folder: Path) -> None:
    _write_csv(
        folder / "clusters.csv", ("department", "row_id", "cluster_id"), _cluster_rows(rehearsal)
    )
    _write_csv(
        folder / "dropped.csv", ("department", "row_id", "reason", "line"), _dropped_rows(rehearsal)
    )
    lines = rehearsal.pairs.lines()
    _write_csv(folder / PAIRS, tuple(map(str, next(lines))), lines)
    _write_csv(folder / REVIEW, REVIEW_HEADER, (line.cells() for line in rehearsal.review))
    if rehearsal.households is not None:
        rows = _household_rows(rehearsal, rehearsal.households.numbers)
        _write_csv(folder / HOUSEHOLDS, ("department", "row_id", "household"), rows)
    text = json.dumps(as_json(rehearsal), ensure_ascii=False, indent=1)
    (folder / "report.json").write_text(text + "\n", encoding="utf-8")
    both = f"{as_markdown(rehearsal, 'ja')}\n---\n\n{as_markdown(rehearsal, 'en')}"
    (folder / "report.md").write_text(both, encoding="utf-8")
    (folder / "report.html").write_text(as_html(rehearsal), encoding="utf-8")


def _write_csv(
    path: Path, header: tuple[str, ...], rows: Iterable[tuple[str | int | float, ...]]
) -> None:
    # Row ids are written as they were read, a leading "=" included: they must match again.
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _cluster_rows(rehearsal: Rehearsal) -> Iterator[tuple[str, str, str]]:
    for intake, clusters in zip(rehearsal.intakes, rehearsal.clusters, strict=True):
        records = intake.records
        for row_id, cluster in zip(records.row_ids, clusters, strict=True):
            yield records.department, row_id, str(cluster) if cluster > 0 else ""


def _household_rows(
    rehearsal: Rehearsal, numbers: Sequence[Sequence[int]]
) -> Iterator[tuple[str, str, str]]:
    for intake, found in zip(rehearsal.intakes, numbers, strict=True):
        records = intake.records
        for row_id, number in zip(records.row_ids, found, strict=True):
            yield records.department, row_id, str(number) if number >= 0 else ""


def _dropped_rows(rehearsal: Rehearsal) -> Iterator[tuple[str | int, ...]]:
    for intake in rehearsal.intakes:
        records = intake.records
        for dropped in records.dropped:
            row = dropped.row
            yield records.department, records.row_ids[row], dropped.kind.value, records.lines[row]


def as_json(rehearsal: Rehearsal) -> dict[str, object]:
    """Return the report for machines: counts, problems by line and kind, the score."""
    report: dict[str, object] = {
        "departments": [intake.report.as_json() for intake in rehearsal.intakes],
        "rows": sum(intake.report.rows for intake in rehearsal.intakes),
        "records": sum(intake.report.records for intake in rehearsal.intakes),
        "clusters": rehearsal.cluster_count,
        "clusters_by_departments": dict(_sizes(rehearsal)),
        "quality": rehearsal.quality.to_json(),
        "subgroups": [group.to_json() for group in rehearsal.subgroups],
        "pairs": {"written": len(rehearsal.pairs.rows), "left_out": rehearsal.pairs.left_out},
    }
    if rehearsal.score is not None:
        report["truth"] = {
            "rows": rehearsal.score.rows,
            "rows_unknown": rehearsal.score.unknown,
            "across_departments": as_counts(rehearsal.score.evaluation.across),
            "all_pairs": as_counts(rehearsal.score.evaluation.everything),
        }
    if rehearsal.errors is not None:
        report["errors"] = {
            "missed_pairs": dict(rehearsal.errors.missed.most_common()),
            "wrong_pairs": dict(rehearsal.errors.wrong.most_common()),
            "curve": [
                {
                    "probability": point.cut,
                    "precision": round(point.precision, 6),
                    "recall": round(point.recall, 6),
                }
                for point in rehearsal.errors.curve
            ],
        }
    if rehearsal.households is not None:
        report["households"] = household_json(rehearsal.households)
    return report


def _sizes(rehearsal: Rehearsal) -> list[tuple[int, int]]:
    """Return how many clusters have rows in 1, 2, ... departments."""
    held: dict[int, int] = {}
    for clusters in rehearsal.clusters:
        for cluster in {*clusters} - {-1}:
            held[cluster] = held.get(cluster, 0) + 1
    sizes = list(held.values())
    return [(size, sizes.count(size)) for size in sorted({*sizes})]


def as_markdown(rehearsal: Rehearsal, language: Language) -> str:
    """Return the report for people, in *language*."""
    kinds = [line.in_language(language) for line in subgroup_lines(rehearsal.subgroups)]
    lines = [*_overview(rehearsal, language), "", *_table(rehearsal, language), "", *kinds, ""]
    for intake in rehearsal.intakes:
        shown = intake.report.render(language, limit=50).replace("\n", "\n    ")
        lines += [f"    {shown}", ""]
    return "\n".join(lines)


def _overview(rehearsal: Rehearsal, language: Language) -> list[str]:
    rows = sum(intake.report.rows for intake in rehearsal.intakes)
    found, departments = rehearsal.quality, len(rehearsal.intakes)
    lines = [
        Text("# 連結のリハーサル", "# Linkage rehearsal"),
        Text("", ""),
        Text(
            f"{departments}部署、{rows:,}行から {rehearsal.cluster_count:,}人（まとまり）。"
            f"部署間の連結 {found.linked_pairs:,}組、確認すべき組 {found.review_pairs:,}、"
            f"番号の食い違い {found.number_conflicts:,}。",
            f"{departments} departments, {rows:,} rows, {rehearsal.cluster_count:,} clusters; "
            f"{found.linked_pairs:,} linked pairs across departments, "
            f"{found.review_pairs:,} pairs for review, "
            f"{found.number_conflicts:,} kept apart by contradicting numbers.",
        ),
        *(
            Text(
                f"- {size}部署にいる人: {count:,}",
                f"- in {size} department{'s' if size > 1 else ''}: {count:,}",
            )
            for size, count in _sizes(rehearsal)
        ),
    ]
    if any(mapping.mode == "sealed" for mapping in rehearsal.mappings):
        lines.append(
            Text(
                "封印（sealed）の部署も、リハーサルでは通常どおり連結しました。",
                "Sealed departments were linked like open ones in this rehearsal.",
            )
        )
    lines += [*_quality_lines(rehearsal), *household_lines(rehearsal.households)]
    if found.review is not None:
        lines += [Text("", ""), *review_lines({"review": found.review.to_json()})]
    lines += _error_lines(rehearsal.errors)
    return [line.in_language(language) for line in lines]


def _quality_lines(rehearsal: Rehearsal) -> list[Text]:
    """Return estimated precision and recall, and the true ones where the truth is known."""
    quality = rehearsal.quality
    precision, recall = _interval(quality.precision), _interval(quality.recall)
    lines = [
        Text("", ""),
        Text("| 部署間の組 | 適合率 | 再現率 | F1 |", "| pairs | precision | recall | F1 |"),
        Text("|---|---|---|---|", "|---|---|---|---|"),
        Text(
            f"| 推定（正解なし、再現率は上限寄り） | {precision} | {recall} | |",
            f"| estimated, without truth (recall from above) | {precision} | {recall} | |",
        ),
    ]
    if rehearsal.score is None:
        return lines
    for name, found in (
        (Text("正解との比較", "against the truth"), rehearsal.score.evaluation.across),
        (
            Text("同、部署内の重複も含む", "the same, own duplicates included"),
            rehearsal.score.evaluation.everything,
        ),
    ):
        shares = f"{found.precision:.4f} | {found.recall:.4f} | {found.f1:.4f} |"
        lines.append(Text(f"| {name.ja} | {shares}", f"| {name.en} | {shares}"))
    return lines


def _error_lines(errors: Errors | None) -> list[Text]:
    """Return what was missed and what was linked wrongly, by kind, and the curve."""
    if errors is None:
        return []
    lines = [Text("", "")]
    for title, counts in (
        (
            Text("連結されなかった組（重複して数えます）", "missed pairs (one may count twice)"),
            errors.missed,
        ),
        (Text("誤って連結した組", "wrong pairs"), errors.wrong),
    ):
        lines += [
            Text(f"| {title.ja} | 組 |", f"| {title.en} | pairs |"),
            Text("|---|---|", "|---|---|"),
        ]
        for kind, count in counts.most_common():
            words = WORDS[kind]
            lines.append(Text(f"| {words.ja} | {count:,} |", f"| {words.en} | {count:,} |"))
        if not counts:
            lines.append(Text("| なし | 0 |", "| none | 0 |"))
        lines.append(Text("", ""))
    lines += [
        Text(
            "| 照合の確率（統合の前、レコードの組） | 適合率 | 再現率 |",
            "| pairs of records at least this probable, before solving | precision | recall |",
        ),
        Text("|---|---|---|", "|---|---|---|"),
    ]
    for point in errors.curve:
        row = f"| {point.cut:.2f} | {point.precision:.4f} | {point.recall:.4f} |"
        lines.append(Text(row, row))
    return lines


def _interval(estimate: Estimate) -> str:
    value, low, high = (part / _MILLION for part in (estimate.value, estimate.low, estimate.high))
    return f"{value:.4f} ({low:.4f} - {high:.4f})"


def _table(rehearsal: Rehearsal, language: Language) -> list[str]:
    head = Text(
        "| 部署 | 行 | 使用 | 除外とその理由 | 自部署の重複 | 符号で連結 | 類似で連結 | 連結なし |",
        "| department | rows | used | dropped, and why | own duplicates "
        "| linked by token | by similarity | not linked |",
    )
    lines = [head.in_language(language), "|---|---|---|---|---|---|---|---|"]
    for intake, found in zip(rehearsal.intakes, rehearsal.quality.departments, strict=True):
        report = intake.report
        counted = Counter(dropped.kind for dropped in intake.records.dropped)
        why = "; ".join(
            f"{count:,} {EXPLANATIONS[kind].what.in_language(language)}"
            for kind, count in counted.most_common()
        )
        lines.append(
            f"| {report.department} | {report.rows:,} | {report.used:,} | {why or '0'} "
            f"| {report.duplicate_groups:,} | {found.linked_by_token:,} "
            f"| {found.linked_by_similarity:,} | {found.unlinked:,} |"
        )
    return lines
