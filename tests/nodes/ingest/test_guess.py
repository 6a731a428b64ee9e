from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from nodes.ingest.department import load_department
from nodes.ingest.guess import Guess, as_toml, guess_mapping
from nodes.ingest.reader import read_table
from privacy.normalise.person import DateOrder


def guess_of(tmp_path: Path, text: str) -> Guess:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    return guess_mapping(read_table(tmp_path / "a.csv"))


def fields_of(guess: Guess) -> dict[str, tuple[str, ...]]:
    return {column.name: column.columns for column in guess.fields}


@pytest.mark.parametrize(
    ("header", "id_column", "expected"),
    [
        (
            "宛名番号,世帯番号,氏名（漢字）,氏名（カナ）,生年月日,性別,郵便番号,住所,世帯主名",
            "宛名番号",
            {
                "resident_number": "宛名番号", "household_number": "世帯番号",
                "full_name": "氏名（漢字）",
                "full_name_kana": "氏名（カナ）", "birth_date": "生年月日", "sex": "性別",
                "postcode": "郵便番号", "address": "住所", "household_head_name": "世帯主名",
            },
        ),
        (
            "児童生徒ID,学年,児童生徒氏名,フリガナ,生年月日,性別コード,電話番号",
            "児童生徒ID",
            {
                "full_name": "児童生徒氏名", "full_name_kana": "フリガナ",
                "birth_date": "生年月日", "sex": "性別コード", "phone": "電話番号",
            },
        ),
        (
            "認定番号,受給者氏名,受給者カナ,児童名,児童名カナ,児童生年月日,児童宛名番号,保護者電話",
            "認定番号",
            {
                "household_head_name": "受給者氏名", "household_head_kana": "受給者カナ",
                "given_name": "児童名", "given_name_kana": "児童名カナ",
                "birth_date": "児童生年月日", "resident_number": "児童宛名番号",
                "phone": "保護者電話",
            },
        ),
        (
            "申請番号,姓,名,姓よみ,名よみ,生年,生月,生日",
            "申請番号",
            {
                "family_name": "姓", "given_name": "名", "family_name_kana": "姓よみ",
                "given_name_kana": "名よみ", "birth_date": ("生年", "生月", "生日"),
            },
        ),
        (
            "受付番号,姓,名,セイ,メイ,生年,生月,生日,旧姓,通称名",
            "受付番号",
            {
                "family_name": "姓", "given_name": "名", "family_name_kana": "セイ",
                "given_name_kana": "メイ", "birth_date": ("生年", "生月", "生日"),
                "former_family_name": "旧姓", "alias": "通称名",
            },
        ),
        (
            "rec_id,given_name,surname,street_number,address_1,address_2,suburb,postcode,dob,ssn",
            "rec_id",
            {
                "given_name": "given_name", "family_name": "surname",
                "address": ("street_number", "address_1", "address_2", "suburb"),
                "postcode": "postcode", "birth_date": "dob",
                "resident_number": "ssn",
            },
        ),
        (
            "Student ID,First Name,Middle Name,Last Name,DOB,Gender,E-Mail,Phone No.",
            "Student ID",
            {
                "given_name": "First Name", "middle_name": "Middle Name",
                "family_name": "Last Name", "birth_date": "DOB", "sex": "Gender",
                "email": "E-Mail", "phone": "Phone No.",
            },
        ),
    ],
)  # fmt: skip
def test_headings_in_both_languages_are_known(
    tmp_path: Path, header: str, id_column: str, expected: dict[str, str | tuple[str, ...]]
) -> None:
    width = header.count(",") + 1
    rows = "\n".join(",".join([f"x{n}"] * width) for n in range(3))

    guess = guess_of(tmp_path, f"{header}\n{rows}\n")

    assert guess.id_column == id_column
    assert fields_of(guess) == {
        name: (columns,) if isinstance(columns, str) else columns
        for name, columns in expected.items()
    }


def test_what_headings_do_not_say_is_seen_in_the_values(tmp_path: Path) -> None:
    guess = guess_of(
        tmp_path,
        "a,氏名,c,d,e,f\n"
        "k1,佐藤 花,ｻﾄｳ ﾊﾅ,H26.4.2,女,335-0021\n"
        "k2,鈴木 空,ｽｽﾞｷ ｿﾗ,H27.12.1,男,335-0022\n",
    )

    assert guess.id_column == "a"
    assert fields_of(guess) == {
        "full_name": ("氏名",),
        "full_name_kana": ("c",),
        "birth_date": ("d",),
        "sex": ("e",),
        "postcode": ("f",),
    }


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (("04/25/2014", "01/02/2015"), DateOrder.MDY),
        (("25/04/2014", "01/02/2015"), DateOrder.DMY),
        (("2014/04/25", "2015/02/01"), None),
    ],
)
def test_the_order_of_slashed_dates_is_seen(
    tmp_path: Path, dates: tuple[str, str], order: DateOrder | None
) -> None:
    rows = "".join(f"{n},A B,{date}\n" for n, date in enumerate(dates))

    assert guess_of(tmp_path, "id,name,birthday\n" + rows).date_order is order


def test_a_file_of_facts_only_identifies_nobody(tmp_path: Path) -> None:
    assert not guess_of(tmp_path, "児童生徒ID,年月,欠席日数\n1,2026-04,2\n").identifies


def test_a_column_with_repeated_values_is_no_id(tmp_path: Path) -> None:
    guess = guess_of(tmp_path, "番号,氏名\n1,A B\n1,C D\n")

    assert guess.id_column == "氏名" or not guess.id_column


def test_the_first_mapping_is_a_valid_one_with_comments(tmp_path: Path) -> None:
    text = '番号,氏"名\\,氏名,生年月日\n1,x,佐藤 花,2014-04-02\n2,x,鈴木 空,2014-04-03\n'
    guess = guess_of(tmp_path, text)

    written = as_toml("a.csv", "cp932", guess)
    (tmp_path / "a.toml").write_text(written, encoding="utf-8")

    assert "確かめてください" in written
    mapping = load_department(tmp_path / "a.toml")
    assert mapping.source.id_column == "番号"
    assert mapping.source.encoding == "cp932"
    assert tomllib.loads(written)["fields"] == {"full_name": "氏名", "birth_date": "生年月日"}


def test_without_a_possible_id_the_mapping_says_so(tmp_path: Path) -> None:
    guess = guess_of(tmp_path, "氏名,生年月日\n佐藤 花,2014-04-02\n佐藤 花,2014-04-02\n")

    assert guess.id_column == ""
    assert "# id =" in as_toml("a.csv", "utf-8-sig", guess)
