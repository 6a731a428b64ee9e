"""Texts are read strictly: each wrong one is refused with its line, its key and a fix."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.errors import BadInputError
from privacy.governance.basis import NoBasisError, read_bases
from privacy.governance.catalogue import read_catalogue
from privacy.governance.consent import Restriction, RestrictionKind, held
from privacy.governance.document import read
from privacy.governance.prohibited import (
    NAMES,
    ProhibitedUse,
    ProhibitedUseError,
    recognise,
    refuse_prohibited,
)
from privacy.governance.purpose import read_purposes
from privacy.governance.staff import read_staff
from privacy.governance.statute import shipped_law
from tests.privacy.governance.samples import bases, catalogue, purposes, text


def _swap(name: str, old: str, new: str) -> str:
    whole = text(name)
    assert old in whole
    return whole.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("class: link", "class: anything", "line 10, .*class: unknown value 'anything'"),
        ("holder: residents", "owner: residents", "unknown key 'owner'"),
        ("id: D-02", "id: D-01", "the item id D-01 stands twice"),
        ("retention_days: 1826", "retention_days: soon", "whole number"),
        ("retention_days: 1826", "retention_days: 0", "out of range"),
        ("retention_days: 1826", "retention_days: 0o17", "whole number"),
        ("type: text", "type: free", "unknown value 'free'"),
        ("  name_en: Names, birth date, sex\n", "", "missing keys: name_en"),
        ("name_en:", "name_ja: a\n  name_en:", "twice"),
        ("range: [1, 60]", "range: [60, 1]", "low, high"),
        ("- id: D-01", "- &a\n  id: D-01", ""),
        ("holder: residents", "holder: *a", "not YAML"),
        ("holder: residents", "holder: 12", "needed, but a int"),
        ("- id: D-01", "- ]", "not YAML"),
    ],
)
def test_a_wrong_catalogue_is_refused_by_name(old: str, new: str, words: str) -> None:
    changed = (
        _swap("catalogue.yaml", '"Names, birth date, sex"', "Names, birth date, sex")
        if ("Names" in old)
        else text("catalogue.yaml")
    )
    changed = changed.replace(old, new, 1)
    if not words:
        assert read_catalogue(changed).digest == catalogue().digest
        return
    with pytest.raises(BadInputError, match=words) as caught:
        read_catalogue(changed)
    assert caught.value.what.ja


def test_a_change_of_the_catalogue_changes_its_digest() -> None:
    changed = read_catalogue(
        _swap("catalogue.yaml", "retention_days: 1826", "retention_days: 1827")
    )
    assert changed.digest != catalogue().digest


@pytest.mark.parametrize("broken", ["", "a: b", "- 1", "- {}", "--- a\n--- b", "\x00", "[" * 2000])
def test_a_text_of_another_shape_is_refused(broken: str) -> None:
    for reader in (read_catalogue, read_purposes, read_staff):
        with pytest.raises(BadInputError):
            reader(broken)


@given(st.text(max_size=80))
def test_no_text_raises_another_error_than_bad_input(anything: str) -> None:
    try:
        read(anything, "text").sequence()
    except BadInputError:
        return


NAMED = {
    ProhibitedUse.PREDICT_BULLIES: "いじめ加害者の予測",
    ProhibitedUse.SELECT_SPECIAL_NEEDS: "通級の対象者の抽出",
    ProhibitedUse.RANK_SCHOOLS_OR_PUPILS: "学校別ランキング",
    ProhibitedUse.PREDICT_ACADEMIC_FAILURE: "個人の学力の予測",
    ProhibitedUse.REVEAL_BELIEFS: "家庭の宗教の把握",
}


@pytest.mark.parametrize("use", list(ProhibitedUse))
def test_each_prohibited_use_is_refused_by_its_name(use: ProhibitedUse) -> None:
    for words in (use.value, NAMED[use]):
        with pytest.raises(ProhibitedUseError) as caught:
            refuse_prohibited("definition", words)
        assert caught.value.use is use
        assert NAMES[use].ja in caught.value.what.ja
        assert NAMES[use].en in caught.value.what.en
    with pytest.raises(ProhibitedUseError):
        read_purposes(_swap("purposes.yaml", "name_ja: 学校カルテの統計", f"name_ja: {NAMED[use]}"))
    with pytest.raises(ProhibitedUseError):
        read_purposes(_swap("purposes.yaml", "id: school_karte", f"id: {use.value}"))
    with pytest.raises(ProhibitedUseError):
        purposes().get(use.value)


@pytest.mark.parametrize(
    "words",
    ["不登校等のSOSの早期発見", "いじめの被害にあった子の支援", "prevent bullying", "frankly", ""],
)
def test_lawful_words_are_let_through(words: str) -> None:
    assert recognise(words) is None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("reason_ja: 不", "reason_ja: ' ' #", "reason_ja: it is empty"),
        ("article: appi-69-2-2", "article: appi-99", "'appi-99' is unknown"),
        ("article: appi-69-2-2", "article: appi-63", "a duty, not a basis"),
        ("article: appi-69-2-2", "article: ordinance-9", "not in force when approved"),
        ("valid_until: 2027-03-31", "valid_until: 2025-03-31", "ends before it begins"),
        ("id: B-2026-02", "id: B-2026-01", "stands twice"),
        ("approved_on: 2026-04-01", "approved_on: yesterday", "YYYY-MM-DD"),
    ],
)
def test_a_wrong_basis_is_refused(old: str, new: str, words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        read_bases(_swap("bases.yaml", old, new), shipped_law())


@pytest.mark.parametrize(
    ("item", "purpose", "on", "drafts", "why"),
    [
        ("D-26", "sos_support", dt.date(2026, 7, 5), True, "not recorded"),
        ("D-07", "sos_support", dt.date(2027, 4, 1), True, "out of its dates"),
        ("D-07", "sos_support", dt.date(2026, 7, 5), False, "still a draft"),
    ],
)
def test_a_missing_basis_names_item_purpose_and_reason(
    item: str, purpose: str, on: dt.date, drafts: bool, why: str
) -> None:
    with pytest.raises(NoBasisError, match=f"{item}.*{why}") as caught:
        bases().find(catalogue().item(item), purposes().get(purpose), on, drafts=drafts)
    assert caught.value.item == item
    assert catalogue().item(item).name.ja in caught.value.what.ja


def test_a_statistics_article_carries_no_individual_purpose() -> None:
    changed = _swap("bases.yaml", "article: appi-69-2-2", "article: appi-69-2-4")
    found = read_bases(changed, shipped_law())
    with pytest.raises(NoBasisError, match="wrong article"):
        found.find(
            catalogue().item("D-07"),
            purposes().get("sos_support"),
            dt.date(2026, 7, 5),
            drafts=True,
        )


def test_an_approved_basis_needs_no_word_about_drafts() -> None:
    changed = text("bases.yaml").replace("approver: 案（教育長）", "approver: 教育長")
    found = read_bases(changed, shipped_law())
    basis = found.find(catalogue().item("D-07"), purposes().get("sos_support"), dt.date(2026, 7, 5))
    assert "教育長" in basis.statement().ja


def test_analysing_and_using_are_not_one_account() -> None:
    changed = _swap("staff.yaml", "roles: [ssw_sc]", "roles: [ssw_sc, analyst]")
    with pytest.raises(BadInputError, match="F-01"):
        read_staff(changed)
    excepted = changed.replace("{id: ssw1,", "{id: ssw1, exception: 小規模のため兼務,", 1)
    assert read_staff(excepted).get("ssw1").exception


def test_withdrawn_rows_are_held_for_the_items_they_name() -> None:
    on = dt.date(2026, 7, 5)
    restrictions = [
        Restriction("objected", RestrictionKind.OBJECTION, dt.date(2026, 4, 1)),
        Restriction("ended", RestrictionKind.OBJECTION, dt.date(2026, 4, 1), dt.date(2026, 5, 1)),
        Restriction("correction", RestrictionKind.CORRECTION, dt.date(2026, 4, 1), item="D-08"),
        Restriction("elsewhere", RestrictionKind.CORRECTION, dt.date(2026, 4, 1), item="D-26"),
        Restriction("protected", RestrictionKind.PROTECTED, dt.date(2026, 4, 1)),
        Restriction("other", RestrictionKind.OBJECTION, dt.date(2026, 4, 1), purpose="karte"),
    ]
    assert held(restrictions, "sos_support", ["D-07", "D-08"], on) == {"objected", "correction"}
    assert "objected" not in repr(restrictions)
