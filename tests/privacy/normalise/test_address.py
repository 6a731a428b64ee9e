import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.normalise.address import parse_address

TOWNS = st.sampled_from(
    ["上戸田", "三ツ木", "新曽南", "五反田", "四谷町", "本町", "美女木東", "一ツ家"]
)
SMALL = st.integers(1, 39)
KANJI = "〇一二三四五六七八九"


def in_kanji(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else KANJI[tens] + "十") + (
        KANJI[ones] if ones else ""
    )


@given(TOWNS, SMALL, SMALL, SMALL)
def test_twelve_notations_of_one_address_give_one_town_and_block(
    town: str, section: int, block: int, house: int
) -> None:
    wide = str.maketrans("0123456789-", "０１２３４５６７８９－")
    kanji = [in_kanji(number) for number in (section, block, house)]
    notations = [
        f"{town}{section}-{block}-{house}",
        f"{town}{section}丁目{block}番{house}号",
        f"{town}{section}丁目{block}番地{house}",
        f"{town}{section}丁目{block}番地の{house}",
        f"{town}{section}丁目{block}-{house}",
        f"{town}{section}の{block}の{house}",
        f"{town}{section}−{block}‐{house}",
        f"{town} {section}-{block}-{house}".translate(wide),
        f"{town}{kanji[0]}丁目{kanji[1]}番{kanji[2]}号",
        f"{town}{kanji[0]}丁目{block}番{house}号",
        f"{town}{kanji[0]}ー{kanji[1]}ー{kanji[2]}",
        f"埼玉県さくら市大字{town}{section}丁目{block}番{house}号",
        f"〒335-0022 さくら市{town}{section}-{block}-{house} メゾンさくら 201号室",
    ]

    forms = {parse_address(notation)[:2] for notation in notations}

    assert len(forms) == 1
    assert forms.pop()[1] == f"{section}-{block}-{house}"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("上戸田1-18-1", "上戸田1-18-2"),
        ("上戸田1-18-1", "下戸田1-18-1"),
        ("本町1-2-3", "本町12-3"),
        ("12 baker street", "12 baker road"),
        ("12 baker street", "21 baker street"),
    ],
)
def test_two_addresses_stay_two(first: str, second: str) -> None:
    assert parse_address(first)[:2] != parse_address(second)[:2]


def test_the_building_is_kept_apart() -> None:
    plain = parse_address("上戸田1-18-1")
    flat = parse_address("上戸田１丁目18番1号　コーポ戸田２０１号室")

    assert flat[:2] == plain[:2]
    assert flat.building == "コーポ戸田201"


@given(st.text(st.sampled_from("上戸田一二十百丁目番地号の字大市県区1２-ー　 AB0.〒"), max_size=20))
def test_any_address_is_read_without_an_error(text: str) -> None:
    address = parse_address(text)

    assert address.problem is None or not address.town + address.block + address.building
