from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from coordinator.config import CoordinatorConfig
from coordinator.store.engine import Database
from coordinator.store.rounds import RoundStore
from coordinator.web.app import coordinator_app
from privacy.errors import Text
from tests.browser.conftest import Serve, Watch
from tests.coordinator.web.filled import NOW, fill

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def test_the_coordinator_s_pages_in_a_browser(
    browser: BrowserContext, serve: Serve, watch: Watch, tmp_path: Path
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'coordinator.db'}")
    rounds = fill(database)
    page = browser.new_page()
    watch.follow(page)

    with serve(coordinator_app(CoordinatorConfig(city="toda"), database, lambda: NOW)) as home:
        answer = page.goto(home)
        assert answer is not None
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert page.locator("h1").inner_text() == "連合の状態"

        page.get_by_role("link", name="English").click()
        assert page.locator("h1").inner_text() == "State of the federation"
        page.get_by_role("link", name="Linkage quality").click()
        assert page.locator("html").get_attribute("lang") == "en"
        assert page.locator("svg.chart").count() == 6
        page.get_by_role("link", name="Released statistics").click()
        assert page.locator("table.release tbody tr").count() == 4

        page.goto(f"{home}/rounds/{rounds['screen']}")
        assert "has not approved the plan yet" in page.locator("#state").inner_text()
        why = Text("停止中です。", "It does not answer.")
        RoundStore(database).wait(rounds["screen"], {"school": why}, NOW)
        # The page asks for its state again by itself.
        page.get_by_text("It does not answer.").wait_for(timeout=20_000)

        assert watch.hosts == {home.removeprefix("http://")}
        page.close()
    assert watch.complaints == []
    database.close()


def test_the_pages_need_no_script(browser: BrowserContext, serve: Serve, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'coordinator.db'}")
    fill(database)
    page = browser.new_page()
    page.route("**/*.js", lambda route: route.abort())

    with serve(coordinator_app(CoordinatorConfig(city="toda"), database, lambda: NOW)) as home:
        page.goto(home)
        page.get_by_role("link", name="連携の品質").click()
        assert page.locator("h1").inner_text() == "連携の品質"
        page.get_by_role("link", name="連合の状態").click()
        assert page.locator("#state section").count() == 3
        page.close()
    database.close()
