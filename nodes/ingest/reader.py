"""Read an extract as text: CSV in the encodings of municipal systems, xlsx, xls, ods.

A file is read whole or not at all: every broken line is reported with its number,
and none of the file is used.  Only the wanted columns are kept (200,000 rows of
15 columns: about a second and 100 MB).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from nodes.errors import BrokenLine, MappingError, UnreadableFileError
from nodes.ingest.department import nearest
from nodes.ingest.encoding import broken_lines, decode
from nodes.ingest.workbook import WORKBOOKS, read_sheet
from privacy.errors import NOTHING, Text

_SAMPLE_ROWS: Final = 500
_LONG_CELL_LINES: Final = 20
_FIX_LINES: Final = Text(
    'その行の区切り文字と引用符（"）を直すか、元のシステムから出力し直してください。',
    "Mend the delimiters and quotes of those lines, or export the file again.",
)

Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The wanted columns of one file, as text, in the file's order.

    ``lines``: the line (or sheet row) of each row, from 1, header included.
    ``sample``: the first rows of every column, for detectors; never reported.
    """

    path: Path
    encoding: str
    header: tuple[str, ...]
    lines: tuple[int, ...]
    columns: dict[str, list[str]] = field(repr=False)
    sample: dict[str, list[str]] = field(repr=False)

    @property
    def rows(self) -> int:
        """Return the number of rows without the header."""
        return len(self.lines)


def read_table(
    path: Path,
    *,
    wanted: Collection[str] | None = None,
    encoding: str = "",
    sheet: str = "",
    needed_by: str = "",
    needs_rows: bool = True,
) -> Table:
    """Read *path*; keep the *wanted* columns (all of them when None).

    Args:
        path: a .csv, .tsv or .txt file, or a workbook.
        wanted: column names; a missing one is refused with the columns that exist.
        encoding: declared encoding of a text file; empty to detect.
        sheet: sheet of a workbook; empty for the first visible one with content.
        needed_by: what asked for the columns (the mapping's path), for the message.
        needs_rows: refuse a header alone; a file of events may have had none.

    Raises:
        UnreadableFileError: the file is missing, empty, damaged, or without rows.
        BrokenLinesError: lines cannot be read; all of them are listed.
        MappingError: a wanted column does not exist or exists twice.
    """
    if not path.is_file():
        raise UnreadableFileError(
            Text(f"{path} がありません。", f"{path} does not exist."),
            Text("対応表の file を直してください。", "Mend `file` in the mapping."),
        )
    if path.suffix.lower() in WORKBOOKS:
        used, rows = path.suffix.lower().lstrip("."), read_sheet(path, sheet)
        return _with_rows(_table(path, used, rows, wanted, needed_by), needs_rows)
    data = path.read_bytes()
    if not data.strip():
        raise UnreadableFileError(
            Text(f"{path} は空のファイルです。", f"{path} is empty."),
            Text("元のシステムから出力し直してください。", "Export it again."),
        )
    text, used = decode(path, data, encoding)
    del data
    return _with_rows(_table(path, used, _csv_rows(path, text), wanted, needed_by), needs_rows)


def _csv_rows(path: Path, text: str) -> Iterator[Row]:
    """Yield (line, cells); a broken line ends the reading after all have been found."""
    if "\0" in text:
        nul = Text("NUL 文字があります", "holds a NUL character")
        lines = tuple(
            BrokenLine(number, nul)
            for number, line in enumerate(text.split("\n"), start=1)
            if "\0" in line
        )
        raise broken_lines(path, lines, _FIX_LINES)
    first = text[: text.find("\n")] if "\n" in text else text
    delimiter = "\t" if "\t" in first else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    broken: list[BrokenLine] = []
    width, start = 0, 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error:
            broken.append(BrokenLine(start, _QUOTE))
            break
        if any(cells):
            width = width or len(cells)
            if problem := _misfit(cells, width, reader.line_num - start):
                broken.append(BrokenLine(start, problem))
            elif not broken:
                yield start, cells[:width]
        start = reader.line_num + 1
    if broken:
        raise broken_lines(path, tuple(broken), _FIX_LINES)


