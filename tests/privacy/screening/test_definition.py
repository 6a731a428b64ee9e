"""A definition is read strictly; prohibited uses are refused by name; its sentences say it all."""

from __future__ import annotations

import datetime as dt

import pytest

from privacy.errors import BadInputError, RefusedError
from privacy.governance.prohibited import ProhibitedUse, ProhibitedUseError
from privacy.screening.examples import run_examples
from privacy.screening.population import grade_code
from privacy.screening.wording import plan_sentences, sentences
from tests.privacy.screening.samples import AS_OF, catalogue, definition, read, sos_text
from tests.privacy.screening.test_compile import SIGNALS, compiled


def _changed(old: str, new: str) -> str:
    text = sos_text()
    assert old in text
    return text.replace(old, new, 1)


PROHIBITED = [
    (ProhibitedUse.PREDICT_BULLIES, "id: sos-2026", "id: predict-bully-2026"),
    (ProhibitedUse.PREDICT_BULLIES, "purpose: sos_support", "purpose: predict_bullies"),
    (ProhibitedUse.PREDICT_BULLIES, "id: sos-2026", "id: sos-2026\ntarget: いじめ加害者"),
    (
        ProhibitedUse.PREDICT_BULLIES,
        'from: D-11, when: "q_understand == 4 or q_fun == 4"',
        'from: D-18, when: "perpetrator"',
    ),
    (ProhibitedUse.SELECT_SPECIAL_NEEDS, "purpose: sos_support", "purpose: select_special_needs"),
    (
        ProhibitedUse.SELECT_SPECIAL_NEEDS,
        "id: sos-2026",
        "id: sos-2026\ntarget: 特別支援学級の対象",
    ),
    (
        ProhibitedUse.SELECT_SPECIAL_NEEDS,
        'from: D-11, when: "q_understand == 4 or q_fun == 4"',
        'from: D-33, when: "rate_permille > 1"',
    ),
    (ProhibitedUse.RANK_SCHOOLS_OR_PUPILS, "order: due_date", "order: risk"),
    (ProhibitedUse.RANK_SCHOOLS_OR_PUPILS, "order: due_date", "order: school_rank"),
    (
        ProhibitedUse.RANK_SCHOOLS_OR_PUPILS,
        "purpose: sos_support",
        "purpose: rank_schools_or_pupils",
    ),
    (
        ProhibitedUse.PREDICT_ACADEMIC_FAILURE,
        'from: D-11, when: "q_understand == 4 or q_fun == 4"',
        'from: D-14, when: "score_band < 5"',
    ),
    (
        ProhibitedUse.PREDICT_ACADEMIC_FAILURE,
        "purpose: sos_support",
        "purpose: predict_academic_failure",
    ),
    (ProhibitedUse.REVEAL_BELIEFS, "purpose: sos_support", "purpose: reveal_beliefs"),
    (ProhibitedUse.REVEAL_BELIEFS, "id: sos-2026", "id: sos-2026\ntarget: 家庭の信仰"),
]


@pytest.mark.parametrize(("use", "old", "new"), PROHIBITED)
def test_a_prohibited_target_is_refused_by_name(use: ProhibitedUse, old: str, new: str) -> None:
    with pytest.raises(ProhibitedUseError) as caught:
        read(_changed(old, new))
    assert caught.value.use is use
    assert use.value in caught.value.what.en


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("purpose: sos_support", "purpose: sos_suport", "'sos_suport' is not registered"),
        ("purpose: sos_support", "purpose: school_karte", "a statistics purpose lists no children"),
        ("ethics_ref:", "ethicsref:", "unknown key 'ethicsref'"),
        ('timepoints: ["07-05"', 'timepoints: ["13-05"', "MM-DD"),
        ("grades: [P1,", "grades: [E1,", "grades are P1"),
        ("schools: municipal", "schools: all", "only 'municipal'"),
        ("from: D-09", "from: D-99", "unknown item 'D-99'"),
        ("from: D-09", "from: D-39", "class supported"),
        ("from: D-09", "from: D-28", "class never"),
        ("group: home,", "group: house,", "unknown value 'house'"),
        ("id: surge,", "id: abs10,", "the id 'abs10' is taken"),
        ("id: surge,", "id: signals,", "cannot be an id"),
        (
            "absent_days_month >= 10",
            "absent_day_month >= 10",
            "'absent_day_month' is not a variable",
        ),
        ("absent_days_month >= 10", "10 >= 9", "looks at no data"),
        ("absent_days_month >= 10", "count(signals) >= 1", "count belongs in the rule"),
        ("absent_days_month >= 10", "open('x')", "line 9, signals.0..when.*'Call'"),
        ("talk_home == 4", "talk_home_3m == 4", "D-10 is not monthly"),
        ("talk_home == 4", "symptoms == 4", "not a variable of D-10"),
        ("absent_3m > own_median_12m + 3 and absent_3m >= 5", "own_median_12m > 3", "of what"),
        ("visits_3m > 2", "symptoms > 2", "'symptoms' is never used"),
        ("abs10 or surge or", "abs11 or surge or", "unknown names: abs11"),
        ("count(signals) >= 2", "count(people) >= 2", "unknown names: people"),
        ('"abs10 or surge or count(signals) >= 2"', '"1 > 0"', "uses no signal"),
        ("exclude: already_supported", "exclude: nobody", "already_supported"),
        ("order: due_date", "order: name", "the only order is due_date"),
        ("total: 240", "total: none", "whole number"),
        ("non_response: show", "non_response: count", "only 'show'"),
        ("min_sources: 2", "min_sources: 0", "out of range"),
        ("expect: [surge]", "expect: [serge]", "an unknown signal"),
        ("absent_by_month:", "absences_by_month:", "unknown key 'absences_by_month'"),
        ("expires: 2027-03-31", "expires: soon", "YYYY-MM-DD"),
    ],
)
def test_a_mistake_is_refused_with_its_place(old: str, new: str, words: str) -> None:
    with pytest.raises(BadInputError, match=words) as caught:
        read(_changed(old, new))
    assert caught.value.what.ja
    assert "definition.yaml" in caught.value.what.en or "D-99" in new or "suport" in new


