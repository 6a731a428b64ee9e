"""A node in a link round with block labels: padded blocks, the same bytes again, sealed too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nodes.driver.linking import POOL, Linking
from nodes.driver.plans import Decision, Plans
from nodes.driver.slots import encoder_of
from nodes.epoch_rows import DUMMY
from nodes.padding import dummy_labels, forget_padding, pad
from nodes.plan_words import plan_words
from privacy.encoding.batch import Batch
from privacy.encoding.known_answer import compare
from privacy.encoding.schema import default_schema
from privacy.linkage.conditions import Conditions, Missing
from privacy.plan import Plan, PlanKind
from tests.nodes.federation import CHILDREN, NODES, Federation, make_federation

SCHEMA = default_schema(labels=True)
CONDITIONS = Conditions(population=1024)
BLOCKS = 1 << CONDITIONS.bits
STEP = 4


@pytest.fixture
def federation(tmp_path: Path) -> Federation:
    made = make_federation(tmp_path, slots=False)
    for name, context in made.contexts.items():
        policy = replace(context.config.policy, labels_above=1000, block_padding=STEP)
        made.contexts[name] = replace(context, config=replace(context.config, policy=policy))
    return made


def labelled_plan(federation: Federation, conditions: Conditions = CONDITIONS) -> Plan:
    return federation.plan(
        PlanKind.LINK, schema_digest=SCHEMA.digest, definition=conditions.canonical()
    )


def sizes(batch: Batch, name: str = "first") -> np.ndarray:
    return np.bincount(batch.labels[name].astype(np.int64), minlength=BLOCKS + 1)[1:]


def test_rows_leave_in_padded_blocks(federation: Federation) -> None:
    plan = labelled_plan(federation)
    federation.approve(plan)
    context = federation.contexts["school"]

    batch = Linking(context).encodings(plan.digest, SCHEMA.digest, "first", []).batch

    with context.store.reading() as tables:
        rows = tables.epochs.rows(plan.digest.hex())
    assert rows is not None
    fake = rows.records == DUMMY
    assert batch.rows == CHILDREN + fake.sum()
    assert int(batch.labels["first"].max()) <= BLOCKS
    assert (sizes(batch) % STEP == 0).all()
    real = np.bincount(batch.labels["first"][~fake].astype(np.int64), minlength=BLOCKS + 1)[1:]
    assert (sizes(batch) > real).all()
    assert batch.labels["first"][fake].all()
    assert all(codes[fake].any() for codes in batch.views.values())


def test_the_same_request_gets_the_same_labels_and_later_passes_have_their_own(
    federation: Federation,
) -> None:
    plan = labelled_plan(federation)
    federation.approve(plan)
    linking = Linking(federation.contexts["school"])

    first = linking.encodings(plan.digest, SCHEMA.digest, "first", [])
    again = linking.encodings(plan.digest, SCHEMA.digest, "first", [])
    later = linking.encodings(plan.digest, SCHEMA.digest, "kana", first.handles[:40].tolist())
    pool = linking.dummies(plan.digest, SCHEMA.digest, ("first", "kana"), 8)

    assert np.array_equal(first.batch.labels["first"], again.batch.labels["first"])
    assert set(later.batch.labels) == {"kana"}
    assert 0 < int(later.batch.labels["kana"].max()) <= BLOCKS
    assert set(pool.labels) == {"first", "kana"}
    assert pool.rows == 8 < POOL


def test_blocks_of_one_birth_date_agree_over_departments(federation: Federation) -> None:
    plan = labelled_plan(federation)
    federation.approve(plan)
    answers = {
        n: Linking(c).answer_known_people(plan.digest) for n, c in federation.contexts.items()
    }
    compare(answers)
    assert any(name == "label/first" for name, _ in answers["school"].digests)

    found = []
    for node in NODES[:2]:
        batch = (
            Linking(federation.contexts[node])
            .encodings(plan.digest, SCHEMA.digest, "first", [])
            .batch
        )
        by_token = {t.tobytes(): int(b) for t, b in zip(batch.tokens["T1"], batch.labels["first"],
                                                        strict=True) if t.any()}  # fmt: skip
        found.append(by_token)
    shared = found[0].keys() & found[1].keys()
    assert len(shared) > 50
    assert all(found[0][token] == found[1][token] for token in shared)


def test_a_later_round_of_the_epoch_only_adds_dummies(federation: Federation) -> None:
    plan, context = labelled_plan(federation), federation.contexts["school"]
    encoder, secret = encoder_of(context, plan), bytes(32)
    with context.store.transaction() as tables:
        persons = tables.records.persons()
        some = pad(tables, plan, encoder, persons[:90], secret, context.config.policy, "now")
        more = pad(tables, plan, encoder, persons, secret, context.config.policy, "now")
        finer = labelled_plan(federation, Conditions(population=4096))
        split = pad(tables, finer, encoder, persons, secret, context.config.policy, "now")
        forget_padding(tables, plan.link_epoch)
        assert len(dummy_labels(tables, plan)) == 0

    assert more[: len(some)].tolist() == some.tolist()
    assert split[: len(more)].tolist() == more.tolist()


def test_labels_for_a_small_population_are_refused_with_the_rule(federation: Federation) -> None:
    plan = labelled_plan(federation, Conditions(population=1000))
    signature = plan.sign(federation.coordinator)

    review = Plans(federation.contexts["school"]).review(plan, "coordinator", signature)

    assert review.decision is Decision.REFUSED
    assert review.error is not None
    assert "[labels]" in review.error.what.en
    assert "labels_above" in review.error.fix.ja


def test_the_operator_reads_that_rows_say_their_block_and_that_the_round_goes_on(
    federation: Federation,
) -> None:
    conditions = Conditions(population=400_000, missing=Missing.GO_ON, least=4)

    said = " ".join(text.en for text in plan_words(labelled_plan(federation, conditions)))
    plain = " ".join(text.en for text in plan_words(federation.plan(PlanKind.LINK)))

    assert "400,000 people" in said
    assert "1,024 blocks" in said
    assert "4 or more remain" in said
    assert "block" not in plain
    assert "left out" not in plain
