import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.normalise.kana import fold_kana, has_foreign_letters, phonetic, unvoiced

KANA = st.text(
    st.sampled_from(
        "アイウエオカキクケコガギグゲゴサシスセソタチツテトヂヅャュョッーヴァィヲンヽヾ"
    ),
    max_size=12,
)


@pytest.mark.parametrize(
    "spellings",
    [
        ("サイトウ", "ｻｲﾄｳ", "さいとう", "サイトー", "サイトオ", "ｻｲﾄ-", "サ イ ト ウ"),
        ("オオノ", "オーノ", "オウノ", "おおの"),
        ("ショウ", "シヨウ", "ショー", "しょう"),
        ("カヅコ", "カズコ"),
        ("ハヂメ", "ハジメ"),
        ("ミチヲ", "ミチオ"),
        ("ヴィクトル", "ビクトル", "ヴイクトル"),
        ("スヾキ", "スズキ"),
        ("ケイコ", "ケーコ", "ケエコ"),
    ],
)
def test_spellings_of_one_sound_fold_to_one_form(spellings: tuple[str, ...]) -> None:
    assert len({fold_kana(spelling) for spelling in spellings}) == 1


@pytest.mark.parametrize(
    "pair", [("ユウキ", "ユキ"), ("オオノ", "オノ"), ("ヤマザキ", "ヤマサキ"), ("コウタ", "コタ")]
)
def test_near_sounds_share_only_the_phonetic_key(pair: tuple[str, str]) -> None:
    first, second = (fold_kana(kana) for kana in pair)

    assert first != second
    assert phonetic(first) == phonetic(second)


@pytest.mark.parametrize("pair", [("ハルト", "ハルカ"), ("リク", "リコ"), ("サトウ", "サイトウ")])
def test_other_names_keep_their_own_phonetic_key(pair: tuple[str, str]) -> None:
    first, second = (phonetic(fold_kana(kana)) for kana in pair)

    assert first != second


def test_a_kana_column_with_other_letters_is_seen() -> None:
    assert has_foreign_letters("山田 ハナコ")
    assert has_foreign_letters("YAMADA")
    assert not has_foreign_letters("ﾔﾏﾀﾞ･ﾊﾅｺ-")


@given(KANA)
def test_folding_twice_changes_nothing(kana: str) -> None:
    assert fold_kana(fold_kana(kana)) == fold_kana(kana)


@given(KANA)
def test_the_phonetic_key_has_no_voiced_marks(kana: str) -> None:
    key = phonetic(fold_kana(kana))

    assert unvoiced(key) == key
    assert len(key) <= len(fold_kana(kana))