def test_an_ethics_reference_is_needed() -> None:
    for new in ("", 'ethics_ref: ""\n'):
        with pytest.raises(RefusedError, match="no ethics reference"):
            read(_changed("ethics_ref: AB-2026-04（案）\n", new))


def test_an_expired_definition_is_refused() -> None:
    read(sos_text(), dt.date(2027, 3, 31))
    with pytest.raises(RefusedError, match="expired on 2027-03-31"):
        read(sos_text(), dt.date(2027, 4, 1))


def test_judgements_are_put_into_the_rule_and_cycles_are_refused() -> None:
    text = _changed(
        "list:\n",
        "judgements:\n  - {id: tired, rule: 'late or heavy'}\n"
        "  - {id: heavy, rule: 'nurse and home'}\nlist:\n",
    )
    found = read(text.replace("abs10 or surge or", "tired or"))
    assert found.rule == read(_changed("abs10 or surge or", "(late or nurse and home) or")).rule
    with pytest.raises(BadInputError, match="tired → heavy → tired"):
        read(text.replace("nurse and home'", "tired'"))


def test_a_protected_attribute_is_no_signal() -> None:
    items = catalogue().item("D-01")
    sex = items.variable("sex")
    assert sex is not None
    assert sex.use.value == "protected"
    with pytest.raises(BadInputError, match="class link"):
        definition('  - {id: girl, group: self, from: D-01, when: "sex == 1"}', "girl")


def test_the_own_examples_of_the_sample_come_out_right() -> None:
    results = run_examples(read(sos_text()), catalogue(), AS_OF)
    assert len(results) == 6
    assert all(result.right for result in results)


def test_a_wrong_example_is_found() -> None:
    text = _changed("[0, 1, 0, 6, 7, 5], expect: [surge]", "[0, 1, 0, 1, 1, 1], expect: [surge]")
    first = run_examples(read(text), catalogue(), AS_OF)[0]
    assert not first.right
    assert first.fired == frozenset()


def test_examples_do_not_change_what_is_computed_but_the_digest_covers_them() -> None:
    assert read(sos_text()).digest == read(sos_text() + "\n# a comment\n").digest
    assert (
        read(_changed("expect: [home], listed: false", "expect: [home]")).digest
        != read(sos_text()).digest
    )


def test_the_sentences_name_every_signal_and_limit_in_both_languages() -> None:
    sos = read(sos_text())
    ja, en = (" ".join(sentences(sos, catalogue(), language)) for language in ("ja", "en"))
    for signal in sos.signals:
        assert signal.id in ja
        assert signal.id in en
    for words in (
        "欠席日数",
        "10以上",
        "該当したシグナル（全体）の数が2以上",
        "240人",
        "週4人",
        "2027-03-31",
    ):
        assert words in ja
    for words in ("is at least 10", "the number of signals (all) is at least 2", "due date"):
        assert words in en


def test_the_plan_says_what_listing_and_not_listing_tell() -> None:
    ja = " ".join(plan_sentences(compiled(), "ja"))
    en = " ".join(plan_sentences(compiled(), "en"))
    assert "積 972、表の大きさ 1024" in ja
    assert "late+nurse" in ja
    assert "一覧に載ると school に伝わること" in ja
    assert "Not being listed tells school nothing apart" in en
    assert "supported" in en
    without = " ".join(plan_sentences(compiled(definition(SIGNALS, "count(signals) >= 3")), "en"))
    assert "supports it" not in without


def test_every_form_of_a_rule_can_be_said() -> None:
    rule = "not abs10 and (surge or 2 * late - nurse != 1) or 0.5 < count(home) <= 3"
    text = " ".join(sentences(definition(SIGNALS, rule), catalogue(), "en"))
    assert "not ('abs10')" in text
    assert "2 × 'late' - 'nurse' is not 1" in text
    assert "0.5 is less than the number of signals (home)" in text


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("P1", "P1"),
        ("j3", "J3"),
        ("小5", "P5"),
        ("小学校六年", "P6"),
        ("中２年生", "J2"),
        ("第3学年", "P3"),
        ("7", "J1"),
        ("9", "J3"),
        ("中4", ""),
        ("P7", ""),
        ("年長", ""),
        ("", ""),
    ],
)
def test_grades_are_read_as_departments_write_them(written: str, code: str) -> None:
    assert grade_code(written) == code
