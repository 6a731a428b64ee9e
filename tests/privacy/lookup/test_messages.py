"""A message of another length, range, run, sender or turn is refused; a retry is not."""

import secrets
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.errors import BadInputError, ProtocolError, RefusedError
from privacy.lookup.combine import listed_positions
from privacy.lookup.dealing import Seeds, deal_histogram, deal_lookup
from privacy.lookup.digits import Digit, DigitPlan
from privacy.lookup.histogram import HistogramParty
from privacy.lookup.party import LookupParty, snapshot_commitment
from privacy.lookup.run import LookupRun
from privacy.lookup.tables import Table
from privacy.lookup.uses import Uses
from tests.privacy.lookup.parties import (
    a_run,
    a_seeds,
    fixed,
    names,
    pair_keys,
    play_lookup,
)

NODES = names(4)
POSITIONS = 40
PLAN = DigitPlan(tuple(Digit.of(node, node, 2) for node in NODES))
TABLE = Table.of(PLAN, (np.arange(PLAN.size) > 6).astype(np.int64))
RUN = a_run(POSITIONS, NODES)
SEEDS = a_seeds(RUN)
KEYS = pair_keys(NODES)
CORRECTED = RUN.corrected
PLAIN = RUN.peers(CORRECTED)[0]
INPUTS = {
    node: PLAN.pack(node, {node: np.arange(POSITIONS) % (3 + number)}, POSITIONS)
    for number, node in enumerate(NODES)
}


def a_party(node: str, uses: Uses | None = None) -> LookupParty:
    return LookupParty(RUN, TABLE, node, SEEDS.by_node[node], uses)


def said() -> dict[str, bytes]:
    return {node: a_party(node).all_inputs(INPUTS[node]) for node in NODES}


def _cut(sent: dict[str, bytes]) -> None:
    sent[CORRECTED] = sent[CORRECTED][:-2]


def _lengthen(sent: dict[str, bytes]) -> None:
    sent[CORRECTED] += b"\0\0"


def _overflow(sent: dict[str, bytes]) -> None:
    sent[CORRECTED] = b"\xff\xff" + sent[CORRECTED][2:]


def _drop(sent: dict[str, bytes]) -> None:
    del sent[CORRECTED]


def _add(sent: dict[str, bytes]) -> None:
    sent["stranger"] = sent[CORRECTED]


def _own(sent: dict[str, bytes]) -> None:
    sent[PLAIN] = bytes(len(sent[PLAIN]))


@pytest.mark.parametrize("spoil", [_cut, _lengthen, _overflow, _drop, _add, _own])
def test_spoilt_inputs_of_other_nodes_are_refused(
    spoil: Callable[[dict[str, bytes]], None],
) -> None:
    party = a_party(PLAIN)
    sent = said() | {PLAIN: party.all_inputs(INPUTS[PLAIN])}
    spoil(sent)

    with pytest.raises(ProtocolError):
        party.all_answers(sent, KEYS[PLAIN])


@pytest.mark.parametrize(
    "inputs",
    [
        np.zeros(POSITIONS + 1, dtype=np.int64),
        np.full(POSITIONS, TABLE.domain),
        np.full(POSITIONS, -1),
        np.zeros(POSITIONS),
    ],
    ids=["length", "too large", "negative", "floats"],
)
def test_inputs_outside_the_domain_are_refused(
    inputs: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> None:
    with pytest.raises(ProtocolError):
        a_party(PLAIN).all_inputs(inputs)


def test_a_retry_sends_the_same_bytes_and_other_inputs_are_refused() -> None:
    uses = Uses()
    first = a_party(PLAIN, uses).all_inputs(INPUTS[PLAIN])
    restarted = a_party(PLAIN, Uses(uses.claims))

    assert restarted.all_inputs(INPUTS[PLAIN]) == first
    with pytest.raises(ProtocolError):
        restarted.all_inputs(1 - INPUTS[PLAIN] // INPUTS[PLAIN].max())


def test_an_answer_to_other_vectors_under_the_same_mask_is_refused() -> None:
    party = a_party(PLAIN)
    sent = said() | {PLAIN: party.all_inputs(INPUTS[PLAIN])}
    party.all_answers(sent, KEYS[PLAIN])
    other = np.frombuffer(sent[CORRECTED], dtype="<u2") ^ np.uint16(1)

    with pytest.raises(ProtocolError):
        party.all_answers(sent | {CORRECTED: other.tobytes()}, KEYS[PLAIN])


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {node: fixed(node) for node in NODES},
        dict.fromkeys(RUN.peers(PLAIN), fixed("same")),
    ],
    ids=["none", "its own too", "one key for all"],
)
def test_output_masks_need_one_key_for_each_peer(keys: dict[str, bytes]) -> None:
    with pytest.raises(ProtocolError):
        a_party(PLAIN).all_answers(said(), keys)


