"""The import report: what was read, what was set aside, where and why, and the fix.

It goes to the department's own operator.  It holds line numbers, column names and
the kind of a value, never a value.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from nodes.ingest.kinds import EXPLANATIONS, Kind, Severity
from privacy.canonical import Json
from privacy.errors import NOTHING, Language, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProblem:
    """One field of one row, or one row, that was not used as it stands."""

    file: str
    line: int
    column: str
    kind: Kind
    severity: Severity
    value_kind: Text = NOTHING

    def render(self, language: Language) -> str:
        """Return the problem and its fix as one line."""
        what, fix = EXPLANATIONS[self.kind]
        kind = self.value_kind.in_language(language)
        if language == "ja":
            shown = f"（値の種類: {kind}）" if kind else ""
            return f"{self.file} {self.line}行目「{self.column}」: {what.ja}{shown}。{fix.ja}。"
        shown = f" (value: {kind})" if kind else ""
        return f"{self.file} line {self.line}, {self.column}: {what.en}{shown}; {fix.en}."

    def as_json(self) -> Json:
        """Return the problem for machines."""
        what, fix = EXPLANATIONS[self.kind]
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "kind": self.kind.value,
            "severity": self.severity.value,
            "value_kind": {"ja": self.value_kind.ja, "en": self.value_kind.en},
            "what": {"ja": what.ja, "en": what.en},
            "fix": {"ja": fix.ja, "en": fix.en},
        }


@dataclass(frozen=True, slots=True)
class Fill:
    """How many rows hold a column."""

    name: str
    column: str
    filled: int
    rows: int

    @property
    def percent(self) -> int:
        """Return the share in whole per cent, rounded down."""
        return self.filled * 100 // self.rows if self.rows else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSummary:
    """What one fact file gave."""

    item: str
    file: str
    encoding: str
    rows: int
    used: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What one department's import found; ``rows`` = ``used`` + dropped."""

    department: str
    file: str
    encoding: str
    rows: int
    used: int
    records: int
    """Records to encode: used rows, with the department's own duplicates taken as one."""
    duplicate_groups: int
    fills: tuple[Fill, ...] = ()
    facts: tuple[FactSummary, ...] = ()
    problems: tuple[RowProblem, ...] = ()
    notes: tuple[Text, ...] = ()

    def counts(self) -> list[tuple[Kind, Severity, int]]:
        """Return how often each kind occurs, most frequent first."""
        counted = Counter((problem.kind, problem.severity) for problem in self.problems)
        return [(kind, severity, count) for (kind, severity), count in counted.most_common()]

    def as_json(self, limit: int = 1_000) -> Json:
        """Return the report for machines, with the first *limit* problems one by one."""
        return {
            "department": self.department,
            "file": self.file,
            "encoding": self.encoding,
            "rows": self.rows,
            "used": self.used,
            "dropped": self.rows - self.used,
            "records": self.records,
            "duplicate_groups": self.duplicate_groups,
            "fill_percent": {fill.name: fill.percent for fill in self.fills},
            "facts": [
                {
                    "item": fact.item,
                    "file": fact.file,
                    "encoding": fact.encoding,
                    "rows": fact.rows,
                    "used": fact.used,
                }
                for fact in self.facts
            ],
            "counts": [
                {"kind": kind.value, "severity": severity.value, "count": count}
                for kind, severity, count in self.counts()
            ],
            "problems": [problem.as_json() for problem in self.problems[:limit]],
            "notes": [{"ja": note.ja, "en": note.en} for note in self.notes],
        }

    def render(self, language: Language, limit: int = 20) -> str:
        """Return the report as lines of text, with the *limit* gravest problems one by one."""
        return "\n".join([*self._summary(language), *self._details(language, limit)])

    def _summary(self, language: Language) -> list[str]:
        dropped = self.rows - self.used
        lines = [
            Text(
                f"{self.department}: {self.file}（{self.encoding}）{self.rows:,}行、"
                f"使用 {self.used:,}行、除外 {dropped:,}行、"
                f"自部署の重複 {self.duplicate_groups:,}組",
                f"{self.department}: {self.file} ({self.encoding}): {self.rows:,} rows, "
                f"{self.used:,} used, {dropped:,} dropped, "
                f"{self.duplicate_groups:,} groups of own duplicates",
            ).in_language(language)
        ]
        fills = ", ".join(f"{fill.name} {fill.percent}%" for fill in self.fills)
        if fills:
            lines.append(Text(f"  記入率: {fills}", f"  filled: {fills}").in_language(language))
        lines += [
            Text(
                f"  {fact.item}: {fact.file}（{fact.encoding}）"
                f"{fact.rows:,}行、使用 {fact.used:,}行",
                f"  {fact.item}: {fact.file} ({fact.encoding}): "
                f"{fact.rows:,} rows, {fact.used:,} used",
            ).in_language(language)
            for fact in self.facts
        ]
        return [*lines, *(f"  {note.in_language(language)}" for note in self.notes)]

    def _details(self, language: Language, limit: int) -> list[str]:
        lines = [
            f"  {count:,} x {EXPLANATIONS[kind].what.in_language(language)}"
            f" [{SEVERITIES[severity].in_language(language)}]"
            for kind, severity, count in self.counts()
        ]
        worst = sorted(self.problems, key=lambda problem: _GRAVITY.index(problem.severity))
        lines += [f"    {problem.render(language)}" for problem in worst[:limit]]
        rest = len(self.problems) - limit
        if rest > 0:
            lines.append(
                Text(f"    ほか {rest:,}件", f"    and {rest:,} more").in_language(language)
            )
        return lines


_GRAVITY = (Severity.ROW_DROPPED, Severity.FIELD_IGNORED, Severity.NOTED)

SEVERITIES = {
    Severity.FIELD_IGNORED: Text("その項目は使いません", "field not used"),
    Severity.ROW_DROPPED: Text("その行は使いません", "row not used"),
    Severity.NOTED: Text("記録のみ", "noted"),
}
