"""Every text of every page has its English."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

import coordinator.web
import nodes.web
import protos.web
from coordinator.web import words
from protos.web.language import Translator

FRAME = Path(protos.web.__file__).parent
SERVICES = {
    "coordinator": (Path(coordinator.web.__file__).parent, words.texts()),
    "nodes": (Path(nodes.web.__file__).parent, frozenset[str]()),
    "frame": (FRAME, frozenset[str]()),
}
JAPANESE = re.compile(r'"([^"]*[\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff][^"]*)"')
NAMES_OF_LANGUAGES = {"日本語"}


def texts_of(folder: Path) -> set[str]:
    """Return what the templates and modules of *folder* translate or say in Japanese."""
    found = set()
    for template in (folder / "templates").glob("*.html"):
        with template.open("rb") as handle:
            found |= {str(m) for _, _, m, _ in babel_extract(handle, ["_"], [], {}) if m}
        # Texts that reach `_` through a variable: `set heading`, lists of links.
        found |= set(JAPANESE.findall("\n".join(tags(template.read_text(encoding="utf-8")))))
    for module in folder.glob("app.py"):
        found |= set(JAPANESE.findall(module.read_text(encoding="utf-8")))
    return found


def tags(source: str) -> list[str]:
    return re.findall(r"\{[{%].*?[%}]\}", source, flags=re.DOTALL)


@pytest.mark.parametrize("service", SERVICES)
def test_every_text_of_a_page_has_its_english(service: str) -> None:
    folder, said = SERVICES[service]
    translator = Translator([folder / "locale" / "en.po", FRAME / "locale" / "en.po"])

    wanted = texts_of(folder) | said

    assert len(wanted) > 3
    missing = {text for text in wanted if translator.text(text, "en") == text}
    assert missing - NAMES_OF_LANGUAGES == set()


@pytest.mark.parametrize("service", SERVICES)
def test_no_template_shows_japanese_that_bypasses_translation(service: str) -> None:
    folder, _ = SERVICES[service]
    for template in (folder / "templates").glob("*.html"):
        source = template.read_text(encoding="utf-8")
        bare = re.sub(r"\{[{%#].*?[%}#]\}", "", source, flags=re.DOTALL)
        left = set(re.findall(r"[\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff]+", bare))
        assert left <= {"縁", *NAMES_OF_LANGUAGES}, template.name


@pytest.mark.parametrize("service", SERVICES)
def test_a_catalogue_holds_each_text_once_and_none_that_is_not_used(service: str) -> None:
    folder, said = SERVICES[service]
    path = folder / "locale" / "en.po"
    with path.open("rb") as handle:
        known = [str(m.id) for m in read_po(handle, locale="en") if m.id]

    source = path.read_text(encoding="utf-8")
    assert source.count("\nmsgid ") == len(known), "a text stands there twice"
    assert set(known) <= texts_of(folder) | said
