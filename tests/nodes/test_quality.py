"""What normalisation did to a file: variants, losses, and how to mend them."""

import json
from pathlib import Path

from nodes.changes import WORDS, Change
from nodes.ingest.department import load_department
from nodes.ingest.mapping import read_rows
from nodes.quality import Quality, examine
from nodes.records import resolve_records

_MAPPING = """
file = "roll.csv"
id = "no"
[fields]
full_name = "氏名"
full_name_kana = "カナ"
birth_date = "生年月日"
"""
_ROLL = """no,氏名,カナ,生年月日
1,渡邊 太郎,ワタナベ タロウ,H26.4.2
2,髙﨑 花子,タカサキ ハナコ,平成26年13月1日
3,渡邉 次郎,ﾜﾀﾅﾍﾞ ｼﾞﾛｳ,2015/5/5
"""


def _quality(folder: Path, roll: str = _ROLL, mapping: str = _MAPPING) -> Quality:
    (folder / "roll.csv").write_text(roll, encoding="utf-8")
    path = folder / "school.toml"
    path.write_text(mapping, encoding="utf-8")
    raw = read_rows(load_department(path))
    return examine(raw, resolve_records(raw))


def test_written_variants_are_counted_with_what_they_became(tmp_path: Path) -> None:
    variants = {one: (other, count) for one, other, count in _quality(tmp_path).variants}

    assert variants == {"邊": ("辺", 1), "邉": ("辺", 1), "髙": ("高", 1), "﨑": ("崎", 1)}


def test_a_date_that_no_calendar_has_counts_as_lost(tmp_path: Path) -> None:
    found = _quality(tmp_path)
    dates = next(field for field in found.fields if field.name == "birth_date")

    assert (dates.written, dates.usable, dates.lost) == (3, 2, 1)
    assert any(count == 1 and fix.ja for _, fix, count in found.problem_texts())


def test_only_mapped_fields_are_judged(tmp_path: Path) -> None:
    names = {field.name for field in _quality(tmp_path).fields}

    assert names == {"family", "given", "family_kana", "given_kana", "birth_date"}


_MANY = """no,氏名,カナ,生年月日,氏,名,住所,番号,世帯主,性別
1,高橋陽菜,タカハシ ヒナ,2014-04-02,,,見本市架空町1-2-3,1234,,女
2,髙橋 陽菜,ﾀｶﾊｼ ﾋﾅ,H26.4.3,,,架空町一丁目2番3号コーポ見本201,0012,,女
3,,,2014/04/04,陽菜,鈴木,,,,女
4,田中 花子（旧姓 佐藤）,,20140405,,,,,,女
5,GARCIA MARIA CLARA 通称 田中マリア,,2014-04-06,,,見本市架空町4,,,女
6,〓田 翼,,2014-04-07,,,,,,男
7,太郎,,2014-04-08,,,,,山田 一郎,男
"""
_MANY_MAPPING = """
file = "roll.csv"
id = "no"
[fields]
full_name = "氏名"
full_name_kana = "カナ"
birth_date = "生年月日"
family_name = "氏"
given_name = "名"
address = "住所"
resident_number = "番号"
household_head_name = "世帯主"
sex = "性別"
"""


def test_every_kind_of_change_is_counted_with_lines_and_without_values(tmp_path: Path) -> None:
    text = _MANY.replace("3,,,2014/04/04,陽菜,鈴木", "3,,ヒナ スズキ,2014/04/04,陽菜,鈴木")
    found = _quality(tmp_path, text, _MANY_MAPPING)
    lines = {change.kind: change.lines for change in found.changes}

    assert lines[Change.SPLIT] == (2,)
    assert lines[Change.KANJI] == (3,)
    assert 3 in lines[Change.WIDTH]
    assert lines[Change.ERA] == (3,)
    assert lines[Change.DATE] == (4, 5)
    assert lines[Change.SWAPPED] == (4,)
    assert lines[Change.FORMER] == (5,)
    assert lines[Change.ALIAS] == (6,)
    assert lines[Change.MIDDLE] == (6,)
    assert lines[Change.LATIN] == (6,)
    assert lines[Change.GAIJI] == (7,)
    assert lines[Change.HEAD] == (8,)
    assert lines[Change.ADDRESS] == (3,)
    assert lines[Change.BUILDING] == (3,)
    assert lines[Change.NUMBER] == (3,)
    assert lines.keys() == set(Change) == set(WORDS)
    listed = json.dumps([change.to_json() for change in found.changes], ensure_ascii=False)
    assert not any(word in listed for word in ("陽菜", "鈴木", "GARCIA", "架空町", "2014"))


def test_a_kind_names_a_few_lines_only(tmp_path: Path) -> None:
    rows = "\n".join(f"{n},渡邊 {n},ワタナベ タロウ,2014-04-{n + 1:02}" for n in range(1, 20))
    found = _quality(tmp_path, f"no,氏名,カナ,生年月日\n{rows}\n")
    kanji = next(change for change in found.changes if change.kind is Change.KANJI)

    assert kanji.rows == 19
    assert kanji.lines == (2, 3, 4, 5, 6)
