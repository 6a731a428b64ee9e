"""The coordinator's web application: reads the store, changes nothing, shows no person.

Every page works without JavaScript; where there is some, the part with the states asks
for itself again every five seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from coordinator.config import CoordinatorConfig
from coordinator.errors import UnknownRoundError
from coordinator.store.engine import Database
from coordinator.web import words
from coordinator.web.explained import draw
from coordinator.web.households import rule_words
from coordinator.web.quality import read_linkage
from coordinator.web.releases import read_releases
from coordinator.web.shares import dimension_words, label_words
from coordinator.web.status import read_home, read_round
from protos.web.frame import Pages, make_app

HERE = Path(__file__).resolve().parent


def coordinator_app(
    config: CoordinatorConfig, store: Database, clock: Callable[[], datetime]
) -> Starlette:
    """Return the application of a coordinator; it reads *store* and changes nothing.

    Args:
        config: Names and the address that is answered.
        store: The coordinator's database.
        clock: The time, shown as the moment of the page.
    """
    facts = {"who_ja": config.name_ja, "who_en": config.name_en, "role": "連合の統括"}
    pages = Pages(HERE, facts)

    async def home(request: Request) -> Response:
        state = await run_in_threadpool(read_home, store)
        return pages.render(request, "home.html", home=state, words=words, now=clock().isoformat())

    async def one_round(request: Request) -> Response:
        wanted = request.path_params["round_id"]
        try:
            page = await run_in_threadpool(read_round, store, config, wanted)
        except UnknownRoundError as error:
            raise HTTPException(404) from error
        return pages.render(request, "round.html", page=page, words=words, now=clock().isoformat())

    async def linkage(request: Request) -> Response:
        wanted = request.path_params.get("round_id")
        try:
            page = await run_in_threadpool(read_linkage, store, wanted)
        except UnknownRoundError as error:
            raise HTTPException(404) from error
        return pages.render(
            request, "linkage.html", page=page, draw_pair=draw, rule_words=rule_words
        )

    async def releases(request: Request) -> Response:
        tables = await run_in_threadpool(read_releases, store)
        return pages.render(
            request, "releases.html", tables=tables, named=dimension_words, labelled=label_words
        )

    async def health(_request: Request) -> Response:
        return JSONResponse({"state": "serving"})

    routes = [
        Route("/", home),
        Route("/rounds/{round_id}", one_round),
        Route("/linkage", linkage),
        Route("/linkage/{round_id}", linkage),
        Route("/releases", releases),
        Route("/health", health),
    ]
    return make_app(pages, routes, [config.web.rsplit(":", 1)[0]])
