"""The node's web application: status, what left, plans, review; for people on this machine."""

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

from nodes.config import NodeConfig
from nodes.store import Store
from nodes.web import words
from nodes.web.plan_page import read_plan
from nodes.web.review import Desk, ReviewPages
from nodes.web.status import purpose_names, read_status
from protos.web.frame import Pages, make_app

HERE = Path(__file__).resolve().parent


def node_app(
    config: NodeConfig, store: Store, clock: Callable[[], datetime], desk: Desk | None = None
) -> Starlette:
    """Return the application of one node; it reads the store and changes nothing by itself.

    *desk*: keeps the answers of clerical review; without one there is no such page.
    """
    facts = {"who_ja": config.name_ja, "who_en": config.name_en, "role": "部署のノード"}
    pages = Pages(HERE, facts)

    async def page(request: Request, template: str) -> Response:
        node = await run_in_threadpool(read_status, config, store, clock())
        names = purpose_names(config)
        return pages.render(request, template, node=node, words=words, purpose=names)

    async def home(request: Request) -> Response:
        return await page(request, "status.html")

    async def sent(request: Request) -> Response:
        return await page(request, "sent.html")

    async def plan(request: Request) -> Response:
        wanted = request.path_params["digest"]
        found = await run_in_threadpool(read_plan, store, config.node, wanted)
        if found is None:
            raise HTTPException(404)
        names = purpose_names(config)
        return pages.render(request, "plan.html", page=found, words=words, purpose=names)

    async def health(_request: Request) -> Response:
        return JSONResponse({"state": "serving"})

    routes = [Route("/", home), Route("/ledger", sent), Route("/health", health)]
    routes.append(Route("/plans/{digest}", plan))
    if desk is not None:
        routes += ReviewPages(pages, desk, sealed=config.sealed, clock=clock).routes()
    return make_app(pages, routes, [config.web.rsplit(":", 1)[0]])
