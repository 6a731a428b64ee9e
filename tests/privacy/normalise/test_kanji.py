from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from privacy.normalise.kanji import fold_kanji, kanji_table

FOLDER = Path(__file__).parents[2] / "vectors/normalise"
SAME = (FOLDER / "kanji_same.txt").read_text(encoding="utf-8").split()
DIFFERENT = (FOLDER / "kanji_different.txt").read_text(encoding="utf-8").split()


def test_the_lists_are_long_enough_and_hold_pairs_of_two_characters() -> None:
    assert len(set(SAME)) >= 123
    assert len(set(DIFFERENT)) >= 53
    assert all(len(pair) == 2 and pair[0] != pair[1] for pair in SAME + DIFFERENT)


def test_at_least_121_of_123_variant_pairs_merge() -> None:
    merged = sum(fold_kanji(pair[0]) == fold_kanji(pair[1]) for pair in SAME)

    assert merged / len(SAME) >= 121 / 123


def test_at_most_1_of_53_different_pairs_merges() -> None:
    merged = sum(fold_kanji(pair[0]) == fold_kanji(pair[1]) for pair in DIFFERENT)

    assert merged / len(DIFFERENT) <= 1 / 53


def test_one_look_up_is_enough() -> None:
    table = kanji_table()

    assert not [folded for folded in table.values() if ord(folded) in table]


def test_variation_selectors_fall_away() -> None:
    assert fold_kanji("葛\U000e0100城") == "葛城"
    assert fold_kanji("辻\ufe00") == "辻"


def test_iteration_marks_are_written_out() -> None:
    assert fold_kanji("佐々木") == fold_kanji("佐佐木")
    assert fold_kanji("々") == "々"


@given(st.text(max_size=20))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold_kanji(fold_kanji(text)) == fold_kanji(text)
