import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.normalise.my_number import is_my_number, looks_like_my_number
from privacy.normalise.number import mod11_check_digit, parse_number

BODIES = st.text(st.sampled_from("0123456789"), min_size=11, max_size=11)


def test_the_check_digit_follows_the_published_formula() -> None:
    # The sum over n of P(n) Q(n) is 2+3+...: body 12345678901, weights from the right.
    body = "12345678901"
    weights = [2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6]
    total = sum(int(char) * weight for char, weight in zip(reversed(body), weights, strict=True))

    expected = 0 if total % 11 <= 1 else 11 - total % 11

    assert expected == 8
    assert mod11_check_digit(body) == expected


def test_a_body_with_letters_has_no_check_digit() -> None:
    with pytest.raises(ValueError, match="digits only"):
        mod11_check_digit("12A")


@given(BODIES)
def test_exactly_one_last_digit_makes_a_my_number(body: str) -> None:
    assert sum(is_my_number(body + last) for last in "0123456789") == 1


@given(st.lists(BODIES, min_size=1, max_size=30))
def test_a_column_of_my_numbers_is_seen_in_any_width(bodies: list[str]) -> None:
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    numbers = [body + str(mod11_check_digit(body)) for body in bodies]
    grouped = [f"{number[:4]}-{number[4:8]} {number[8:]}" for number in numbers]

    assert looks_like_my_number(numbers)
    assert looks_like_my_number([number.translate(wide) for number in numbers])
    assert looks_like_my_number([*grouped, "", " "])


def test_other_columns_are_no_my_numbers() -> None:
    assert not looks_like_my_number([])
    assert not looks_like_my_number(["", " "])
    assert not looks_like_my_number([str(number) for number in range(10**9, 10**9 + 200)])
    # Serial 12-digit numbers pass the check digit about once in eleven.
    assert not looks_like_my_number([str(number) for number in range(10**11, 10**11 + 500)])


@given(st.integers(1, 10**15 - 1))
def test_a_resident_number_is_its_digits_without_leading_zeros(number: int) -> None:
    assert parse_number(f"{number:015}") == (str(number), None)
    assert parse_number(f" {number:,} ") == (str(number), None)
    assert parse_number(f"{number}.0") == (str(number), None)