def test_only_the_corrected_node_takes_a_correction_and_all_of_it() -> None:
    dealt = list(deal_lookup(SEEDS, TABLE))

    with pytest.raises(ProtocolError):
        a_party(PLAIN).all_answers(said(), KEYS[PLAIN], dealt)
    for wrong in ([], [dealt[0][:-1]], [*dealt, dealt[0]]):
        with pytest.raises(ProtocolError):
            a_party(CORRECTED).all_answers(said(), KEYS[CORRECTED], wrong)


def test_seeds_are_one_for_each_node_and_never_shared() -> None:
    one = dict.fromkeys(NODES, fixed("one"))
    with pytest.raises(ProtocolError):
        Seeds(RUN, one)
    with pytest.raises(ProtocolError):
        Seeds(RUN, {NODES[0]: fixed("x")})
    with pytest.raises(BadInputError):
        LookupParty(RUN, TABLE, PLAIN, b"short").all_inputs(INPUTS[PLAIN])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_outputs_that_were_changed_on_the_way_never_pass_for_shorter_or_foreign_ones(
    data: st.DataObject,
) -> None:
    outputs = play_lookup(SEEDS, TABLE, INPUTS, KEYS).outputs
    victim = data.draw(st.sampled_from(NODES))
    match data.draw(st.sampled_from(["cut", "grow", "drop", "rename"])):
        case "cut":
            outputs[victim] = outputs[victim][: data.draw(st.integers(0, 4))]
        case "grow":
            outputs[victim] += data.draw(st.binary(min_size=1, max_size=9))
        case "drop":
            del outputs[victim]
        case _:
            outputs["stranger"] = outputs.pop(victim)
    with pytest.raises(ProtocolError):
        listed_positions(RUN, outputs, cap=POSITIONS)


def test_more_positions_than_the_plan_may_open_are_refused() -> None:
    outputs = play_lookup(SEEDS, TABLE, INPUTS, KEYS).outputs
    found = listed_positions(RUN, outputs, cap=POSITIONS)

    assert found.size > 1
    with pytest.raises(ProtocolError):
        listed_positions(RUN, outputs, cap=int(found.size) - 1)


@pytest.mark.parametrize("changed", [{"transcript": fixed("other")}, {"step": "two"}])
def test_a_share_dealt_for_another_run_or_step_opens_nothing_right(
    changed: dict[str, object],
) -> None:
    # 40 bits agree by chance with probability 1e-12.
    other = replace(RUN, **changed)  # type: ignore[arg-type]  # the fields under test
    party = LookupParty(other, TABLE, PLAIN, SEEDS.by_node[PLAIN])
    assert party.all_inputs(INPUTS[PLAIN]) != said()[PLAIN]


def test_a_layers_shares_and_an_opened_answer_never_trade_places() -> None:
    layer = Table.of(PLAN, np.arange(PLAN.size) % 8, 8)
    party = LookupParty(RUN, layer, PLAIN, SEEDS.by_node[PLAIN])
    with pytest.raises(ProtocolError):
        party.all_answers(said(), KEYS[PLAIN])
    with pytest.raises(ProtocolError):
        a_party(PLAIN).all_shares(said())


