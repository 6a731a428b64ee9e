"""What a child process that failed becomes: an error of its kind, with its last words."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from privacy.errors import (
    BadInputError,
    EnishiError,
    RefusedError,
    Text,
    UnreachableError,
)

LAST_LINES = 8


class BrokenStepError(EnishiError):
    """A process of the demo ended in a way that no rule foresees."""


_KINDS: dict[int, type[EnishiError]] = {1: RefusedError, 2: BadInputError, 3: UnreachableError}


def step_failed(
    name: str, arguments: Sequence[str], status: int, out: Path, log: Path
) -> EnishiError:
    """Return the error of a process *name* that ended with *status*.

    Its kind is what the exit status means; its text is what the process said, or the
    last lines of its log.
    """
    verb = " ".join(word for word in arguments if "/" not in word)
    kind = _KINDS.get(status, BrokenStepError)
    said = _problem(log) or _problem(out)
    if said is not None:
        ja = f"{said['what']['ja']}{said['fix']['ja']}"
        en = f"{said['what']['en']} {said['fix']['en']}".strip()
    else:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        ja = en = "\n  ".join(["", *lines[-LAST_LINES:]])
    return kind(
        Text(
            f"{name}（enishi {verb}）が終了コード {status} で止まりました: {ja}",
            f"{name} (enishi {verb}) ended with status {status}: {en}",
        ),
        Text(f"ログ: {log}", f"Its log: {log}"),
    )


def _problem(path: Path) -> dict[str, Any] | None:
    """Return the last bilingual problem that a command printed, if it printed one."""
    text = path.read_text(encoding="utf-8", errors="replace")
    decoder = json.JSONDecoder()
    found = None
    for at, character in enumerate(text):
        if character != "{" or (at and text[at - 1] != "\n"):
            continue
        with contextlib.suppress(ValueError):
            value, _ = decoder.raw_decode(text, at)
            if isinstance(value, dict) and isinstance(value.get("what"), dict):
                found = value
    return found
