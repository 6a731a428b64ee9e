"""What a round's households look like in words: counts only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coordinator.web.households import rule_words
from privacy.errors import Text


def household_lines(report: Mapping[str, Any]) -> list[Text]:
    """Return the counts of `Households.report` as lines."""
    sizes = ", ".join(f"{n}: {count}" for n, count in report["homes_by_children"].items())
    lines = [
        Text(
            f"世帯: きょうだいのいる子ども {report['children_with_siblings']} 人、"
            f"世帯あたりの子どもの数 {sizes}(4は4以上)、除いた位置 {report['withheld']}",
            f"Households: {report['children_with_siblings']} children with a sibling; homes by "
            f"children {sizes} (4 is 4 or more); {report['withheld']} positions withheld",
        )
    ]
    lines += [
        Text(
            f"  つながなかった証拠: {rule_words(rule).ja} {count} 件",
            f"  evidence that joined nobody: {rule_words(rule).en}, {count}",
        )
        for rule, count in report["not_joined"].items()
    ]
    if report["abstained"]:
        named = ", ".join(report["abstained"])
        lines.append(
            Text(f"  世帯に参加しない部署: {named}", f"  abstained from households: {named}")
        )
    return lines
