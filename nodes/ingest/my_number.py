"""Refuse My Numbers (個人番号): no node may take one in, under whatever heading it comes.

Told by the column's name, or by its values: twelve digits with the right check
digit.  The law limits them to its own list of uses,
and record linkage for child support is not on it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from nodes.errors import MyNumberError
from nodes.ingest.reader import Table
from privacy.errors import Text
from privacy.normalise.my_number import is_my_number, looks_like_my_number

_NAMES: Final = re.compile(
    r"個人番号|マイナンバー|my[ _-]?number|individual[ _-]?number", re.IGNORECASE
)
_FEWEST: Final = 3
_MANY: Final = 10
"""From this many values most of them decide; from 3 to 9 all must pass (chance: 1 in 1331)."""


def refuse_my_numbers(table: Table) -> None:
    """Refuse *table* when one of its columns, mapped or not, holds My Numbers.

    Raises:
        MyNumberError: names the column.
    """
    for column, values in table.sample.items():
        by_name = _NAMES.search(unicodedata.normalize("NFKC", column)) is not None
        held = [value for value in values if value.strip()]
        by_value = looks_like_my_number(held) and (
            len(held) >= _MANY or (len(held) >= _FEWEST and all(map(is_my_number, held)))
        )
        if by_name or by_value:
            raise MyNumberError(
                Text(
                    f"{table.path}: 「{column}」列はマイナンバー（個人番号）のようです。"
                    "ファイル全体を取り込みません。",
                    f"{table.path}: the column `{column}` looks like My Numbers. "
                    "Nothing of the file is imported.",
                ),
                Text(
                    "その列を除いて出力し直し、このファイルは消してください。",
                    "Export it again without that column, and delete this file.",
                ),
            )
