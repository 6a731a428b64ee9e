"""Signing in at a node: passphrase and a code that works once."""

from datetime import timedelta
from pathlib import Path

import pytest
from pyotp import TOTP

from nodes.driver.accounts import MOST_FAILURES, Accounts
from privacy.errors import BadInputError, RefusedError
from tests.nodes.federation import Federation, make_federation

PASSPHRASE = "はるのうららのすみだがわ"


@pytest.fixture
def federation(tmp_path: Path) -> Federation:
    return make_federation(tmp_path, city_key=False, slots=False)


@pytest.fixture
def secret(federation: Federation) -> str:
    return Accounts(federation.contexts["school"]).set_passphrase("ssw1", PASSPHRASE)


def _code(federation: Federation, secret: str) -> str:
    return str(TOTP(secret).at(federation.clock.now))


def test_passphrase_and_code_together_sign_in(federation: Federation, secret: str) -> None:
    code = _code(federation, secret)

    signed = Accounts(federation.contexts["school"]).sign_in("ssw1", PASSPHRASE, code)

    assert signed.account == "ssw1"
    assert signed.two_factor


def test_a_code_works_once(federation: Federation, secret: str) -> None:
    accounts, code = Accounts(federation.contexts["school"]), _code(federation, secret)
    accounts.sign_in("ssw1", PASSPHRASE, code)

    with pytest.raises(RefusedError):
        accounts.sign_in("ssw1", PASSPHRASE, code)
    federation.clock.now += timedelta(seconds=60)
    assert accounts.sign_in("ssw1", PASSPHRASE, _code(federation, secret)).two_factor


def test_an_earlier_code_does_not_work_after_a_later_one(
    federation: Federation, secret: str
) -> None:
    accounts, overseen = Accounts(federation.contexts["school"]), _code(federation, secret)
    accounts.sign_in("ssw1", PASSPHRASE, overseen)
    federation.clock.now += timedelta(seconds=30)
    accounts.sign_in("ssw1", PASSPHRASE, _code(federation, secret))

    with pytest.raises(RefusedError):
        accounts.sign_in("ssw1", PASSPHRASE, overseen)


@pytest.mark.parametrize("wrong", ["account", "passphrase", "code"])
def test_what_was_wrong_is_not_said(federation: Federation, secret: str, wrong: str) -> None:
    given = {"account": "ssw1", "passphrase": PASSPHRASE, "code": _code(federation, secret)}
    given[wrong] = "000000-x"

    with pytest.raises(RefusedError) as refused:
        Accounts(federation.contexts["school"]).sign_in(**given)

    assert "passphrase or code" in refused.value.what.en


def test_too_many_failures_stop_an_account(federation: Federation, secret: str) -> None:
    accounts = Accounts(federation.contexts["school"])
    for _ in range(MOST_FAILURES):
        with pytest.raises(RefusedError):
            accounts.sign_in("ssw1", "wrong wrong wrong", "000000")

    with pytest.raises(RefusedError):
        accounts.sign_in("ssw1", PASSPHRASE, _code(federation, secret))


def test_an_unknown_account_or_a_short_passphrase_is_refused(federation: Federation) -> None:
    accounts = Accounts(federation.contexts["school"])

    with pytest.raises(BadInputError):
        accounts.set_passphrase("nobody", PASSPHRASE)
    with pytest.raises(BadInputError):
        accounts.set_passphrase("ssw1", "short")
