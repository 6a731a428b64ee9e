"""Every shipped sample file parses, fits the others, and is marked as a draft."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from privacy.governance.catalogue import Frequency, ItemClass
from privacy.governance.purpose import PurposeKind
from privacy.governance.statute import shipped_law
from privacy.screening.reading import read_definition
from tests.privacy.governance.samples import (
    SAMPLES,
    bases,
    catalogue,
    purposes,
    staff,
    text,
)

TODAY = dt.date(2026, 7, 5)
KNOWN = {"catalogue.yaml", "purposes.yaml", "bases.yaml", "staff.yaml"}


def test_every_governance_sample_has_a_reader() -> None:
    files = {path.name for path in SAMPLES.glob("*.yaml")}
    assert files >= KNOWN
    assert catalogue().items
    assert purposes().purposes
    assert bases().bases
    assert staff().accounts


@pytest.mark.parametrize(
    "path", sorted((SAMPLES / "definitions").glob("*.yaml")), ids=lambda p: p.stem
)
def test_every_sample_definition_reads(path: object) -> None:
    name = f"definitions/{getattr(path, 'name', '')}"
    read_definition(text(name), catalogue=catalogue(), purposes=purposes(), today=TODAY)


def test_the_catalogue_holds_all_items_of_the_domain() -> None:
    assert [item.id for item in catalogue().items] == [f"D-{n:02d}" for n in range(1, 42)]


@pytest.mark.parametrize(
    ("item", "kind", "variables"),
    [
        ("D-02", ItemClass.LINK, {"school", "grade", "class"}),
        ("D-07", ItemClass.SCREEN, {"absent", "late_early"}),
        ("D-08", ItemClass.SCREEN, {"visits"}),
        ("D-09", ItemClass.SCREEN, {"absent_days_month"}),
        ("D-10", ItemClass.SCREEN, {"talk_home"}),
        ("D-11", ItemClass.SCREEN, {"q_understand", "q_fun"}),
        ("D-12", ItemClass.SCREEN, {"no_teacher", "no_friend"}),
        ("D-14", ItemClass.KARTE, set()),
        ("D-19", ItemClass.SUPPORTED, {"used"}),
        ("D-20", ItemClass.SUPPORTED, {"used"}),
        ("D-22", ItemClass.SCREEN, {"not_attended"}),
        ("D-25", ItemClass.SCREEN, {"receives"}),
        ("D-26", ItemClass.SCREEN, {"receives"}),
        ("D-27", ItemClass.SCREEN, {"receives"}),
        ("D-28", ItemClass.NEVER, set()),
        ("D-30", ItemClass.SCREEN, {"consulted"}),
        ("D-33", ItemClass.KARTE, set()),
        ("D-39", ItemClass.SUPPORTED, {"supported"}),
        ("D-05", ItemClass.LINK, {"enrolled_school"}),
    ],
)
def test_items_have_the_class_and_variables_that_the_town_uses(
    item: str, kind: ItemClass, variables: set[str]
) -> None:
    found = catalogue().item(item)
    assert found.item_class is kind
    assert {variable.name for variable in found.variables} >= variables


def test_every_item_of_a_purpose_has_a_basis_that_fits_it() -> None:
    for purpose in purposes().purposes:
        for item in purpose.items:
            basis = bases().find(catalogue().item(item), purpose, TODAY, drafts=True)
            assert basis.carries(purpose)


def test_no_sample_pretends_to_be_approved() -> None:
    assert all(basis.draft for basis in bases().bases)
    assert all("案" in purpose.ethics_ref for purpose in purposes().purposes)


def test_staff_may_only_do_what_is_registered() -> None:
    known = {purpose.id for purpose in purposes().purposes}
    for account in staff().accounts:
        assert set(account.purposes) <= known


def test_statistics_never_rest_on_an_article_for_individuals() -> None:
    karte = purposes().get("school_karte")
    assert karte.kind is PurposeKind.STATISTICS
    assert (
        bases().find(catalogue().item("D-14"), karte, TODAY, drafts=True).article.id
        == "appi-69-2-4"
    )


def test_the_old_ordinance_has_ended() -> None:
    article = shipped_law().article("ordinance-9")
    assert article.in_force(dt.date(2023, 3, 31))
    assert not article.in_force(dt.date(2023, 4, 1))


def test_every_item_says_where_it_comes_from_and_how_often() -> None:
    for item in catalogue().items:
        assert re.match(r"L\d+", item.source)
        assert item.frequency in Frequency
        assert item.name.ja
        assert item.name.en
