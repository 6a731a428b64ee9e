"""The gate before a link round: nobody is asked about a schema that has stood no self-test."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from coordinator.epoch_plans import link_schema
from coordinator.process import CoordinatorProcess
from coordinator.self_tests import self_test_of
from coordinator.verbs.status import _self_test
from privacy.encoding.schema import default_schema
from privacy.errors import BadInputError, RefusedError
from tests.self_tests import record

SCHEMA = default_schema()


def _put(process: CoordinatorProcess, text: str) -> None:
    (process.config.home / "self_test.json").write_text(text, "utf-8")


def test_block_labels_have_a_report_of_their_own(process: CoordinatorProcess) -> None:
    labelled = default_schema(labels=True)
    assert self_test_of(process, labelled, None) == record(labelled)


def test_the_file_beside_the_settings_is_taken(process: CoordinatorProcess) -> None:
    assert self_test_of(process, link_schema(process.config), None) == record()
    good, said = _self_test(process)
    assert good
    assert "gave away 0.50% at most" in said.en


@pytest.mark.parametrize(
    "wrong",
    [
        record(right=60),
        record(default_schema(labels=True)),
        replace(record(), made=record().made - timedelta(days=1200)),
        replace(record(), report=replace(record().report, controls=())),
    ],
    ids=["share", "schema", "age", "controls"],
)
def test_a_report_that_does_not_pass_is_refused_and_the_doctor_says_so(
    process: CoordinatorProcess, wrong: object
) -> None:
    _put(process, wrong.to_text())  # type: ignore[attr-defined]
    with pytest.raises(RefusedError):
        self_test_of(process, SCHEMA, None)
    good, said = _self_test(process)
    assert not good
    assert "self" in said.en.lower()


def test_a_file_that_is_no_report_is_bad_input(process: CoordinatorProcess) -> None:
    _put(process, "{}")
    with pytest.raises(BadInputError, match="report is wrong"):
        self_test_of(process, SCHEMA, None)
