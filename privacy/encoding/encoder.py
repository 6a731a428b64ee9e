"""Encode a department's persons: views and tokens of PROTOCOL 2, ready to leave the node.

For each view: fields -> grams -> gram ids -> positions under the record's salt value ->
a 1,024-bit filter -> hardening.  The result tells its holder which records are equal or
near under one salt, and nothing of the text without the link keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from privacy.encoding.batch import Batch, Codes, Labels, Tokens, concatenate
from privacy.encoding.filters import Content, Salts, build_filters
from privacy.encoding.grams import ANY, GramTable
from privacy.encoding.hardening import Hardening, harden
from privacy.encoding.kernels import Kernels, fastest
from privacy.encoding.schema import FieldKind, Pass, Schema, View
from privacy.encoding.sharpening import SignMatrix
from privacy.encoding.tokens import block_labels, drop_repeated, record_tokens
from privacy.keys import LinkKeys
from privacy.normalise.person import Person

CHUNK = 50_000
"""Records encoded at a time: about 100 MB of work arrays, whatever the department's size."""
SEPARATOR = "|"
"""Between the parts of a salt value made of several fields."""


class Encoder:
    """Encodes persons under one schema and one link epoch's keys.

    Keeps gram ids of the values it has seen between calls (for the epoch, in memory).
    """

    def __init__(self, schema: Schema, link_keys: LinkKeys, kernels: Kernels | None = None) -> None:
        """Prepare to encode; *kernels* chooses an implementation, else the fastest is taken."""
        self.schema = schema
        self.link_keys = link_keys
        self._kernels = kernels
        self._columns = _columns(schema)
        self._tables = [
            GramTable(schema.field(name), link_keys.ngram(), ANY if order_free else name)
            for name, order_free in self._columns
        ]
        self._order = {column: at for at, column in enumerate(self._columns)}
        self._matrices: dict[str, SignMatrix] = {}

    def encode(
        self, persons: Sequence[Person], department: str, passes: Sequence[str] = ("first",)
    ) -> Batch:
        """Return the encodings of *persons*, rows in the order given.

        The node shuffles before, and has resolved its own duplicates: a token that still
        occurs twice among *persons* is dropped.

        Raises:
            BadInputError: the schema has no such pass.
        """
        encoded = self.views(persons, department, passes)
        return replace(encoded, tokens=self.tokens(persons))

    def tokens(self, persons: Sequence[Person]) -> dict[str, Tokens]:
        """Return the tokens of *all* persons of a department; what occurs twice is dropped."""
        tokens = record_tokens(self.link_keys, persons)
        return {kind: drop_repeated(values) for kind, values in tokens.items()}

    def views(
        self, persons: Sequence[Person], department: str, passes: Sequence[str] = ("first",)
    ) -> Batch:
        """Return the views of *persons* without tokens: each row's depend on no other row.

        Raises:
            BadInputError: the schema has no such pass.
        """
        salt_passes = [self.schema.get_pass(name) for name in passes]
        starts = range(0, max(len(persons), 1), CHUNK)
        parts = [self._views(persons[at : at + CHUNK], department, salt_passes) for at in starts]
        return concatenate(parts)

    def _views(
        self, persons: Sequence[Person], department: str, salt_passes: Sequence[Pass]
    ) -> Batch:
        """Return the views and labels of *persons*, without tokens."""
        views: dict[str, Codes] = {}
        labels: dict[str, Labels] = {}
        content = self._content(persons)
        for salt_pass in salt_passes:
            salts = [salt_value(salt_pass, person) for person in persons]
            salted = np.array([salt is not None for salt in salts], dtype=np.bool_)
            if self.schema.labels and salt_pass.salt:
                labels[salt_pass.name] = block_labels(self.link_keys, salt_pass.name, salts)
            groups = Salts.of([salt or "" for salt in salts])
            for view in salt_pass.views:
                view_id = f"{salt_pass.name}/{view.name}"
                present = salted & self._has_content(view, content)
                columns = [self._order[name, view.order_free] for name in view.fields]
                chosen = content.of_fields(columns)
                views[view_id] = self.encode_view(salt_pass, view_id, chosen, groups, present)
        return Batch(department, len(persons), {}, views, labels)

    def encode_view(
        self,
        salt_pass: Pass,
        view_id: str,
        content: Content,
        salts: Salts,
        present: NDArray[np.bool_],
    ) -> Codes:
        """Return the codes of one view; rows that are not *present* are all zero."""
        kernels = self._kernels or fastest()
        salt_key = self.link_keys.salt(view_id)
        filters = build_filters(content, salts, present, salt_key, kernels)
        if salt_pass.hardening is Hardening.SHARPEN:
            codes = self._matrix(view_id, salt_pass.fold).sharpen(filters, kernels)
        else:
            codes = harden(salt_pass.hardening, filters, self.link_keys.hardening(view_id))
        codes[~present] = 0
        return codes

    def _content(self, persons: Sequence[Person]) -> Content:
        """Return the grams of all fields of the schema, once more where a view is order-free."""
        starts, counts, hashes, ids, offset = [], [], [], [], 0
        names = dict.fromkeys(name for name, _ in self._columns)
        values = {name: list(map(attrgetter(name), persons)) for name in names}
        for (name, _), table in zip(self._columns, self._tables, strict=True):
            index = table.look_up(values[name])
            value_starts, value_counts, value_hashes = table.columns()
            starts.append(value_starts[index] + offset)
            counts.append(value_counts[index])
            hashes.append(value_hashes[index])
            ids.append(table.ids())
            offset += len(ids[-1])
        stacked = [np.stack(columns, axis=1) for columns in (starts, counts)]
        return Content(stacked[0], stacked[1], np.stack(hashes, axis=1), np.concatenate(ids))

    def _has_content(self, view: View, content: Content) -> NDArray[np.bool_]:
        """Tell which records say enough in *view* (see `View`)."""
        named = [self.schema.field(name) for name in view.fields]
        texts = [self._order[spec.name, False] for spec in named if spec.kind is FieldKind.QGRAM]
        enough = content.counts[:, texts].sum(axis=1) >= self.schema.min_grams
        for group in view.requires:
            columns = [self._order[name, False] for name in group]
            enough &= (content.counts[:, columns] > 0).any(axis=1)
        return np.asarray(enough, dtype=np.bool_)

    def _matrix(self, view_id: str, fold: int) -> SignMatrix:
        if view_id not in self._matrices:
            key = self.link_keys.sharpening(view_id)
            self._matrices[view_id] = SignMatrix.from_key(key, self.schema.length, fold)
        return self._matrices[view_id]


def salt_value(salt_pass: Pass, person: Person) -> str | None:
    """Return the salt value of *person* in *salt_pass*; None where a part of it is missing."""
    parts = [str(getattr(person, name)) for name in salt_pass.salt]
    ordered = sorted(parts) if salt_pass.order_free else parts
    return SEPARATOR.join(ordered) if all(parts) else None


def _columns(schema: Schema) -> tuple[tuple[str, bool], ...]:
    """Return field and whether its grams are order-free: the schema's, then those views need."""
    needed = {
        (name, True) for p in schema.passes for v in p.views if v.order_free for name in v.fields
    }
    return (*((spec.name, False) for spec in schema.fields), *sorted(needed))
