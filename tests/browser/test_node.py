from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from nodes.store import Store
from nodes.web.app import node_app
from privacy.linkage.asking import Answer
from tests.browser.conftest import Serve, Watch
from tests.nodes.web.filled import NOW, SECRETS, config, fill
from tests.nodes.web.test_review import PASSPHRASE, Desk

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


def test_clerical_review_in_a_browser(
    browser: BrowserContext, serve: Serve, watch: Watch, tmp_path: Path
) -> None:
    (tmp_path / "node").mkdir()
    desk = Desk(tmp_path / "node")
    page = browser.new_page()
    watch.follow(page)

    with serve(desk.app) as home:
        page.goto(f"{home}/review")
        assert "花子" not in page.locator("body").inner_text()
        page.get_by_label("職員番号").fill("operator1")
        page.get_by_label("合言葉").fill(PASSPHRASE)
        page.get_by_label("確認コード").fill(desk.code())
        page.get_by_role("button", name="入る").click()

        assert "佐藤 花子" in page.locator("section.pair").inner_text()
        assert "違う" in page.locator("section.pair").inner_text()
        page.get_by_label("判断できない").check()
        page.get_by_role("button", name="この答えを残す").click()
        assert page.locator("section.pair").count() == 0
        assert desk.stored().answer is Answer.UNSURE

        page.get_by_role("link", name="English").click()
        assert page.locator("h1").inner_text() == "Review of links"
        page.get_by_role("button", name="Sign out").click()
        assert page.get_by_label("Passphrase").count() == 1
        assert watch.hosts == {home.removeprefix("http://")}
        page.close()
    assert watch.complaints == []
    desk.store.close()
