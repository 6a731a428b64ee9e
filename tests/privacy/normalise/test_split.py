import pytest

from privacy.normalise.kana import fold_kana
from privacy.normalise.kanji import fold_kanji
from privacy.normalise.split import split_both, split_kana, split_written
from privacy.normalise.surnames import known_surnames, reads_as

# Surnames that the table does not list, readable from their kanji.
RARE = [
    ("鶴見谷", "ツルミヤ"),
    ("滝ノ沢", "タキノサワ"),
    ("竹ケ原", "タケガハラ"),
    ("梨木", "ナシキ"),
    ("樫野", "カシノ"),
]
COMMON = [
    ("佐藤", "サトウ"),
    ("長谷川", "ハセガワ"),
    ("東海林", "ショウジ"),
    ("林", "ハヤシ"),
    ("勅使河原", "テシガワラ"),
]
GIVEN = [
    ("陽翔", "ハルト"),
    ("結衣", "ユイ"),
    ("健太郎", "ケンタロウ"),
    ("翔", "ショウ"),
    ("さくら", "サクラ"),
]


@pytest.mark.parametrize("family", [*COMMON, *RARE], ids=lambda pair: pair[0])
@pytest.mark.parametrize("given", GIVEN, ids=lambda pair: pair[0])
def test_a_name_and_its_kana_are_cut_together(
    family: tuple[str, str], given: tuple[str, str]
) -> None:
    split = split_both(fold_kanji(family[0] + given[0]), fold_kana(family[1] + given[1]))

    assert (split.family, split.given) == (fold_kanji(family[0]), given[0])
    assert (split.family_kana, split.given_kana) == (fold_kana(family[1]), fold_kana(given[1]))
    assert split.known


@pytest.mark.parametrize("family", COMMON, ids=lambda pair: pair[0])
def test_a_listed_surname_needs_no_kana(family: tuple[str, str]) -> None:
    split = split_written(family[0] + "陽翔")

    assert (split.family, split.given, split.known) == (family[0], "陽翔", True)


def test_split_kana_cuts_an_unlisted_written_name() -> None:
    split = split_written("小鳥遊結衣", fold_kana("タカナシ"), fold_kana("ユイ"))

    assert (split.family, split.given) == ("小鳥遊", "結衣")


def test_a_written_name_cuts_its_kana() -> None:
    split = split_kana(fold_kana("ヤマサキユイ"), "山崎", "結衣")

    assert (split.family_kana, split.given_kana) == ("ヤマサキ", "ユイ")


def test_without_support_the_likeliest_length_is_used_and_said() -> None:
    split = split_written("薔薇結衣")

    assert (split.family, split.given, split.known) == ("薔薇", "結衣", False)


def test_every_listed_surname_is_in_folded_form() -> None:
    assert all(fold_kanji(surname) == surname for surname in known_surnames())


def test_readings_need_the_whole_kana() -> None:
    assert reads_as("木下", "キノシタ")
    assert not reads_as("木下", "キノ")
    assert not reads_as("木下", "キノシタタ")
