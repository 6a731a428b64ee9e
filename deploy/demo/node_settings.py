"""What a department's operator sets in `node.toml` after `node init`: policy and approvals."""

from __future__ import annotations

import json
import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

PURPOSES = ("linkage", "sos_support", "school_karte")
_APPROVALS = (("link", "linkage"), ("screen", "sos_support"), ("statistics", "school_karte"))
_APPROVER = "approver1"
_VALID = timedelta(days=30)

_HEADER = """\
# デモのノード設定。`enishi node init` の内容に、部署の責任者の方針を加えたもの。
# The demo's node settings: what `enishi node init` wrote, with the head's policy.
"""


def write_node_settings(path: Path, today: date) -> None:
    """Take part in the demo's three purposes, with plans approved in advance for a month.

    What `node init` wrote stays, its policy's other limits included.
    """
    values = tomllib.loads(path.read_text(encoding="utf-8"))
    policy: dict[str, Any] = {**values.pop("policy", {}), "purposes": list(PURPOSES)}
    values.pop("standing_approvals", None)
    lines = [_HEADER, *(_line(name, value) for name, value in values.items())]
    lines += ["", "[policy]", *(_line(name, value) for name, value in policy.items())]
    until = (today + _VALID).isoformat()
    for kind, purpose in _APPROVALS:
        lines += [
            "", "[[standing_approvals]]", _line("kind", kind), _line("purpose", purpose),
            f"until = {until}", _line("approved_by", _APPROVER),
        ]  # fmt: skip
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _line(name: str, value: object) -> str:
    """Return one TOML assignment of a text, number, truth value or list of texts."""
    return f"{name} = {json.dumps(value, ensure_ascii=False)}"
