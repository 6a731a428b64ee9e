"""Every allowed step of the two machines works and every other one is refused."""

from __future__ import annotations

import itertools

import pytest

from privacy.governance.state import (
    CASE_STEPS,
    DATASET_STEPS,
    Case,
    CaseState,
    CaseStep,
    Dataset,
    DatasetState,
    Handover,
    StateError,
)


def _step(to: CaseState, **changes: object) -> CaseStep:
    values: dict[str, object] = {
        "by": "ssw1",
        "reason": "reason",
        "own_view": "view",
        "receipt": "R-1",
        "handover": Handover.CASE,
    }
    return CaseStep(to, **{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(("here", "there"), list(itertools.product(DatasetState, DatasetState)))
def test_a_dataset_goes_only_where_the_table_says(here: DatasetState, there: DatasetState) -> None:
    dataset = Dataset("D-07", here, "doc")
    if there in DATASET_STEPS[here]:
        assert dataset.to(there, "doc").state is there
        with pytest.raises(StateError):
            dataset.to(there, " ")
    else:
        with pytest.raises(StateError, match=f"from {here.value} to {there.value}"):
            dataset.to(there, "doc")


@pytest.mark.parametrize(("here", "there"), list(itertools.product(CaseState, CaseState)))
def test_a_case_goes_only_where_the_table_says(here: CaseState, there: CaseState) -> None:
    case = Case(here)
    if there in CASE_STEPS[here]:
        assert case.to(_step(there)).state is there
    else:
        with pytest.raises(StateError, match=f"from {here.value} to {there.value}"):
            case.to(_step(there))


def test_the_way_to_use_is_the_one_of_the_domain() -> None:
    dataset = Dataset("D-07")
    for state in list(DatasetState)[1:]:
        dataset = dataset.to(state, "doc")
    assert dataset.state is DatasetState.EXPIRED


@pytest.mark.parametrize("state", list(DatasetState))
def test_only_usable_datasets_enter_a_round(state: DatasetState) -> None:
    if state is DatasetState.USABLE:
        Dataset("D-07", state).check_usable()
    else:
        with pytest.raises(StateError, match="not usable"):
            Dataset("D-07", state).check_usable()


def test_a_changed_catalogue_opens_the_assessment_again() -> None:
    usable = Dataset("D-07", DatasetState.USABLE)
    assert usable.catalogue_changed("v2").state is DatasetState.NOTICE_PUBLISHED
    draft = Dataset("D-07")
    assert draft.catalogue_changed("v2") == draft


@pytest.mark.parametrize("there", list(CaseState)[1:])
def test_no_case_moves_without_a_person_and_a_reason(there: CaseState) -> None:
    here = next(state for state in CaseState if there in CASE_STEPS[state])
    for missing in ({"by": ""}, {"reason": " "}):
        with pytest.raises(StateError, match="named person"):
            Case(here).to(_step(there, **missing))


def test_the_own_view_comes_before_the_assessment() -> None:
    with pytest.raises(StateError, match="own view"):
        Case(CaseState.VIEWED).to(_step(CaseState.ASSESSED, own_view=""))


def test_connecting_and_transferring_need_receipts() -> None:
    with pytest.raises(StateError, match="receipt"):
        Case(CaseState.PLAN).to(_step(CaseState.CONNECTED, receipt=""))
    with pytest.raises(StateError, match="receipt"):
        Case(CaseState.PLAN).to(_step(CaseState.TRANSFERRED, receipt=""))
    with pytest.raises(StateError, match="handover"):
        Case(CaseState.PLAN).to(_step(CaseState.TRANSFERRED, handover=None))


@pytest.mark.parametrize(
    "here", [state for state in CaseState if CaseState.HELD in CASE_STEPS[state]]
)
def test_a_held_case_returns_to_where_it_was_and_stays_open_for_the_urgent(here: CaseState) -> None:
    held = Case(here).to(_step(CaseState.HELD))
    assert held == Case(CaseState.HELD, here)
    assert held.to(_step(here, receipt="")) == Case(here)
    assert held.to(_step(CaseState.URGENT)).state is CaseState.URGENT
    for other in set(CaseState) - {here, CaseState.URGENT, CaseState.TRANSFERRED}:
        with pytest.raises(StateError):
            held.to(_step(other))


def test_an_own_view_does_not_print() -> None:
    assert "secret words" not in repr(_step(CaseState.ASSESSED, own_view="secret words"))
