"""One alert opened as a member of staff opens it: passphrase, one-time code, own view first."""

from __future__ import annotations

import secrets
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from deploy.demo.governance import STAFF_ACCOUNT
from deploy.demo.outcome import open_read_only
from deploy.demo.stage import RECEIVER, Stage

_OBSERVATION = "朝の登校が遅い日が続いている（デモの記入）。"


@dataclass(frozen=True, slots=True)
class Alerts:
    """What the receiving node holds after the delivery, and the one that was opened."""

    lookup: int
    local: int
    kinds: dict[str, str]
    """The receiver's row -> `lookup` or `local`; the test bench's knowledge alone."""
    opened: dict[str, Any] | None


def open_one_alert(stage: Stage) -> Alerts:
    """Open the first alert, one that several departments' records led to where there is one.

    Raises:
        EnishiError: the gate does not pass; the message is the gate's.
    """
    from pyotp import TOTP  # noqa: PLC0415 - only this phase pays for it

    seat = stage.seat(RECEIVER)
    alerts: list[dict[str, Any]] = stage.node(seat, "alerts", "list")["alerts"]
    waiting = sorted(alerts, key=lambda alert: (alert["kind"] != "lookup", alert["id"]))
    opened = None
    if waiting:
        passphrase = stage.folder.path / "staff-passphrase.txt"
        passphrase.touch(mode=0o600)
        passphrase.write_text(secrets.token_urlsafe(24) + "\n", encoding="utf-8")
        secret = ["--passphrase-file", str(passphrase)]
        account = stage.node(seat, "account", "set", STAFF_ACCOUNT, *secret)
        code = TOTP(str(account["totp_secret"])).now()
        opened = stage.node(
            seat, "alerts", "open", str(waiting[0]["id"]), "--user", STAFF_ACCOUNT,
            "--purpose", "sos_support", *secret, "--code", code,
            "--observation", _OBSERVATION, "--view", "concerned",
        )  # fmt: skip
        opened["kind"] = waiting[0]["kind"]
    local = sum(alert["kind"] == "local" for alert in alerts)
    return Alerts(len(alerts) - local, local, _kinds(stage), opened)


def _kinds(stage: Stage) -> dict[str, str]:
    with closing(open_read_only(stage.seat(RECEIVER).database)) as database:
        return dict(database.execute("SELECT row_id, kind FROM alerts").fetchall())
