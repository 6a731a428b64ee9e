"""Who is signed in at this node's pages: short sessions in memory, each with its form token.

A session ends after fifteen idle minutes, an hour in all, on sign-out, and with the
process.  The cookie holds a random name only; a form without the session's own token
changes nothing, whatever site it comes from.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

COOKIE = "enishi_session"
IDLE = timedelta(minutes=15)
LONGEST = timedelta(hours=1)
_BYTES = 32


@dataclass(slots=True)
class Session:
    """One signed-in person at one browser."""

    account: str
    form_token: str = field(repr=False)
    since: datetime
    seen: datetime

    def owns(self, form_token: str) -> bool:
        """Tell whether a form came from a page of this session."""
        return hmac.compare_digest(self.form_token.encode(), form_token.encode())


class Sessions:
    """The sessions of one process, by the cookie's value."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        """Measure time by *clock*."""
        self._clock = clock
        self._open: dict[str, Session] = {}

    def begin(self, account: str) -> str:
        """Open a session for *account*, who has just proved who they are; return its name."""
        now = self._clock()
        self._open = {name: each for name, each in self._open.items() if self._lasts(each)}
        name = secrets.token_urlsafe(_BYTES)
        self._open[name] = Session(account, secrets.token_urlsafe(_BYTES), now, now)
        return name

    def find(self, name: str) -> Session | None:
        """Return the session called *name* if it lasts, or None; being seen keeps it open."""
        session = self._open.get(name)
        if session is None or not self._lasts(session):
            self._open.pop(name, None)
            return None
        session.seen = self._clock()
        return session

    def end(self, name: str) -> None:
        """Sign out."""
        self._open.pop(name, None)

    def _lasts(self, session: Session) -> bool:
        now = self._clock()
        return now - session.seen < IDLE and now - session.since < LONGEST
