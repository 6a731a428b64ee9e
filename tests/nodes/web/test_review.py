"""The review page: who comes in, what stands there, what a form can do."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from starlette.testclient import TestClient

from nodes.driver.accounts import Accounts
from nodes.driver.context import NodeContext
from nodes.driver.reviewing import Reviewing
from nodes.store import Store
from nodes.store.reviews import NO_DUMMY, StoredReview
from nodes.web.app import node_app
from privacy.linkage.asking import Answer, Kind
from privacy.linkage.likeness import Level, Likeness
from protos.keystore import Keystore
from tests.nodes.federation import approved_governance
from tests.nodes.web.filled import AT, NOW, SECRETS, config, fill

PAIR = "ab" * 16
PASSPHRASE = "a long passphrase"
LIKE = Likeness(Level.PARTLY, Level.AGREE, Level.AGREE, Level.DIFFER, Level.DIFFER)


class Turned:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Desk:
    """A node with one question, two accounts, and a browser at its page."""

    def __init__(self, home: Path, *, sealed: bool = False) -> None:
        approved_governance(home / "governance")
        self.clock = Turned()
        self.store = Store.open(home)
        fill(self.store)
        node = config(home, sealed=sealed)
        self.context = NodeContext(node, self.store, Keystore(home / "keys"), self.clock)
        with self.store.transaction() as tables:
            tables.reviews.add(
                StoredReview(PAIR, "cd" * 32, "row-1", NO_DUMMY, Kind.NUMBER, LIKE, "", AT)
            )
        self.codes: dict[str, pyotp.TOTP] = {}
        self.app = node_app(node, self.store, self.clock, Reviewing(self.context))
        self.browser = TestClient(self.app, base_url="http://127.0.0.1")

    def code(self, account: str = "operator1") -> str:
        """Return the account's one-time code of this moment; the account is made if need be."""
        if account not in self.codes:
            secret = Accounts(self.context).set_passphrase(account, PASSPHRASE)
            self.codes[account] = pyotp.TOTP(secret)
        return str(self.codes[account].at(self.clock.now))

    def sign_in(self, who: str = "operator1", **change: str) -> str:
        """Sign in and return the page that follows."""
        form = {"account": who, "passphrase": PASSPHRASE, "code": self.code(who)}
        return str(self.browser.post("/review/sign-in", data=form | change).text)

    def token(self) -> str:
        """Return the form token of the page."""
        found = re.search(r'name="form_token" value="([^"]+)"', self.browser.get("/review").text)
        assert found
        return found.group(1)

    def stored(self) -> StoredReview:
        with self.store.reading() as tables:
            return tables.reviews.all()[0]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.store.close()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_nobody_sees_a_row_before_signing_in(desk: Desk, language: str) -> None:
    page = desk.browser.get("/review", params={"lang": language}).text

    assert not [secret for secret in SECRETS if secret in page]
    assert f'<html lang="{language}">' in page


def test_an_operator_sees_the_own_row_and_answers(desk: Desk) -> None:
    page = desk.sign_in()

    assert "佐藤 花子" in page
    assert "2015-04-02" in page
    assert "違う(少なくとも一部)" in page
    assert "宛名番号の食い違い" in page
    form = {"form_token": desk.token(), "pair": PAIR, "answer": "same", "corrected": "1"}
    after = desk.browser.post("/review/answer", data=form).text
    stored = desk.stored()
    assert (stored.answer, stored.corrected, stored.answered_by) == (
        Answer.SAME,
        True,
        "operator1",
    )
    assert "答えを待つ組はありません" in after
    assert "佐藤" not in after


def test_an_answer_can_be_given_again(desk: Desk) -> None:
    desk.sign_in()
    for answer in ("same", "different"):
        form = {"form_token": desk.token(), "pair": PAIR, "answer": answer}
        assert desk.browser.post("/review/answer", data=form).status_code == 200

    assert desk.stored().answer is Answer.DIFFERENT


@pytest.mark.parametrize(
    ("account", "change"),
    [
        ("operator1", {"code": "000000"}),
        ("operator1", {"account": "nobody"}),
        ("ssw1", {}),
    ],
)
def test_a_wrong_secret_or_role_stays_outside(
    desk: Desk, account: str, change: dict[str, str]
) -> None:
    page = desk.sign_in(account, **change)

    assert "佐藤" not in page
    assert 'role="alert"' in page
    assert 'name="passphrase"' in desk.browser.get("/review").text


def test_a_form_of_another_page_changes_nothing(desk: Desk) -> None:
    desk.sign_in()
    form = {"pair": PAIR, "answer": "same"}

    for token in ({"form_token": "x"}, {}):
        assert desk.browser.post("/review/answer", data=form | token).status_code == 400
    assert desk.stored().answer is Answer.OPEN


@pytest.mark.parametrize(
    ("headers", "inside"),
    [
        ({"origin": "http://elsewhere"}, False),
        ({"origin": "null", "sec-fetch-site": "cross-site"}, False),
        ({"origin": "null", "sec-fetch-site": "same-origin"}, True),
    ],
)
def test_another_site_cannot_sign_anybody_in(
    desk: Desk, headers: dict[str, str], inside: bool
) -> None:
    desk.browser.headers.update(headers)

    assert ("佐藤" in desk.sign_in()) is inside


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"pair": "ff" * 16, "answer": "same"}, "ff" * 16),
        ({"pair": PAIR}, "答えを一つ"),
        ({"pair": "<script>", "answer": "same"}, "組 ?"),
    ],
)
def test_wrong_input_is_refused_in_words(desk: Desk, form: dict[str, str], said: str) -> None:
    desk.sign_in()

    answer = desk.browser.post("/review/answer", data={"form_token": desk.token()} | form)

    assert answer.status_code == 400
    assert said in answer.text
    assert desk.stored().answer is Answer.OPEN


def test_a_form_that_is_too_long_is_refused(desk: Desk) -> None:
    assert desk.browser.post("/review/answer", content=b"a=" + b"x" * 20_000).status_code == 400


def test_a_session_ends_by_itself_and_by_word(desk: Desk) -> None:
    desk.sign_in()
    form = {"form_token": desk.token(), "pair": PAIR, "answer": "same"}
    desk.clock.now += timedelta(minutes=16)

    assert "佐藤" not in desk.browser.get("/review").text
    desk.browser.post("/review/answer", data=form)
    assert desk.stored().answer is Answer.OPEN
    assert "佐藤" in desk.sign_in()
    desk.browser.post("/review/sign-out", data={"form_token": desk.token()})
    assert "佐藤" not in desk.browser.get("/review").text


def test_the_first_page_counts_what_waits_and_names_nobody(desk: Desk) -> None:
    page = desk.browser.get("/").text

    assert "名寄せの確認を待つ組があります" in page
    assert not [secret for secret in SECRETS if secret in page]


def test_a_sealed_department_s_page_says_why_there_is_nothing(tmp_path: Path) -> None:
    made = Desk(tmp_path, sealed=True)

    page = made.browser.get("/review?lang=en").text

    assert "A sealed department does not review" in page
    assert 'name="passphrase"' not in page
    made.store.close()
