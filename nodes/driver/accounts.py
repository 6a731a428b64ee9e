"""Staff who sign in at a node: a passphrase (argon2id) and a one-time code (TOTP).

Which roles, schools and training a person has stands in the governance folder; here is
only what proves who it is.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from nodes.driver.context import NodeContext
from nodes.governance import Governance
from privacy.audit import EntryKind
from privacy.canonical import Json, canonical_bytes
from privacy.errors import BadInputError, RefusedError, Text

if TYPE_CHECKING:
    from pyotp import TOTP

LEAST_PASSPHRASE = 12
MOST_FAILURES = 5


@dataclass(frozen=True, slots=True)
class Signed:
    """A member of staff who has proved who they are, just now."""

    account: str
    two_factor: bool


class Accounts:
    """Passphrases and second factors of one node's staff."""

    def __init__(self, context: NodeContext) -> None:
        """Work on *context*."""
        self._context = context

    def set_passphrase(self, account: str, passphrase: str) -> str:
        """Give *account* a passphrase; return the secret for its one-time codes, once.

        Raises:
            BadInputError: no such account in staff.yaml, or a passphrase that is too short.
        """
        from argon2 import PasswordHasher  # noqa: PLC0415  # only sign-in pays for it
        from pyotp import random_base32  # noqa: PLC0415

        context = self._context
        Governance.load(context.config.governance_folder).staff.get(account)
        if len(passphrase) < LEAST_PASSPHRASE:
            raise BadInputError(
                Text(
                    f"合言葉は {LEAST_PASSPHRASE} 文字以上にしてください。",
                    f"A passphrase has at least {LEAST_PASSPHRASE} characters.",
                ),
            )
        secret = random_base32()
        context.keys.write(f"totp/{account}", secret.encode())
        values: dict[str, Json] = {
            "hash": PasswordHasher().hash(passphrase),
            "failures": 0,
            "last_step": 0,
        }
        with context.store.transaction() as tables:
            tables.documents.put(f"account/{account}", context.stamp(), canonical_bytes(values))
            context.log(tables, EntryKind.CHANGED, "passphrase", account=account)
        return secret

    def sign_in(self, account: str, passphrase: str, code: str) -> Signed:
        """Check passphrase and one-time code; a code works once.

        Raises:
            RefusedError: one of them is wrong (which, is not said), or too many failures.
        """
        from argon2 import PasswordHasher  # noqa: PLC0415
        from argon2.exceptions import Argon2Error  # noqa: PLC0415
        from pyotp import TOTP  # noqa: PLC0415

        context = self._context
        with context.store.transaction() as tables:
            body = tables.documents.get(f"account/{account}")
            values = json.loads(body) if body else None
            right = False
            if values is not None and values["failures"] < MOST_FAILURES:
                totp = TOTP(context.keys.read(f"totp/{account}").decode())
                now = context.clock()
                try:
                    right = PasswordHasher().verify(values["hash"], passphrase)
                except Argon2Error:
                    right = False
                step = _step_of(totp, code, now)
                right = right and step > values.get("last_step", 0)
                values["failures"] = 0 if right else values["failures"] + 1
                values["last_step"] = step if right else values.get("last_step", 0)
                tables.documents.put(f"account/{account}", context.stamp(), canonical_bytes(values))
            if not right:
                context.log(tables, EntryKind.REFUSED, "sign-in")
        if not right:
            raise RefusedError(
                Text(
                    "職員番号、合言葉、確認コードのどれかが違うか、失敗が続いたため止まっています。",
                    "Account, passphrase or code is wrong, or there were too many failures.",
                ),
                Text(
                    "確かめてもう一度行うか、部署の管理者に再設定を頼んでください。",
                    "Check and try again, or ask the department's administrator for a reset.",
                ),
            )
        return Signed(account, two_factor=True)


def _step_of(totp: TOTP, code: str, now: datetime) -> int:
    """Return the 30-second step that *code* is of, one before or after allowed; 0 for none.

    Steps only ever go up (RFC 6238, 5.2): an overseen code is of no use after a later one.
    """
    here = totp.timecode(now)
    for step in range(here - 1, here + 2):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            return step
    return 0
