from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from nodes.store import Store
from nodes.web.app import node_app
from tests.browser.conftest import Serve, Watch
from tests.nodes.web.filled import NOW, SECRETS, config, fill

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def test_the_node_s_pages_in_a_browser(
    browser: BrowserContext, serve: Serve, watch: Watch, tmp_path: Path
) -> None:
    store = Store.open(tmp_path)
    fill(store)
    page = browser.new_page()
    watch.follow(page)

    with serve(node_app(config(tmp_path), store, lambda: NOW)) as home:
        answer = page.goto(home)
        assert answer is not None
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert page.locator("h1").inner_text() == "ノードの状態"
        shown = page.locator("main").inner_text()

        page.get_by_role("link", name="English").click()
        assert page.locator("h1").inner_text() == "State of this node"
        page.get_by_role("link", name="What has left").click()
        assert page.locator("h1").inner_text() == "What has left"
        assert page.locator("tbody tr").count() == 10

        assert not [secret for secret in SECRETS if secret in shown]
        assert watch.hosts == {home.removeprefix("http://")}
        page.close()
    assert watch.complaints == []
    store.close()
