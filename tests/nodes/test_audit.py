"""The node's log: exported, verified by another member, and every change to it is found."""

from dataclasses import replace
from pathlib import Path

import pytest

from nodes.driver.audit import Heads
from nodes.wire import log_bytes, log_from_bytes
from privacy.audit import AuditBrokenError, EntryKind, SignedHead
from privacy.errors import BadInputError, EnishiError, ProtocolError
from tests.nodes.federation import Federation, make_federation


@pytest.fixture
def federation(tmp_path: Path) -> Federation:
    return make_federation(tmp_path)


def test_another_member_verifies_an_exported_log(federation: Federation) -> None:
    body = Heads(federation.contexts["school"]).export()

    head = Heads(federation.contexts["survey"]).verify_file(body)

    assert head.log == "school"
    assert head.number == Heads(federation.contexts["school"]).verify().number


@pytest.mark.parametrize("change", ["drop", "cut", "swap"])
def test_a_changed_log_is_found(federation: Federation, change: str) -> None:
    lines, heads = log_from_bytes(Heads(federation.contexts["school"]).export())
    changed = {
        "drop": lines[:1] + lines[2:],
        "cut": lines[:-1],
        "swap": [lines[1], lines[0], *lines[2:]],
    }[change]

    with pytest.raises(AuditBrokenError):
        Heads(federation.contexts["survey"]).verify_file(log_bytes(changed, heads))


def test_a_head_that_was_countersigned_outlives_a_rewritten_log(federation: Federation) -> None:
    school, survey = (Heads(federation.contexts[node]) for node in ("school", "survey"))
    survey.countersign([school.own()])
    lines, _ = log_from_bytes(school.export())

    with pytest.raises(AuditBrokenError):
        survey.verify_file(log_bytes(lines[:-1], []))


def test_a_shorter_log_is_not_countersigned(federation: Federation) -> None:
    school, survey = (Heads(federation.contexts[node]) for node in ("school", "survey"))
    first = school.own()
    with federation.contexts["school"].store.transaction() as tables:
        federation.contexts["school"].log(tables, EntryKind.CHANGED, "more")
    survey.countersign([school.own()])

    with pytest.raises(ProtocolError, match="shorter"):
        survey.countersign([first])


def test_a_log_of_the_same_length_that_was_rewritten_is_not_countersigned(
    federation: Federation,
) -> None:
    school, survey = (Heads(federation.contexts[node]) for node in ("school", "survey"))
    first = school.own()
    survey.countersign([first])
    identity = federation.contexts["school"].identity
    other = SignedHead.of(replace(first.head, digest="0" * 64), identity.sign)

    with pytest.raises(ProtocolError, match="rewritten"):
        survey.countersign([other])


@pytest.mark.parametrize("body", [b"", b"\xff\xff\xff", b"no log at all"])
def test_another_file_is_refused(federation: Federation, body: bytes) -> None:
    with pytest.raises(EnishiError) as refused:
        Heads(federation.contexts["survey"]).verify_file(body)

    assert isinstance(refused.value, BadInputError | ProtocolError)
