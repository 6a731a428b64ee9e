"""One federation a session; each test sets it back to the state that it starts from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.federation import FOUNDED, LINKED, Federation
from tests.integration.forking import Nursery


@pytest.fixture(scope="session")
def founded_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federation]:
    """Found the federation: town, enrolment, roster, city key, import, one link round."""
    nursery = Nursery()
    try:
        federation = Federation(tmp_path_factory.mktemp("integration"), nursery)
        federation.found()
        yield federation
        federation.kill_all()
    finally:
        nursery.close()


@pytest.fixture
def founded(founded_once: Federation) -> Iterator[Federation]:
    """Yield the federation after its import, with nothing running."""
    founded_once.restore(FOUNDED)
    yield founded_once
    founded_once.kill_all()


@pytest.fixture
def linked(founded_once: Federation) -> Iterator[Federation]:
    """Yield the federation after its first link round, with nothing running."""
    founded_once.restore(LINKED)
    yield founded_once
    founded_once.kill_all()
