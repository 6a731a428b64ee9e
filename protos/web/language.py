"""Japanese first, English second: a page's language and its translations.

Templates are written in Japanese; `locale/en.po` beside them holds the English.
The .po file is read as it is, so nothing has to be compiled.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po
from starlette.requests import Request

from privacy.errors import Language, Text

COOKIE = "enishi_language"


@cache
def _english(po: Path) -> dict[str, str]:
    with po.open("rb") as handle:
        catalog = read_po(handle, locale="en")
    return {str(m.id): str(m.string) for m in catalog if m.id and m.string}


class Translator:
    """Translates page texts with the catalogues of one service and of the frame."""

    def __init__(self, catalogues: Iterable[Path]) -> None:
        """Use the .po files *catalogues*, the first that knows a text wins."""
        self._catalogues = tuple(catalogues)

    def text(self, japanese: str, language: Language) -> str:
        """Return *japanese* or its English; an unknown text stays as it is."""
        if language == "ja":
            return japanese
        found = (_english(po).get(japanese) for po in self._catalogues)
        return next((text for text in found if text), japanese)


def language_of(request: Request) -> Language:
    """Return the language that the query, the cookie or the default chooses."""
    chosen = request.query_params.get("lang") or request.cookies.get(COOKIE)
    return "en" if chosen == "en" else "ja"


def pick(text: Text, language: Language) -> str:
    """Return *text* in *language*; for templates."""
    return text.in_language(language)
