"""The summary as people read it: Japanese first, English with `--lang en`."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from deploy.demo.summary import DepartmentSummary, Quality, Summary
from privacy.errors import Language, Text

_MEBI = 1 << 20
_MOST_ROWS = 40


def print_summary(summary: Summary, language: Language) -> None:
    """Print the summary to standard output."""
    page = _Page(language)
    page.departments(summary.departments)
    page.quality(summary)
    page.screening(summary)
    page.tables(summary)
    page.left(summary.departments)
    page.coordinator(summary)
    page.planted(summary)
    page.costs(summary)


class _Page:
    """One page in one language."""

    def __init__(self, language: Language) -> None:
        self._language: Language = language
        self._console = Console(highlight=False)
        if not self._console.is_terminal:
            self._console = Console(highlight=False, width=120)

    def departments(self, departments: Sequence[DepartmentSummary]) -> None:
        """Print what came in, what was used and what it was linked to."""
        headings = (
            Text("部署", "department"), Text("行", "rows"), Text("使用", "used"),
            Text("使わなかった理由", "why others were not"), Text("連携した行", "linked rows"),
            Text("適合率（正解）", "true precision"), Text("再現率（正解）", "true recall"),
        )  # fmt: skip
        sealed = Text("（封印）", " (sealed)")
        rows = [
            [
                each.name.in_language(self._language)
                + (sealed.in_language(self._language) if each.sealed else ""),
                f"{each.rows:,}", f"{each.used:,}",
                ", ".join(f"{why} {count}" for why, count in each.not_used.items()) or "-",
                f"{each.linked:,}", _percent(each.true.precision), _percent(each.true.recall),
            ]
            for each in departments
        ]  # fmt: skip
        self._table(Text("部署ごと", "By department"), headings, rows, numbers=(1, 2, 4, 5, 6))

    def quality(self, summary: Summary) -> None:
        """Print the estimate that a city has, beside the truth that only a made-up town has."""
        estimated, true = summary.estimated, summary.true
        interval = {
            name: f"{_millionths(each['value'])}"
            f" [{_millionths(each['low'])} - {_millionths(each['high'])}]"
            for name, each in estimated.items()
        }
        self._say(
            Text(
                f"連携: スロット {summary.slots:,}。推定 適合率 {interval['precision']}、"
                f"再現率 {interval['recall']}（上限）。正解 {_shares(true)}",
                f"Linkage: {summary.slots:,} slots. Estimated precision {interval['precision']},"
                f" recall {interval['recall']} (upper estimate). Truth: {_shares(true)}",
            )
        )

    def screening(self, summary: Summary) -> None:
        """Print how many alerts were delivered, and the one that was opened."""
        screening, opened = summary.screening, summary.opened
        self._say(
            Text(
                f"スクリーニング（{screening['as_of']}）: "
                f"気づき {screening['lookup']} 件が複数部署の記録から、"
                f"{screening['local']} 件が学校の記録だけから。",
                f"Screening ({screening['as_of']}): {screening['lookup']} alerts from several"
                f" departments' records, {screening['local']} from the school's alone.",
            )
        )
        if opened is None:
            self._say(Text("開ける気づきはありません。", "There is no alert to open."))
            return
        parts = [
            f"{holder}: {', '.join(s['signal'] + ' ' + s['as_of'] for s in signals) or '-'}"
            for holder, signals in opened["signals"].items()
        ]
        silent = ", ".join(opened["silent"]) or "-"
        said = " / ".join(parts)
        self._say(
            Text(
                f"開いた気づき（架空の子ども {opened['row_id']}、期限 {opened['due']}）: {said}。"
                f"何も届いていない部署: {silent}",
                f"The opened alert (a made-up child, {opened['row_id']}, due {opened['due']}):"
                f" {said}. Nothing from: {silent}",
            )
        )

    def tables(self, summary: Summary) -> None:
        """Print every released table with its error bars."""
        for name, table in summary.tables.items():
            headings = [_DIMENSIONS.get(each, Text(each, each)) for each in table["dimensions"]]
            headings += [Text("人数（雑音入り）", "children (noisy)"), Text("±（95%）", "± (95 %)")]
            rows = [
                [
                    *(label or "-" for label in cell["labels"]),
                    f"{cell['value']:,}",
                    f"{cell['half_width']:,}",
                ]
                for cell in table["cells"]
            ]
            places = (len(table["dimensions"]), len(table["dimensions"]) + 1)
            shown = _TITLES.get(name, Text(name, name))
            cost = f"ρ = {table['rho']:.3f}, ε ≤ {table['epsilon']:.2f} (δ = 1e-6)"
            title = Text(f"{shown.ja}（{cost}）", f"{shown.en} ({cost})")
            self._table(title, headings, rows[:_MOST_ROWS], numbers=places)
            if len(rows) > _MOST_ROWS:
                more = len(rows) - _MOST_ROWS
                self._say(Text(f"ほか {more} 行", f"{more} more"))

    def left(self, departments: Sequence[DepartmentSummary]) -> None:
        """Print what left each node: a line a step, a column of bytes a department."""
        bytes_of: dict[tuple[str, str], dict[str, int]] = {}
        for each in departments:
            for left in each.left:
                own = bytes_of.setdefault((left.step, left.fields), {})
                own[each.id] = own.get(each.id, 0) + left.bytes
        headings = [Text("段階", "step"), Text("中身", "what")]
        headings += [Text(each.id, each.id) for each in departments]
        rows = [
            [*key, *(f"{own[each.id]:,}" if each.id in own else "-" for each in departments)]
            for key, own in sorted(bytes_of.items())
        ]
        total = Text("計", "total").in_language(self._language)
        rows.append([total, "", *(f"{each.bytes_left:,}" for each in departments)])
        title = Text("各部署から出たもの（バイト）", "What left each node, in bytes")
        self._table(title, headings, rows, numbers=range(2, 2 + len(departments)))

    def coordinator(self, summary: Summary) -> None:
        """Print what the coordinator keeps, and what the search for children found there."""
        held = ", ".join(f"{name} {count}" for name, count in summary.coordinator.items() if count)
        self._say(
            Text(f"統括のデータベース: {held}", f"The coordinator's database: {held}"),
        )
        for name, scan in summary.scans.items():
            self._say(
                Text(
                    f"走査 {name}: {scan.bytes_searched / _MEBI:.1f} MiB に {summary.needles:,} 語"
                    f"（氏名・カナ・生年月日・住所・番号・鍵）: {scan.hits} 件",
                    f"Scan of {name}: {scan.bytes_searched / _MEBI:.1f} MiB for {summary.needles:,}"
                    f" names, kana, birth dates, addresses, numbers and keys: {scan.hits} found",
                )
            )

    def planted(self, summary: Summary) -> None:
        """Print how the planted cases came out."""
        good = sum(case.good for case in summary.planted)
        wrong = ", ".join(
            f"{c.case} ({c.expected} → {c.found})" for c in summary.planted if not c.good
        )
        tail = Text(f"。違ったもの: {wrong}", f"; not as expected: {wrong}") if wrong else None
        self._say(
            Text(
                f"仕込んだ事例: {good}/{len(summary.planted)} が期待どおり"
                f"{tail.ja if tail else ''}",
                f"Planted cases: {good} of {len(summary.planted)} as expected"
                f"{tail.en if tail else ''}",
            )
        )

    def costs(self, summary: Summary) -> None:
        """Print the wall time and the memory of each process."""
        seconds = ", ".join(f"{name} {value:.1f}" for name, value in summary.seconds.items())
        memory = ", ".join(
            f"{name} {value / _MEBI:.0f}" for name, value in summary.peak_bytes.items()
        )
        self._say(
            Text(
                f"時間 {summary.wall_s:.1f} 秒（{seconds}）",
                f"{summary.wall_s:.1f} s ({seconds})",
            )
        )
        self._say(Text(f"最大メモリー MiB: {memory}", f"Peak memory, MiB: {memory}"))

    def _say(self, text: Text) -> None:
        self._console.print(text.in_language(self._language), markup=False)

    def _table(
        self,
        title: Text,
        headings: Sequence[Text],
        rows: Sequence[Sequence[str]],
        numbers: Sequence[int],
    ) -> None:
        self._console.print(title.in_language(self._language), style="bold", markup=False)
        table = Table(box=None)
        for place, heading in enumerate(headings):
            justify = "right" if place in numbers else "left"
            table.add_column(heading.in_language(self._language), justify=justify, overflow="fold")  # type: ignore[arg-type]  # rich's literal
        for row in rows:
            table.add_row(*row)
        self._console.print(table)
        self._console.print()


_DIMENSIONS = {
    "D-02.grade": Text("学年", "grade"),
    "D-02.school": Text("学校", "school"),
    "D-25.receives": Text("就学援助", "school aid"),
    "alerts.listed": Text("気づき", "alert"),
}
_TITLES = {
    "grade_by_aid": Text(
        "学年別・就学援助の児童生徒数", "Children by grade and school expense aid"
    ),
    "listed_by_school": Text("学校別・気づきの有無", "Children with an alert, by school"),
}


def _shares(quality: Quality) -> str:
    return f"P {_percent(quality.precision)} R {_percent(quality.recall)} F1 {_percent(quality.f1)}"


def _percent(share: float) -> str:
    return f"{share:.2%}"


def _millionths(value: int) -> str:
    return f"{value / 1_000_000:.2%}"
