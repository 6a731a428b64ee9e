"""The page of clerical review: sign in, look at own rows, answer; works without JavaScript.

It shows this department's own rows in clear, so it alone of the node's pages asks who is
there: passphrase and one-time code, a role that reviews, a short session.  Nothing of any
other department is here to be shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from nodes.review_sheet import ANSWERS, ASIDE, KINDS, SEALED, WORDS, Sheet
from nodes.web.sessions import COOKIE, Session, Sessions
from privacy.errors import BadInputError, EnishiError, RefusedError, Text
from privacy.linkage.asking import Answer
from protos.web.frame import Pages

AT_ONCE = 10
"""Open questions on one page: what a person looks at in twenty minutes."""
PATH = "/review"
_MOST_BYTES = 10_000


class Desk(Protocol):
    """What the page needs of the node: who may come in, what is asked, keeping an answer."""

    def sign_in(self, account: str, passphrase: str, code: str) -> None:
        """Check who is there and that they may review.

        Raises:
            EnishiError: they are not who they say, or have no role that reviews.
        """

    def sheets(self) -> tuple[Sheet, ...]:
        """Return all questions about rows that are here, open ones first."""

    def answer(self, pair: str, answer: Answer, by: str, *, corrected: bool) -> str:
        """Keep an answer.

        Raises:
            EnishiError: no such pair, or *by* may not answer.
        """


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """What one person sees: the next open questions, how many wait, what was answered."""

    account: str
    form_token: str
    open: tuple[Sheet, ...]
    waiting: int
    answered: tuple[Sheet, ...]


class ReviewPages:
    """The handlers of one node's review page."""

    def __init__(
        self, pages: Pages, desk: Desk, *, sealed: bool, clock: Callable[[], datetime]
    ) -> None:
        """Render by *pages*, ask *desk*; a *sealed* department's page says why it is empty."""
        self._pages, self._desk, self._sealed = pages, desk, sealed
        self._sessions = Sessions(clock)

    def routes(self) -> Sequence[Route]:
        """Return the page and what its forms call."""
        return [
            Route(PATH, self.look),
            Route(f"{PATH}/sign-in", self.sign_in, methods=["POST"]),
            Route(f"{PATH}/answer", self.answer, methods=["POST"]),
            Route(f"{PATH}/sign-out", self.sign_out, methods=["POST"]),
        ]

    async def look(self, request: Request) -> Response:
        """Show the questions, or the sign-in form."""
        session = self._sessions.find(request.cookies.get(COOKIE, ""))
        if session is None:
            return self._door(request, None)
        return self._pages.render(
            request,
            "review.html",
            page=await run_in_threadpool(_page, self._desk, session),
            kinds=KINDS,
            answers=ANSWERS,
            choices=WORDS,
            aside=ASIDE,
        )

    async def sign_in(self, request: Request) -> Response:
        """Open a session for whoever proves who they are."""
        form = await _form(request)
        account = form.get("account", "")
        try:
            _check_origin(request)
            passphrase, code = form.get("passphrase", ""), form.get("code", "")
            await run_in_threadpool(self._desk.sign_in, account, passphrase, code)
        except EnishiError as error:
            return self._door(request, error)
        reply = RedirectResponse(PATH, status_code=303)
        name = self._sessions.begin(account)
        reply.set_cookie(COOKIE, name, httponly=True, samesite="strict", path=PATH)
        return reply

    async def answer(self, request: Request) -> Response:
        """Keep one answer; where the session has ended, ask to sign in again."""
        form = await _form(request)
        session = self._owner(request, form)
        if session is not None:
            word, corrected = form.get("answer", ""), "corrected" in form
            if word not in WORDS:
                raise BadInputError(
                    Text("答えを一つ選んでください。", "Choose one of the answers."),
                    Text("前のページに戻ってください。", "Go back to the page before."),
                )
            pair, by = form.get("pair", ""), session.account
            await run_in_threadpool(
                lambda: self._desk.answer(pair, WORDS[word], by, corrected=corrected)
            )
        return RedirectResponse(PATH, status_code=303)

    async def sign_out(self, request: Request) -> Response:
        """End the session."""
        if self._owner(request, await _form(request)) is not None:
            self._sessions.end(request.cookies[COOKIE])
        reply = RedirectResponse(PATH, status_code=303)
        reply.delete_cookie(COOKIE, path=PATH)
        return reply

    def _door(self, request: Request, error: EnishiError | None) -> Response:
        return self._pages.render(
            request,
            "sign_in.html",
            status=200 if error is None else 400,
            sealed=SEALED if self._sealed else None,
            error=error,
            aside=ASIDE,
        )

    def _owner(self, request: Request, form: Mapping[str, str]) -> Session | None:
        """Return the session that a form belongs to, None where it has ended.

        Raises:
            RefusedError: the form is of another session or another site.
        """
        session = self._sessions.find(request.cookies.get(COOKIE, ""))
        if session is not None and not session.owns(form.get("form_token", "")):
            raise _stranger()
        return session


def _page(desk: Desk, session: Session) -> ReviewPage:
    found = desk.sheets()
    waiting = [each for each in found if each.review.answer is Answer.OPEN]
    answered = [each for each in found if each.review.answer is not Answer.OPEN]
    answered.sort(key=lambda each: each.review.answered_at, reverse=True)
    return ReviewPage(
        session.account,
        session.form_token,
        tuple(waiting[:AT_ONCE]),
        len(waiting),
        tuple(answered),
    )


async def _form(request: Request) -> dict[str, str]:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BYTES:
            raise BadInputError(Text("入力が長すぎます。", "The form is too long."))
    fields = parse_qs(body.decode("utf-8", errors="replace"), max_num_fields=20)
    return {name: values[0] for name, values in fields.items()}


def _check_origin(request: Request) -> None:
    """Refuse a form of another site, as far as the browser says so.

    Our pages send no referrer, so a browser calls their origin `null`.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin", "null")
    foreign = origin != "null" and urlsplit(origin).netloc != request.headers.get("host")
    if foreign if site is None else site not in {"same-origin", "none"}:
        raise _stranger()


def _stranger() -> RefusedError:
    return RefusedError(
        Text("この画面から送られた入力ではありません。", "This form was not sent from this page."),
        Text("名寄せの確認のページを開き直してください。", "Open the review page again."),
    )
