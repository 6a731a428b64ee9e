"""Law as dated data: which article was in force on which day, and what it can carry.

The articles stand in `law/*.yaml` beside this module, so that a change of the law is a
change of data.  Nothing here is legal advice; gists are drafts for a city to check.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources

from privacy.errors import BadInputError, Text
from privacy.governance.document import Entry, read


class ArticleUse(StrEnum):
    """What an article can be the basis of."""

    INDIVIDUAL = "individual"
    STATISTICS = "statistics"
    ANY = "any"
    DUTY = "duty"  # It binds, but nothing can rest on it.


@dataclass(frozen=True, slots=True)
class Article:
    """One article of one law, in force from `valid_from` to `valid_until` (None: still)."""

    id: str
    name: Text
    gist: Text
    use: ArticleUse
    valid_from: dt.date
    valid_until: dt.date | None

    def in_force(self, on: dt.date) -> bool:
        """Tell whether the article is law on this day."""
        return self.valid_from <= on and (self.valid_until is None or on <= self.valid_until)


@dataclass(frozen=True, slots=True)
class Law:
    """All known articles."""

    articles: tuple[Article, ...]

    def article(self, article: str) -> Article:
        """Return the article with this id.

        Raises:
            BadInputError: no such article is known.
        """
        for each in self.articles:
            if each.id == article:
                return each
        known = ", ".join(each.id for each in self.articles)
        raise BadInputError(
            Text(
                f"条文「{article}」は登録されていません。", f"The article '{article}' is unknown."
            ),
            Text(f"使えるもの: {known}。", f"Known: {known}."),
        )


def _article(entry: Entry) -> Article:
    fields = entry.fields(
        need=(
            "id", "law_ja", "law_en", "article_ja", "article_en", "use", "valid_from",
            "gist_ja", "gist_en",
        ),
        may=("valid_until",),
    )  # fmt: skip
    until = fields.get("valid_until")
    return Article(
        id=fields["id"].text(),
        name=Text(
            fields["law_ja"].text() + fields["article_ja"].text(),
            f"{fields['law_en'].text()} {fields['article_en'].text()}",
        ),
        gist=Text(fields["gist_ja"].text(), fields["gist_en"].text()),
        use=fields["use"].choice(ArticleUse),
        valid_from=fields["valid_from"].day(),
        valid_until=None if until is None else until.day(),
    )


def read_law(text: str, document: str) -> Law:
    """Return the articles written in *text* (a YAML list).

    Raises:
        BadInputError: a wrong entry or a repeated id.
    """
    found: list[Article] = []
    for entry in read(text, document).sequence():
        article = _article(entry)
        if any(each.id == article.id for each in found):
            raise entry.error(Text("同じ条文が二度あります。", "the article stands twice."))
        found.append(article)
    return Law(tuple(found))


@cache
def shipped_law() -> Law:
    """Return the articles that come with the package."""
    folder = resources.files("privacy.governance") / "law"
    files = sorted(
        (each for each in folder.iterdir() if each.name.endswith(".yaml")),
        key=lambda each: each.name,
    )
    return Law(
        tuple(
            article
            for each in files
            for article in read_law(each.read_text(encoding="utf-8"), each.name).articles
        )
    )
