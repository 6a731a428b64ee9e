"""Sheets of xlsx, xls and ods files as text, through python-calamine.

Numbers lose the ``.0`` that spreadsheets give them, dates become ISO text, and the
furigana that a cell may carry is not mixed into its value (DOMAIN 3.1).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from nodes.errors import MappingError, UnreadableFileError
from nodes.ingest.department import nearest
from privacy.errors import Text

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

WORKBOOKS: Final = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
"""File name endings that are read as workbooks."""


def read_sheet(path: Path, name: str = "") -> Iterator[tuple[int, list[str]]]:
    """Yield (sheet row from 1, cells as text) of one sheet; empty rows are left out.

    Args:
        path: the workbook.
        name: the sheet; empty for the first visible sheet that holds anything.

    Raises:
        UnreadableFileError: the file is damaged or protected by a password.
        MappingError: there is no such sheet.
    """
    from python_calamine import CalamineError, PasswordError, load_workbook  # noqa: PLC0415

    try:
        with load_workbook(path) as book:
            rows = _rows(_sheet(path, book, name))
    except PasswordError as error:
        raise UnreadableFileError(
            Text(f"{path} はパスワードで保護されています。", f"{path} is protected by a password."),
            Text("保護を外して保存してください。", "Save it without protection."),
        ) from error
    except (CalamineError, OSError) as error:
        raise UnreadableFileError(
            Text(f"{path} は表計算ファイルとして読めません。", f"{path} is no readable workbook."),
            Text("開いて保存し直すか、CSV で出力してください。", "Save it again, or as CSV."),
        ) from error
    yield from rows


def _sheet(path: Path, book: CalamineWorkbook, name: str) -> CalamineSheet:
    if name and name not in book.sheet_names:
        ja, en = nearest(name, book.sheet_names)
        listed = ", ".join(book.sheet_names)
        raise MappingError(
            Text(
                f"{path} に「{name}」というシートはありません。{ja}",
                f"{path} has no sheet `{name}`.{en}",
            ),
            Text(f"あるシート: {listed}", f"Its sheets are: {listed}."),
        )
    if name:
        return book.get_sheet_by_name(name)
    visible = [sheet.name for sheet in book.sheets_metadata if "Visible" in str(sheet.visible)]
    sheets = [book.get_sheet_by_name(sheet) for sheet in visible or book.sheet_names]
    return next((sheet for sheet in sheets if sheet.height), sheets[0])


def _rows(sheet: CalamineSheet) -> list[tuple[int, list[str]]]:
    first, _ = sheet.start or (0, 0)
    found: list[tuple[int, list[str]]] = []
    for number, row in enumerate(sheet.to_python(skip_empty_area=True), start=first + 1):
        cells = [cell_text(cell) for cell in row]
        if any(cells):
            found.append((number, cells))
    return found


def cell_text(cell: object) -> str:
    """Return a cell as the text that a CSV export of the same sheet would hold."""
    match cell:
        case bool():
            return "TRUE" if cell else "FALSE"
        case float():
            return str(int(cell)) if cell.is_integer() else repr(cell)
        case dt.datetime():
            midnight = cell.time() == dt.time()
            return cell.date().isoformat() if midnight else cell.isoformat(sep=" ")
        case _:
            return str(cell)
