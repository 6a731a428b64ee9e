from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodes.errors import BrokenLinesError, MappingError, UnreadableFileError
from nodes.ingest.reader import read_table
from nodes.ingest.workbook import cell_text

ROWS = "番号,氏名,備考\n1,髙﨑 ①郎,あ\n2,佐藤 花,い\n"


def write(path: Path, text: str, encoding: str = "utf-8", newline: str = "") -> Path:
    path.write_text(text, encoding=encoding, newline=newline)
    return path


@pytest.mark.parametrize(
    ("written", "found"),
    [("utf-8", "utf-8-sig"), ("utf-8-sig", "utf-8-sig"), ("cp932", "cp932"), ("utf-16", "utf-16")],
)
def test_the_encodings_of_municipal_systems_are_detected(
    tmp_path: Path, written: str, found: str
) -> None:
    table = read_table(write(tmp_path / "a.csv", ROWS, written))

    assert table.encoding == found
    assert table.header == ("番号", "氏名", "備考")
    assert table.columns["氏名"] == ["髙﨑 ①郎", "佐藤 花"]
    assert table.lines == (2, 3)


def test_euc_jp_is_not_taken_for_half_width_kana(tmp_path: Path) -> None:
    text = "番号,氏名\n" + "".join(f"{n},山田太郎さんと佐藤花子さん\n" for n in range(50))

    table = read_table(write(tmp_path / "a.csv", text, "euc_jp"))

    assert table.columns["氏名"][0] == "山田太郎さんと佐藤花子さん"


def test_half_width_kana_stays_cp932(tmp_path: Path) -> None:
    text = "id,kana\n" + "".join(f"{n},ﾔﾏﾀﾞ ﾀﾛｳ\n" for n in range(50))

    table = read_table(write(tmp_path / "a.csv", text, "cp932"))

    assert (table.encoding, table.columns["kana"][0]) == ("cp932", "ﾔﾏﾀﾞ ﾀﾛｳ")


def test_declared_shift_jis_is_read_with_its_vendor_characters(tmp_path: Path) -> None:
    table = read_table(write(tmp_path / "a.csv", ROWS, "cp932"), encoding="shift_jis")

    assert table.columns["氏名"][0] == "髙﨑 ①郎"


@pytest.mark.parametrize(("written", "declared"), [("utf-8", "cp932"), ("cp932", "utf-8")])
def test_a_wrongly_declared_encoding_is_named_with_the_right_one(
    tmp_path: Path, written: str, declared: str
) -> None:
    path = write(tmp_path / "a.csv", ROWS * 30, written)

    with pytest.raises(UnreadableFileError) as caught:
        read_table(path, encoding=declared)

    right = "cp932" if written == "cp932" else "utf-8-sig"
    for language in ("ja", "en"):
        shown = caught.value.render(language)
        assert declared in shown
        assert f'encoding = "{right}"' in shown
        assert "a.csv" in shown


def test_an_unknown_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="klingon"):
        read_table(write(tmp_path / "a.csv", ROWS), encoding="klingon")


def test_lines_that_cannot_be_decoded_are_listed_and_nothing_is_read(tmp_path: Path) -> None:
    lines = ROWS.encode("cp932").split(b"\n")
    body = b"\n".join([*lines[:2], b"3,\x81\xff,x", *[lines[2]] * 40, b"9,\x81\xff,y"])
    (tmp_path / "a.csv").write_bytes(body)

    with pytest.raises(BrokenLinesError) as caught:
        read_table(tmp_path / "a.csv")

    assert [line.line for line in caught.value.lines] == [3, 44]
    assert "3行目" in caught.value.render("ja")
    assert "cp932" in caught.value.render("en")


def test_quoted_newlines_and_delimiters_belong_to_their_cell(tmp_path: Path) -> None:
    text = 'id,住所,名\r\n1,"上町1-2\r\nハイツ3号, 奥","A ""B"""\r\n2,下町,C\r\n'

    table = read_table(write(tmp_path / "a.csv", text))

    assert table.columns["住所"] == ["上町1-2\r\nハイツ3号, 奥", "下町"]
    assert table.columns["名"] == ['A "B"', "C"]
    assert table.lines == (2, 4)


def test_tabs_separate_where_the_header_has_them(tmp_path: Path) -> None:
    table = read_table(write(tmp_path / "a.tsv", "id\t名,号\n1\tA,B\n"))

    assert table.columns == {"id": ["1"], "名,号": ["A,B"]}


def test_blank_lines_and_surplus_empty_cells_do_no_harm(tmp_path: Path) -> None:
    table = read_table(write(tmp_path / "a.csv", "\nid,n\n1,A,,\n\n,\n2,B\n"))

    assert table.columns == {"id": ["1", "2"], "n": ["A", "B"]}
    assert table.lines == (3, 6)


