from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from nodes.store import Store
from nodes.web.app import node_app
from tests.nodes.web.filled import NOW, config


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def client(store: Store, tmp_path: Path) -> TestClient:
    app = node_app(config(tmp_path), store, lambda: NOW)
    return TestClient(app, base_url="http://127.0.0.1")
