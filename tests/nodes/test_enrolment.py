"""The roster and the city key at the nodes: everyone's word, or nothing."""

from pathlib import Path

import pytest

from nodes.driver.context import ROSTER
from nodes.driver.enrolment import Enrolment, current_city_key
from privacy.canonical import canonical_bytes
from privacy.errors import ProtocolError, RefusedError
from privacy.roster import Roster
from protos.keystore import KeyMissingError, Keystore
from tests.nodes.federation import NODES, make_city_key, make_federation


def test_all_nodes_hold_the_same_city_key_and_destroy_their_contributions(tmp_path: Path) -> None:
    federation = make_federation(tmp_path)

    keys = {current_city_key(context).secret for context in federation.contexts.values()}

    assert len(keys) == 1
    for context in federation.contexts.values():
        assert context.keys.names("contribution") == []
        assert context.keys.names("pending") == []


def test_a_changed_share_stops_the_city_key(tmp_path: Path) -> None:
    federation = make_federation(tmp_path, city_key=False, slots=False)
    digest = federation.roster.digest
    nodes = {node: Enrolment(context) for node, context in federation.contexts.items()}
    commitments = {node: one.commit(digest) for node, one in nodes.items()}
    shares = {
        s: one.contributions(digest, commitments)["school"]
        for s, one in nodes.items()
        if s != "school"
    }
    shares["survey"] = shares["survey"][:-1] + bytes([shares["survey"][-1] ^ 1])

    with pytest.raises(ProtocolError):
        nodes["school"].receive(digest, shares)


def test_a_missing_confirmation_stops_the_city_key(tmp_path: Path) -> None:
    federation = make_federation(tmp_path, city_key=False, slots=False)
    context = federation.contexts["school"]

    with pytest.raises(KeyMissingError):
        Enrolment(context).confirm(federation.roster.digest, {})
    with pytest.raises(RefusedError):
        current_city_key(context)


def test_other_commitments_after_the_first_are_refused(tmp_path: Path) -> None:
    federation = make_federation(tmp_path, city_key=False, slots=False)
    digest = federation.roster.digest
    nodes = {node: Enrolment(context) for node, context in federation.contexts.items()}
    commitments = {node: one.commit(digest) for node, one in nodes.items()}
    nodes["school"].contributions(digest, commitments)

    with pytest.raises(ProtocolError, match="commitments"):
        nodes["school"].contributions(digest, commitments | {"survey": b"x" * 32})


def test_a_repeated_step_sends_the_same_bytes(tmp_path: Path) -> None:
    federation = make_federation(tmp_path, city_key=False, slots=False)
    digest = federation.roster.digest
    nodes = {node: Enrolment(context) for node, context in federation.contexts.items()}
    commitments = {node: one.commit(digest) for node, one in nodes.items()}

    first = nodes["school"].contributions(digest, commitments)

    assert nodes["school"].contributions(digest, commitments) == first
    assert commitments == {node: one.commit(digest) for node, one in nodes.items()}


def test_making_the_key_again_after_it_stands_changes_nothing(tmp_path: Path) -> None:
    federation = make_federation(tmp_path)
    before = current_city_key(federation.contexts[NODES[0]]).secret

    Enrolment(federation.contexts[NODES[0]]).confirm(federation.roster.digest, {})

    assert current_city_key(federation.contexts[NODES[0]]).secret == before


def test_a_roster_with_another_key_for_this_node_is_refused(tmp_path: Path) -> None:
    federation = make_federation(tmp_path / "a", city_key=False, slots=False)
    foreign = make_federation(tmp_path / "b", city_key=False, slots=False)

    with pytest.raises(RefusedError):
        Enrolment(federation.contexts["school"]).propose(foreign.roster)


def test_a_roster_that_was_not_signed_here_is_not_taken(tmp_path: Path) -> None:
    federation = make_federation(tmp_path, city_key=False, slots=False)

    with pytest.raises(ProtocolError, match="Not all have signed"):
        Enrolment(federation.contexts["school"]).accept(federation.roster, {})


def test_an_older_roster_that_all_once_signed_does_not_come_back(tmp_path: Path) -> None:
    federation = make_federation(tmp_path)
    context, old = federation.contexts["school"], federation.roster
    newer = Roster(old.city, old.city_epoch + 1, old.members)
    with context.store.transaction() as tables:
        tables.documents.put(ROSTER, context.stamp(), canonical_bytes(newer.to_json()))

    with pytest.raises(RefusedError, match="no newer"):
        Enrolment(context).propose(old)


def test_a_new_roster_does_not_run_on_the_city_key_of_the_old_one(tmp_path: Path) -> None:
    federation = make_federation(tmp_path)
    context, old = federation.contexts["school"], federation.roster
    newer = Roster(old.city, old.city_epoch + 1, old.members)
    with context.store.transaction() as tables:
        tables.documents.put(ROSTER, context.stamp(), canonical_bytes(newer.to_json()))

    with pytest.raises(RefusedError, match="no city key"):
        current_city_key(context)


def test_old_city_keys_are_gone_before_the_step_could_seem_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    federation = make_federation(tmp_path, city_key=False, slots=False)
    for context in federation.contexts.values():
        context.keys.write("city/0", b"o" * 32)
    destroy = Keystore.destroy

    def killed(self: Keystore, name: str) -> None:
        if name.startswith("pending/"):
            raise KeyboardInterrupt
        destroy(self, name)

    monkeypatch.setattr(Keystore, "destroy", killed)
    with pytest.raises(KeyboardInterrupt):
        make_city_key(federation)

    # The first node confirmed last of all steps and was killed in its last one.
    assert federation.contexts[NODES[0]].keys.names("city") == ["city/1"]