_QUOTE: Final = Text('引用符（"）が閉じていません', "a quote is not closed")


_FEWEST_HEADINGS: Final = 2
_TITLE_ROW: Final = Text(
    "。一行目は表題のようです。表題の行を消し、見出しの結合を解き、一行目を見出しにしてください。",
    " The first row looks like a title: remove title rows and merged cells, "
    "so that the headings are the first row.",
)


def _misfit(cells: Sequence[str], width: int, extra_lines: int) -> Text | None:
    """Return what is wrong with a row of *cells*, if anything; empty surplus cells are not."""
    if len(cells) >= width and not any(cells[width:]):
        return None
    if extra_lines >= _LONG_CELL_LINES:
        return _QUOTE
    return Text(
        f"見出しは{width}列、この行は{len(cells)}列です",
        f"the header has {width} columns, this line {len(cells)}",
    )


def _table(
    path: Path, encoding: str, rows: Iterator[Row], wanted: Collection[str] | None, needed_by: str
) -> Table:
    first = next(rows, None)
    if first is None:
        raise UnreadableFileError(
            Text(f"{path} には見出しの行がありません。", f"{path} has no header line."),
            Text("1行目に列の名前を置いてください。", "Put the column names on line 1."),
        )
    header = tuple(cell.strip().lstrip("\ufeff") for cell in first[1])
    names = unique_names(header) if wanted is None else tuple(dict.fromkeys(wanted))
    refuse_missing(path, header, names, needed_by)
    places = [header.index(name) for name in names]
    kept: list[list[str]] = [[] for _ in names]
    sample: list[list[str]] = [[] for _ in header]
    lines: list[int] = []
    for line, cells in rows:
        for place, column in zip(places, kept, strict=True):
            column.append(cells[place])
        if len(lines) < _SAMPLE_ROWS:
            for column, cell in zip(sample, cells, strict=True):
                column.append(cell)
        lines.append(line)
    return Table(
        path=path,
        encoding=encoding,
        header=header,
        lines=tuple(lines),
        columns=dict(zip(names, kept, strict=True)),
        sample={name: column for name, column in zip(header, sample, strict=True) if name},
    )


def _with_rows(table: Table, needed: bool) -> Table:
    if needed and not table.lines:
        path = table.path
        raise UnreadableFileError(
            Text(f"{path} には見出しだけで、行がありません。", f"{path} has a header but no rows."),
            Text(
                "出力の条件を確かめ、もう一度出力してください。",
                "Check the conditions of the export and export it again.",
            ),
        )
    return table


def unique_names(header: Sequence[str]) -> tuple[str, ...]:
    """Return the names in *header* that are not empty and occur once."""
    return tuple(name for name in header if name and header.count(name) == 1)


def refuse_missing(
    path: Path, header: Sequence[str], names: Collection[str], needed_by: str
) -> None:
    """Refuse *names* that *header* lacks or holds twice.

    Raises:
        MappingError: names the column, the columns that exist, and the nearest one.
    """
    place = f"{needed_by}: " if needed_by else ""
    for name in names:
        count = header.count(name)
        if count == 1:
            continue
        existing = ", ".join(column for column in header if column)
        if count:
            raise MappingError(
                Text(
                    f"{place}{path.name} に「{name}」という列が{count}つあります。",
                    f"{place}{path.name} has {count} columns named `{name}`.",
                ),
                Text(
                    "列の名前を一つずつ違うものにして出力し直してください。",
                    "Give each column its own name and export it again.",
                ),
            )
        ja, en = nearest(name, [column for column in header if column])
        hint = _TITLE_ROW if sum(map(bool, header)) < _FEWEST_HEADINGS else NOTHING
        raise MappingError(
            Text(
                f"{place}{path.name} に「{name}」という列はありません。{ja}",
                f"{place}{path.name} has no column `{name}`.{en}",
            ),
            Text(f"ある列: {existing}{hint.ja}", f"Its columns are: {existing}.{hint.en}"),
        )
