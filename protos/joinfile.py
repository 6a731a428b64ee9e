"""The join file: what the coordinator's operator hands to a member's operator, once."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from privacy.errors import BadInputError, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinFile:
    """Where to join, as whom, whom to trust, and a code that works once and not for long."""

    city: str
    coordinator: str
    address: str
    """The enrolment service, host:port."""
    member: str
    role: str
    sealed: bool
    name_ja: str
    name_en: str
    listen: str
    """Where the coordinator will dial the member, host:port."""
    expires: str
    """RFC 3339."""
    authority_pem: str
    code: str = field(repr=False)

    def write(self, path: Path) -> None:
        """Write the file, readable by its owner only.

        Raises:
            BadInputError: the folder is missing or not writable.
        """
        text = json.dumps({"version": 1} | asdict(self), ensure_ascii=False, indent=2)
        try:
            path.touch(mode=0o600)
            path.chmod(0o600)
            path.write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise BadInputError(
                Text(
                    f"参加ファイル {path.name} を書けません。",
                    f"The join file {path.name} cannot be written.",
                ),
                Text("フォルダと権限を確かめてください。", "Check the folder and its permissions."),
            ) from error

    @classmethod
    def read(cls, path: Path) -> JoinFile:
        """Read a join file.

        Raises:
            BadInputError: it is missing, damaged or of another version.
        """
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            known = {f.name for f in fields(cls)}
            return cls(**{name: values[name] for name in known if values["version"] == 1})
        except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
            raise BadInputError(
                Text(
                    f"参加ファイル {path.name} を読めません。",
                    f"The join file {path.name} cannot be read.",
                ),
                Text(
                    "統括の担当者に `enishi coordinator node add` で作り直してもらってください。",
                    "Ask the coordinator's operator for a new one (`enishi coordinator node add`).",
                ),
            ) from error
