"""Members that are not who they should be, or not what the others are: named, and nothing done."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from coordinator.authority import Subject, issue, make_authority
from privacy.errors import EnishiError, RefusedError, UnreachableError
from protos.joining import make_key_and_request
from protos.transport import TlsFiles
from tests.integration.calling import CITY_NAME, address_of, call, service_of, tls_of
from tests.integration.federation import DEALER, Federation, writing
from tests.integration.outcome import left_over
from tests.integration.wrong_encodings import FAULTS

pytestmark = pytest.mark.timeout(180)


def check_bilingual(error: EnishiError) -> None:
    """Check that an error says what is wrong and what to do, in both languages."""
    assert error.what.ja
    assert error.what.en
    assert error.fix.ja
    assert error.fix.en
    assert error.what.ja != error.what.en


def other_authority(federation: Federation) -> TlsFiles:
    """Return files of a 'coordinator' whose certificate another authority has issued."""
    now = dt.datetime.now(dt.UTC)
    authority = make_authority(CITY_NAME, now)
    key, request = make_key_and_request()
    subject = Subject(CITY_NAME, "coordinator", "coordinator", "127.0.0.1")
    folder = federation.stage.folder.path / "stranger"
    folder.mkdir()
    (folder / "tls.key").write_bytes(key)
    (folder / "tls.crt").write_bytes(issue(authority, request, subject, now, 1))
    own = tls_of(federation, "coordinator").authority
    return TlsFiles(folder / "tls.key", folder / "tls.crt", own)


def test_a_certificate_of_another_authority_opens_no_connection(linked: Federation) -> None:
    linked.start("school", DEALER)
    tls = other_authority(linked)
    for member in ("school", DEALER):
        for method in service_of(member).methods:
            with pytest.raises(UnreachableError) as raised:
                call(address_of(linked, member), member, tls, method, [b""])
            check_bilingual(raised.value)
            assert member in raised.value.what.en


@pytest.mark.parametrize("thief", ["survey", DEALER])
def test_another_members_certificate_may_make_no_call(linked: Federation, thief: str) -> None:
    linked.start("school", DEALER)
    for member in ("school", DEALER):
        for method in service_of(member).methods:
            with pytest.raises(RefusedError) as raised:
                call(address_of(linked, member), member, tls_of(linked, thief), method, [b""])
            check_bilingual(raised.value)


def test_another_node_at_a_nodes_address_is_not_believed(linked: Federation) -> None:
    linked.start("school")
    status = next(m for m in service_of("school").methods if m.name == "GetStatus")
    with pytest.raises(UnreachableError) as raised:
        call(address_of(linked, "school"), "survey", tls_of(linked, "coordinator"), status, [b""])
    check_bilingual(raised.value)
    assert "survey" in raised.value.what.en


def test_a_stranger_with_a_forged_join_file_is_not_admitted(founded: Federation) -> None:
    config = ["--config", str(founded.stage.coordinator_config)]
    serving = founded.processes.begin("coordinator", ["coordinator", "serve", *config])
    founded.processes.ready(serving)
    join = json.loads((founded.coordinator / "school.join.json").read_text(encoding="utf-8"))
    for changed in ({"code": "A" * len(join["code"])}, {"member": "stranger"}, {}):
        forged = founded.stage.folder.path / "forged.join.json"
        forged.write_text(json.dumps(join | changed), encoding="utf-8")
        home = founded.stage.folder.path / "stranger-node"
        child = founded.processes.begin(
            "stranger", ["node", "init", str(home), "--join", str(forged), "--json"]
        )
        assert founded.wait(child) == 1, founded.said(child)
        problem = json.loads(child.log.read_text(encoding="utf-8"))
        assert problem["what"]["ja"]
        assert problem["fix"]["en"]
        assert not (home / "node.toml").exists()


def test_a_member_that_the_registry_does_not_know_is_named(linked: Federation) -> None:
    linked.start()
    with writing(linked.coordinator / "coordinator.db") as database:
        database.execute("UPDATE members SET state = 'revoked' WHERE id = 'survey'")
    child = linked.coordinator_verb(*linked.round_arguments("link"))
    assert linked.wait(child) in {1, 2}, linked.said(child)
    assert "survey" in linked.said(child)
    assert left_over(linked) == []


def test_a_node_with_another_city_key_is_named_before_any_encoding(linked: Federation) -> None:
    (key,) = (linked.seat("survey").folder / "keys" / "city").iterdir()
    body = bytearray(key.read_bytes())
    body[-1] ^= 1
    key.write_bytes(bytes(body))
    linked.start()
    child = linked.coordinator_verb(*linked.round_arguments("link"))
    assert linked.wait(child) == 1, linked.said(child)
    newest = linked.newest_round()
    assert newest["state"] == "failed"
    assert "survey" in newest["reason_en"]
    assert "key" in newest["reason_en"]
    assert "survey" in newest["reason_ja"]
    nothing_left(linked)


def test_a_node_of_another_schema_is_named_before_any_encoding(linked: Federation) -> None:
    linked.start(kills={"survey": "schema:another"})
    child = linked.coordinator_verb(*linked.round_arguments("link"))
    assert linked.wait(child) == 1, linked.said(child)
    newest = linked.newest_round()
    assert newest["state"] in {"failed", "refused"}
    assert "survey" in newest["reason_en"]
    assert "schema" in newest["reason_en"]
    nothing_left(linked)


def test_every_kind_of_wrong_encodings_is_refused_by_name_and_a_sound_round_follows(
    linked: Federation,
) -> None:
    linked.start(kills={"survey": "encodings:wrong"})
    for said, _ in FAULTS:
        child = linked.coordinator_verb(*linked.round_arguments("link"))
        assert linked.wait(child) == 1, said
        newest = linked.newest_round()
        assert newest["state"] == "failed"
        assert "survey" in newest["reason_en"]
        assert said in newest["reason_en"] or said == "wrong length"
        assert left_over(linked) == []
    child = linked.coordinator_verb(*linked.round_arguments("link"))
    assert linked.wait(child) == 0, linked.said(child)


def test_a_round_goes_on_without_a_wrong_node_where_the_plan_says_so(linked: Federation) -> None:
    config = linked.coordinator / "coordinator.toml"
    config.write_text(config.read_text("utf-8") + 'missing = "go-on"\n', "utf-8")
    linked.start(kills={"survey": "encodings:wrong"})

    child = linked.coordinator_verb(*linked.round_arguments("link"))

    assert linked.wait(child) == 0, linked.said(child)
    assert "survey" in linked.said(child)
    assert linked.newest_round()["state"] == "done"
    for node in linked.nodes:
        versions = linked.rows(
            linked.seat(node).database,
            "SELECT version, length(slots) FROM slot_tables ORDER BY version DESC LIMIT 1",
        )
        assert versions[0][0] == 2
        assert (versions[0][1] == 0) == (node == "survey")
    status = linked.processes.begin(
        "survey", ["node", "status", "--config", str(linked.seat("survey").config), "--json"]
    )
    assert linked.wait(status) == 0
    assert json.loads(linked.said(status))["left_out"]
    # It has no row in the table, and so takes part in what follows with nothing.
    screening = linked.coordinator_verb(*linked.round_arguments("screen"))
    assert linked.wait(screening) == 0, linked.said(screening)


def nothing_left(federation: Federation) -> None:
    """Check that no encoding of the newest round left an open node, and no table changed."""
    assert left_over(federation) == []
    plan = federation.rows(
        federation.coordinator / "coordinator.db",
        "SELECT id FROM rounds ORDER BY created DESC",
    )[0][0]
    for node in federation.nodes:
        path = federation.seat(node).database
        sent = federation.rows(
            path, "SELECT step FROM sent WHERE step LIKE 'encodings%' AND plan_digest = ?", (plan,)
        )
        assert sent == [], node
        assert federation.rows(path, "SELECT max(version) FROM slot_tables") == [(1,)]