def test_two_nodes_need_a_written_acceptance_and_one_is_never_enough() -> None:
    LookupRun(fixed(1), "one", ("a", "b"), 5, accept_two=True)
    with pytest.raises(RefusedError):
        LookupRun(fixed(1), "one", ("a", "b"), 5)
    with pytest.raises(RefusedError):
        LookupRun(fixed(1), "one", ("a",), 5, accept_two=True)


@pytest.mark.parametrize(
    "changed",
    [{"transcript": b"short"}, {"step": ""}, {"positions": 0}, {"nodes": ("a", "b", "b")}],
)
def test_an_unsound_run_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(BadInputError):
        replace(RUN, **changed)  # type: ignore[arg-type]  # the fields under test


def test_a_stranger_has_no_part_in_a_run() -> None:
    with pytest.raises(ProtocolError):
        LookupParty(RUN, TABLE, "stranger", fixed("s"))


def test_a_histogram_takes_every_chunk_once_and_in_order() -> None:
    party = HistogramParty(RUN, 8, PLAIN, SEEDS.by_node[PLAIN])
    none = np.zeros(2, dtype=np.int64)
    with pytest.raises(ProtocolError):
        party.finish(np.array([1, 2]), none, KEYS[PLAIN])
    sent = {
        node: HistogramParty(RUN, 8, node, SEEDS.by_node[node]).mask_inputs(
            0, np.zeros(POSITIONS, dtype=np.int64)
        )
        for node in NODES
    }
    party.add(0, sent, None)
    with pytest.raises(ProtocolError):
        party.add(0, sent, None)
    for cells in ([1, 1], [8, 1], []):
        with pytest.raises(BadInputError):
            party.finish(np.array(cells, dtype=np.int64), none, KEYS[PLAIN])
    with pytest.raises(BadInputError):
        party.finish(np.array([1, 2, 3]), none, KEYS[PLAIN])
    first = party.finish(np.array([1, 2]), none, KEYS[PLAIN])
    assert party.finish(np.array([1, 2]), none, KEYS[PLAIN]) == first
    with pytest.raises(ProtocolError):
        party.finish(np.array([1, 2]), none + 1, KEYS[PLAIN])


def test_a_whole_histogram_needs_whole_vectors_and_no_more_corrections_than_chunks() -> None:
    parties = {n: HistogramParty(RUN, 8, n, SEEDS.by_node[n]) for n in NODES}
    with pytest.raises(ProtocolError):
        parties[PLAIN].all_inputs(np.zeros(POSITIONS - 1, dtype=np.int64))
    sent = {n: p.all_inputs(np.zeros(POSITIONS, dtype=np.int64)) for n, p in parties.items()}
    with pytest.raises(ProtocolError):
        parties[PLAIN].add_all(sent | {CORRECTED: sent[CORRECTED][:-2]})
    dealt = list(deal_histogram(SEEDS, 8))
    with pytest.raises(ProtocolError):
        parties[CORRECTED].add_all(sent, [*dealt, dealt[0]])


def test_drawn_seeds_are_fresh_for_each_node() -> None:
    drawn = [Seeds.draw(RUN, secrets.token_bytes).by_node for _ in range(2)]
    assert len({seed for seeds in drawn for seed in seeds.values()}) == 2 * len(NODES)
    with pytest.raises(ProtocolError):
        Seeds.draw(RUN, bytes)


def test_a_commitment_depends_on_salt_snapshot_and_bytes_sent() -> None:
    digests = {
        snapshot_commitment(fixed(salt), np.array([entry]), sent)
        for salt in (1, 2)
        for entry in (1, 2)
        for sent in (b"a", b"b")
    }
    assert len(digests) == 8
    with pytest.raises(ProtocolError):
        snapshot_commitment(b"short", np.array([1]), b"")
