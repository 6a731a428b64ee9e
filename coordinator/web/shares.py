"""Linked children by subgroup, from released noisy tables: shares with error bars, no exact count.

The coordinator holds no attribute of anybody.  What it can show by subgroup of children is
what a statistics round released: children of the anchor by their group and by how many other
departments hold them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from coordinator.web.figures import Figure, same
from privacy.errors import Text
from privacy.linkage.subgroups import MOVED_IN, PREFIX, VALUE_WORDS, WORDS
from privacy.statistics.query import NO_ROW, OTHERS

_NAMES = {f"{PREFIX}{kind}": words for kind, words in WORDS.items()} | {
    MOVED_IN: Text("転入の時期", "moved in"),
    OTHERS: Text("ほかに行のある部署の数", "other departments with a row"),
}


@dataclass(frozen=True, slots=True)
class Noisy:
    """A sum of released numbers and how far it may be off, at the release's coverage."""

    value: int
    half_width: int

    @classmethod
    def of(cls, cells: Iterable[Mapping[str, Any]]) -> Noisy:
        """Return the sum of *cells*; error bars grow with the root of their number."""
        found = list(cells)
        square = sum(cell["half_width"] ** 2 for cell in found)
        return cls(sum(cell["value"] for cell in found), int(-(-(square**0.5) // 1)))

    @property
    def shown(self) -> Text:
        """Return value and width."""
        return same(f"{self.value:,} ± {self.half_width:,}")


def dimension_words(name: str) -> Text:
    """Return the name of a released dimension; of the catalogue's items, their own."""
    return _NAMES.get(name, same(name))


def label_words(name: str, label: str) -> Text:
    """Return the name of a released label of the dimension *name*."""
    known = name.startswith(PREFIX) and name != OTHERS
    return VALUE_WORDS.get(label, same(label)) if known else same(label)


def share_figures(bodies: Iterable[bytes]) -> tuple[Figure, ...]:
    """Return a figure of each released body that counts children by departments."""
    read = [json.loads(body) for body in bodies]
    return tuple(
        _figure(at, body) for at, body in enumerate(read, 1) if OTHERS in body["dimensions"]
    )


def _figure(at: int, body: Mapping[str, Any]) -> Figure:
    dimensions = body["dimensions"]
    place = dimensions.index(OTHERS)
    others = [name for name in dimensions if name != OTHERS]
    groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for cell in body["cells"]:
        labels = cell["labels"]
        groups.setdefault((*labels[:place], *labels[place + 1 :]), []).append(cell)
    names = [dimension_words(name) for name in others]
    title = Text(
        "種類ごとのつながり(雑音つきの公開値): " + " × ".join(name.ja for name in names),
        "Links by kind of child (released with noise): " + " x ".join(name.en for name in names),
    )
    return Figure(
        f"released-{at}",
        title if names else Text("つながりの数(公開値)", "Links (released with noise)"),
        Text(
            f"数える基準の部署の子どもの数で、±は{100 * body['coverage_millionths'] / 1e6:.0f}%の"
            "誤差です。統括は、誰がどの種類かを知りません。",
            "Children of the anchor department; ± covers "
            f"{100 * body['coverage_millionths'] / 1e6:.0f} %. The coordinator does not know "
            "who is of which kind.",
        ),
        (
            Text("種類", "kind"),
            Text("子ども", "children"),
            Text("ほかの部署にもいる", "in another department"),
            Text("割合", "share"),
        ),
        tuple(_row(others, labels, cells, place) for labels, cells in groups.items()),
    )


def _row(
    names: list[str], labels: tuple[str, ...], cells: list[Mapping[str, Any]], place: int
) -> tuple[Text, ...]:
    words = [
        label_words(name, label) if label != NO_ROW else Text("行がない", "no row")
        for name, label in zip(names, labels, strict=True)
    ]
    every = Noisy.of(cells)
    linked = Noisy.of(cell for cell in cells if cell["labels"][place] != "0")
    return (
        Text(" / ".join(word.ja for word in words), " / ".join(word.en for word in words)),
        every.shown,
        linked.shown,
        _share(linked, every),
    )


def _share(part: Noisy, whole: Noisy) -> Text:
    """Return the share with cautious bounds, or that there are too few for the noise."""
    if whole.value <= 2 * whole.half_width:
        return Text("少なすぎる", "too few")
    share = part.value / whole.value
    width = (part.half_width + abs(share) * whole.half_width) / whole.value
    low, high = max(0.0, share - width), min(1.0, share + width)
    middle = min(max(share, 0.0), 1.0)
    return same(f"{100 * middle:.1f} % ({100 * low:.1f} – {100 * high:.1f})")
