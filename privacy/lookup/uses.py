"""What a node has already sent under a transcript, so that it never sends anything else.

Two different vectors under one mask would give their difference away.  A node persists
`Uses.claims` with the bytes themselves before it sends, and starts from them again.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from privacy.errors import ProtocolError, Text
from privacy.lookup.run import LookupRun


class Uses:
    """Digests of the vectors sent, by transcript, step, kind and chunk.

    The digests themselves are of masked bytes and reveal nothing.
    """

    def __init__(self, claims: Mapping[str, str] | None = None) -> None:
        """Start from persisted *claims*, if there are any."""
        self._claims = dict(claims or {})

    @property
    def claims(self) -> dict[str, str]:
        """Return all claims as text, for storage."""
        return dict(self._claims)

    def claim(self, run: LookupRun, kind: str, chunk: int, sent: bytes) -> None:
        """Record that *sent* goes out under this place; the same bytes again are a retry.

        Raises:
            ProtocolError: other bytes were sent here before.
        """
        place = f"{run.transcript.hex()}/{run.step}/{kind}/{chunk}"
        digest = hashlib.sha256(sent).hexdigest()
        known = self._claims.setdefault(place, digest)
        if not hmac.compare_digest(known, digest):
            raise ProtocolError(
                Text(
                    f"段階 {run.step} の {kind}（チャンク {chunk}）は、この記録要約では"
                    "別の内容で送信済みです。",
                    f"Step {run.step} has sent another {kind} (chunk {chunk}) under this "
                    "transcript.",
                ),
                Text(
                    "保存済みのバイト列を再送するか、新しい実行を始めてください。",
                    "Send the stored bytes again, or start a new run.",
                ),
            )