def test_every_line_with_another_number_of_columns_is_listed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,n,m\n1,A,x\n2,B\n3,C,y\n4,D,z,w\n")

    with pytest.raises(BrokenLinesError) as caught:
        read_table(path)

    assert [line.line for line in caught.value.lines] == [3, 5]
    assert "line 3: the header has 3 columns, this line 2" in caught.value.render("en")
    assert "見出しは3列、この行は4列です" in caught.value.render("ja")


@pytest.mark.parametrize(
    "text",
    ['id,n\n1,A\n2,"B\n3,C\n', 'id,n\n1,A\n2,"B"C\n3,D\n', 'id,n\n1,A\n2,"' + "x\n" * 99_999],
)
def test_a_quote_that_is_not_closed_is_reported_where_it_begins(tmp_path: Path, text: str) -> None:
    with pytest.raises(BrokenLinesError) as caught:
        read_table(write(tmp_path / "a.csv", text))

    assert caught.value.lines[0].line == 3
    assert "a quote is not closed" in caught.value.render("en")


def test_a_nul_character_is_reported_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(BrokenLinesError) as caught:
        read_table(write(tmp_path / "a.csv", "id,n\n1,A\n2,\0\n"))

    assert [line.line for line in caught.value.lines] == [3]


def test_a_missing_column_is_refused_with_those_that_exist_and_the_nearest(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", ROWS)

    with pytest.raises(MappingError) as caught:
        read_table(path, wanted=("番号", "氏名（漢字）"), needed_by="school.toml")

    assert "school.toml" in caught.value.render("ja")
    assert "「氏名」のことですか" in caught.value.render("ja")
    assert "Its columns are: 番号, 氏名, 備考." in caught.value.render("en")


def test_a_wanted_column_that_exists_twice_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,n,n\n1,A,B\n")

    with pytest.raises(MappingError, match="2 columns named `n`"):
        read_table(path, wanted=("id", "n"))
    assert read_table(path).columns == {"id": ["1"]}


@pytest.mark.parametrize(
    ("text", "said"), [("", "is empty"), ("\n \n", "is empty"), ("id,n\n", "no rows")]
)
def test_a_file_without_rows_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UnreadableFileError, match=said):
        read_table(write(tmp_path / "a.csv", text))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="does not exist"):
        read_table(tmp_path / "none.csv")


def test_one_row_is_enough(tmp_path: Path) -> None:
    assert read_table(write(tmp_path / "a.csv", "id,n\n1,A")).rows == 1


def workbook(path: Path) -> Path:
    book = openpyxl.Workbook()
    cover = book.active
    assert cover is not None
    cover.title = "表紙"
    roll = book.create_sheet("名簿")
    for row in (
        ("番号", "氏名", "生年月日"),
        (3, "佐藤 花", dt.date(2014, 4, 2)),
        (),
        (4, "鈴木", ""),
    ):
        roll.append(row)
    book.save(path)
    return path


def test_a_workbook_reads_like_a_csv_of_its_first_sheet_with_content(tmp_path: Path) -> None:
    table = read_table(workbook(tmp_path / "a.xlsx"))

    assert table.columns == {
        "番号": ["3", "4"],
        "氏名": ["佐藤 花", "鈴木"],
        "生年月日": ["2014-04-02", ""],
    }
    assert table.lines == (2, 4)


def test_a_sheet_that_does_not_exist_is_refused_with_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(MappingError) as caught:
        read_table(workbook(tmp_path / "a.xlsx"), sheet="名簿2")

    assert "「名簿」のことですか" in caught.value.render("ja")


def test_a_damaged_workbook_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04 no workbook")

    with pytest.raises(UnreadableFileError, match="no readable workbook"):
        read_table(tmp_path / "a.xlsx")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (3.0, "3"),
        (1.5, "1.5"),
        (True, "TRUE"),
        ("", ""),
        (dt.date(2014, 4, 2), "2014-04-02"),
        (dt.datetime(2014, 4, 2), "2014-04-02"),  # noqa: DTZ001 -- cells have no zone
        (dt.datetime(2014, 4, 2, 8, 30), "2014-04-02 08:30:00"),  # noqa: DTZ001
    ],
)
def test_cells_become_the_text_of_a_csv_export(cell: object, text: str) -> None:
    assert cell_text(cell) == text


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1),
            st.text(st.characters(codec="utf-8", exclude_characters="\0")),
        ),
        min_size=1,
    )
)
def test_what_a_csv_writer_wrote_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("rows") / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "n"), *rows])

    table = read_table(path)

    assert list(zip(table.columns["id"], table.columns["n"], strict=True)) == rows


def test_a_title_row_above_the_headings_is_named_as_one(tmp_path: Path) -> None:
    path = tmp_path / "roll.csv"
    path.write_text(
        "令和8年度 名簿,,\n番号,氏名,生年月日\n1,山田 花子,2015-04-02\n", encoding="utf-8"
    )

    with pytest.raises(MappingError) as caught:
        read_table(path, wanted=["番号"])

    assert "表題" in caught.value.fix.ja
