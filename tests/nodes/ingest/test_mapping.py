from __future__ import annotations

from pathlib import Path

import pytest

from nodes.errors import MappingError, MyNumberError
from nodes.ingest.department import load_department
from nodes.ingest.mapping import RawRows, read_rows
from privacy.normalise.number import mod11_check_digit

TOML = """
file = "a.csv"
id = "番号"
[fields]
full_name = "氏名"
birth_date = ["年", "月", "日"]
"""


def rows_of(tmp_path: Path, text: str, toml: str = TOML) -> RawRows:
    (tmp_path / "a.csv").write_text(text, encoding="cp932")
    (tmp_path / "school.toml").write_text(toml, encoding="utf-8")
    return read_rows(load_department(tmp_path / "school.toml"))


def my_number(start: int) -> str:
    return f"{start}{mod11_check_digit(str(start))}"


def test_columns_of_a_field_are_joined_and_ids_stay_as_they_are(tmp_path: Path) -> None:
    raw = rows_of(tmp_path, "番号,氏名,年,月,日\n =A1,佐藤 花,2014,4,2\n2,NULL,2014,,\n")

    assert raw.row_ids == (" =A1", "2")
    assert [person.birth_date for person in raw.persons] == ["2014 4 2", "2014"]
    assert [person.full_name for person in raw.persons] == ["佐藤 花", ""]
    assert [(fill.column, fill.filled, fill.percent) for fill in raw.fills] == [
        ("氏名", 1, 50),
        ("年+月+日", 2, 100),
    ]
    assert "佐藤" not in repr(raw)
    assert "=A1" not in repr(raw)


def test_a_missing_column_names_the_department_and_the_nearest_column(tmp_path: Path) -> None:
    with pytest.raises(MappingError) as caught:
        rows_of(tmp_path, "番号,児童氏名,年,月,日\n1,佐藤 花,2014,4,2\n")

    assert "school" in caught.value.render("en")
    assert "児童氏名" in caught.value.render("ja")


@pytest.mark.parametrize("heading", ["個人番号", "マイナンバー", "My Number", "ﾏｲﾅﾝﾊﾞｰ（本人）"])
def test_a_column_named_as_my_number_is_refused_even_when_unmapped(
    tmp_path: Path, heading: str
) -> None:
    text = f"番号,氏名,年,月,日,{heading}\n1,佐藤 花,2014,4,2,\n"

    with pytest.raises(MyNumberError) as caught:
        rows_of(tmp_path, text)

    assert heading in caught.value.render("ja")
    assert caught.value.exit_status == 1


def test_a_column_of_my_numbers_under_another_name_is_refused_and_not_shown(tmp_path: Path) -> None:
    numbers = [my_number(12345678901 + n * 7) for n in range(3)]
    text = "番号,氏名,年,月,日,コード\n" + "".join(
        f"{n},佐藤 花,2014,4,2,{number}\n" for n, number in enumerate(numbers)
    )

    with pytest.raises(MyNumberError) as caught:
        rows_of(tmp_path, text)

    assert "コード" in caught.value.render("en")
    assert not any(number in caught.value.render("ja") for number in numbers)


def test_other_numbers_of_twelve_digits_pass(tmp_path: Path) -> None:
    text = "番号,氏名,年,月,日\n" + "".join(
        f"{my_number(12345678901 + n)[:-1]}{n % 10},佐藤 花,2014,4,2\n" for n in range(40)
    )

    assert len(rows_of(tmp_path, text).row_ids) == 40
