"""People under a protection measure: their whereabouts are not even read on (P-11)."""

from pathlib import Path

from nodes.ingest.department import load_department
from nodes.intake import take_in

_MAPPING = """
file = "roll.csv"
id = "no"
protected = "支援措置"
[fields]
full_name = "氏名"
full_name_kana = "カナ"
birth_date = "生年月日"
address = "住所"
postcode = "郵便番号"
phone = "電話"
household_number = "世帯番号"
"""
_ROLL = """no,氏名,カナ,生年月日,住所,郵便番号,電話,世帯番号,支援措置
1,山田 花子,ヤマダ ハナコ,2015-04-03,北町1-2-3,335-0001,048-111-2222,71,DV等支援措置
2,佐藤 一郎,サトウ イチロウ,2014-05-04,南町4-5-6,335-0002,,72,なし
3,鈴木 二葉,スズキ フタバ,2013-06-05,東町7-8-9,335-0003,,73,
4,山田 花子,ヤマダ ハナコ,2015-04-03,西町9-9-9,335-0009,,71,
"""


def _write(folder: Path) -> Path:
    (folder / "roll.csv").write_text(_ROLL, encoding="utf-8")
    path = folder / "residents.toml"
    path.write_text(_MAPPING, encoding="utf-8")
    return path


def test_a_protected_persons_address_never_reaches_the_encoder(tmp_path: Path) -> None:
    records = take_in(load_department(_write(tmp_path))).records

    (record,) = records.protected
    person = records.persons[record]
    assert (person.town, person.block, person.postcode, person.phone) == ("", "", "", "")
    assert person.household_number == ""
    assert person.family_kana


def test_a_second_row_of_the_same_person_gives_no_address_either(tmp_path: Path) -> None:
    records = take_in(load_department(_write(tmp_path))).records

    assert records.record_of_row[0] == records.record_of_row[3]
    assert all("9" not in records.persons[record].block for record in records.protected)


def test_others_keep_their_address(tmp_path: Path) -> None:
    records = take_in(load_department(_write(tmp_path))).records

    assert records.persons[records.record_of_row[1]].block
    assert records.persons[records.record_of_row[2]].block
