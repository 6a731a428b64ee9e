"""Build a service's web application: routes in, a Starlette app with our rules out.

No request leaves the machine (`default-src 'self'`), no page needs JavaScript, no
answer is cached by a shared computer, and only the configured host names are answered.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import jinja2
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from privacy.errors import EnishiError
from protos.web.language import COOKIE, Translator, language_of, pick

HERE = Path(__file__).resolve().parent
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_JAPAN = timezone(timedelta(hours=9))
_ERAS = ((date(2019, 5, 1), "令和"), (date(1989, 1, 8), "平成"), (date(1926, 12, 25), "昭和"))


def era_date(value: str | date | datetime, language: str = "ja") -> str:
    """Return a date as 令和8年7月5日, or as ISO in English; with the time if there is one.

    A time with a zone is shown in Japan's.
    """
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        moment = moment.astimezone(_JAPAN)
    clock = f" {moment:%H:%M}" if isinstance(moment, datetime) and "T" in str(value) else ""
    day = moment.date() if isinstance(moment, datetime) else moment
    if language != "ja":
        return f"{day.isoformat()}{clock}"
    for start, name in _ERAS:
        if day >= start:
            year = day.year - start.year + 1
            return f"{name}{'元' if year == 1 else year}年{day.month}月{day.day}日{clock}"
    return f"{day.isoformat()}{clock}"


class Pages:
    """Renders the templates of one service inside the shared layout."""

    def __init__(self, folder: Path, facts: Mapping[str, str]) -> None:
        """Use *folder*`/templates` and *folder*`/locale/en.po`; *facts* stand on every page."""
        self._translator = Translator([folder / "locale" / "en.po", HERE / "locale" / "en.po"])
        loader = jinja2.FileSystemLoader([folder / "templates", HERE / "templates"])
        self._environment = jinja2.Environment(
            loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
        )
        self._facts = dict(facts)

    def render(
        self, request: Request, template: str, *, status: int = 200, **values: object
    ) -> Response:
        """Return *template* as a page in the request's language."""
        language = language_of(request)
        page = self._environment.get_template(template).render(
            **self._facts,
            **values,
            _=lambda text: self._translator.text(text, language),
            era_date=lambda value: era_date(value, language),
            pick=lambda text: pick(text, language),
            language=language,
            path=request.url.path,
        )
        response = HTMLResponse(page, status_code=status)
        if request.query_params.get("lang") in {"ja", "en"}:
            response.set_cookie(COOKIE, language, httponly=True, samesite="strict")
        return response


class _Headers(BaseHTTPMiddleware):
    async def dispatch(
        self, request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        response = await call_next(request)
        response.headers.update(_HEADERS)
        return response


def make_app(pages: Pages, routes: Sequence[BaseRoute], hosts: Sequence[str]) -> Starlette:
    """Return the application for *routes*, answering only to *hosts*.

    Errors of ours become a page that says what and what to do; any other becomes a
    page that says where the log is, without a value.
    """

    async def refused(request: Request, error: Exception) -> Response:
        return pages.render(request, "error.html", status=400, error=error)

    async def missing(request: Request, _error: Exception) -> Response:
        return pages.render(request, "error.html", status=404, error=None)

    return Starlette(
        routes=[*routes, Mount("/static", StaticFiles(directory=HERE / "static"), name="static")],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=[*hosts, "127.0.0.1", "localhost"]),
            Middleware(_Headers),
        ],
        exception_handlers={EnishiError: refused, 404: missing},
    )
