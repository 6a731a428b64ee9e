"""Which encoding an extract is in: declared, by its byte order mark, or by strict trial.

Municipal systems write cp932 ("Shift_JIS" with vendor characters) or UTF-8; plain
shift_jis fails on 髙﨑①～ (DOMAIN 3.1), so it is read as cp932.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import Final

from nodes.errors import BrokenLine, BrokenLinesError, UnreadableFileError
from privacy.errors import Text

_ALIASES: Final = {"shift_jis": "cp932", "utf-8": "utf-8-sig"}
_FEW_LINES: Final = 3
_FEW_SHARE: Final = 0.05
_SAMPLE_BYTES: Final = 200_000
_HALF_WIDTH_KANA: Final = re.compile("[\uff61-\uff9f]")
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]")
SHOWN_LINES: Final = 10


def decode(path: Path, data: bytes, declared: str = "") -> tuple[str, str]:
    """Return the text of *data* and the encoding that read it.

    Args:
        path: named in errors only.
        data: the whole file.
        declared: the mapping's ``encoding``; empty to detect.

    Raises:
        UnreadableFileError: the declared encoding is unknown or not the file's.
        BrokenLinesError: some lines hold bytes that the encoding does not have.
    """
    encoding = _declared(path, data, declared) if declared else _detect(data)
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError as error:
        raise _broken(path, data, encoding) from error


def _declared(path: Path, data: bytes, declared: str) -> str:
    try:
        name = codecs.lookup(declared).name
        "".encode(name)
    except LookupError as error:
        raise UnreadableFileError(
            Text(
                f"{path}: 文字コード「{declared}」は知られていません。",
                f"{path}: the encoding `{declared}` is unknown.",
            ),
            Text(
                "cp932、utf-8 などとするか、encoding の行を消して自動判別にしてください。",
                "Write cp932 or utf-8, or delete `encoding` to have it detected.",
            ),
        ) from error
    name = _ALIASES.get(name, name)
    found = _detect(data)
    # UTF-8 read as cp932 often decodes, to nonsense; the reverse never does.
    mistaken = name == "cp932" and found == "utf-8-sig" and not data.isascii()
    if not mistaken and _bad_share(data, name) <= _FEW_SHARE:
        return name
    if not mistaken and _bad_share(data, found) > 0:
        return name
    raise UnreadableFileError(
        Text(
            f"{path}: 文字コードは {declared} とされていますが、中身は {found} です。",
            f"{path}: declared as {declared}, but it is {found}.",
        ),
        Text(
            f'encoding = "{found}" に直してください。',
            f'Set encoding = "{found}" in the mapping.',
        ),
    )


def _detect(data: bytes) -> str:
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if data.startswith(mark):
            return encoding
    if _bad_share(data, "utf-8-sig") == 0:
        return "utf-8-sig"
    if _bad_share(data, "cp932") == 0:
        return _guess(data, ("cp932", "euc_jp")) if _may_be_euc(data) else "cp932"
    nearest = min(("utf-8-sig", "cp932"), key=lambda name: _bad_share(data, name))
    if _bad_share(data, nearest) <= _FEW_SHARE:
        return nearest
    return _guess(data, ()) or nearest


def _may_be_euc(data: bytes) -> bool:
    """Tell whether cp932 reads the file as mostly half-width kana where EUC-JP reads it too."""
    sample = data[:_SAMPLE_BYTES].decode("cp932", errors="ignore")
    strange = len(_NOT_ASCII.findall(sample))
    mostly_kana = len(_HALF_WIDTH_KANA.findall(sample)) * 2 > strange > 0
    return mostly_kana and _bad_share(data, "euc_jp") == 0


def _guess(data: bytes, among: tuple[str, ...]) -> str:
    """Let charset-normalizer have the last word; empty when it has none."""
    from charset_normalizer import from_bytes  # noqa: PLC0415 - slow to import, rarely needed

    best = from_bytes(data[:_SAMPLE_BYTES], cp_isolation=list(among) or None).best()
    if best is None:
        return among[0] if among else ""
    return best.encoding


def _lines(data: bytes) -> list[bytes]:
    # No encoding tried here has the byte 0x0A inside a character.
    return data.split(b"\n")


def _bad_lines(data: bytes, encoding: str) -> list[int]:
    bad = []
    for number, line in enumerate(_lines(data), start=1):
        try:
            line.decode(encoding)
        except UnicodeDecodeError:
            bad.append(number)
    return bad


def _bad_share(data: bytes, encoding: str) -> float:
    """Return the share of lines that *encoding* cannot read; a few lines count as few."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        pass
    else:
        return 0.0
    if encoding.startswith(("utf-16", "utf_16", "utf-32", "utf_32")):
        return 1.0
    lines = _lines(data)
    bad = len(_bad_lines(data, encoding))
    if bad <= _FEW_LINES and bad * 4 <= len(lines):
        return min(_FEW_SHARE, max(bad, 1) / len(lines))
    return max(bad, 1) / len(lines)


def _broken(path: Path, data: bytes, encoding: str) -> BrokenLinesError:
    what = Text(
        f"{encoding} として読めない文字があります", f"holds bytes that {encoding} does not have"
    )
    lines = tuple(BrokenLine(number, what) for number in _bad_lines(data, encoding))
    return broken_lines(
        path,
        lines or (BrokenLine(1, what),),
        Text(
            "元のシステムから出力し直すか、その行の文字を直すか、"
            "対応表の encoding に正しい文字コードを書いてください。",
            "Export it again, mend those lines, or name the right `encoding` in the mapping.",
        ),
    )


def broken_lines(path: Path, lines: tuple[BrokenLine, ...], fix: Text) -> BrokenLinesError:
    """Return the error that names the first broken *lines* of *path* and counts the rest."""
    shown = lines[:SHOWN_LINES]
    ja = "、".join(f"{line.line}行目（{line.what.ja}）" for line in shown)
    en = "; ".join(f"line {line.line}: {line.what.en}" for line in shown)
    rest = len(lines) - len(shown)
    if rest:
        ja, en = f"{ja}、ほか{rest}行", f"{en}; and {rest} more"
    return BrokenLinesError(
        Text(
            f"{path}: 読めない行があるため、何も取り込みませんでした。{ja}。",
            f"{path}: nothing was imported, because some lines cannot be read. {en}.",
        ),
        lines,
        fix,
    )
