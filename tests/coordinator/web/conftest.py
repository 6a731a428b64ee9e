from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from coordinator.config import CoordinatorConfig
from coordinator.store.engine import Database
from coordinator.web.app import coordinator_app
from tests.coordinator.web.filled import NOW


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'coordinator.db'}")
    yield opened
    opened.close()


@pytest.fixture
def client(database: Database) -> TestClient:
    app = coordinator_app(CoordinatorConfig(city="toda"), database, lambda: NOW)
    return TestClient(app, base_url="http://127.0.0.1")
