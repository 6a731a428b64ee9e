"""Which blocks this node's dummies pad in a link epoch, kept with it and only added to.

A block's padded size, and how far it lies beyond the real one, are a secret of the epoch
(`privacy.encoding.labels`).  What is kept are full labels, so that another number of bits
in a later plan of the epoch only makes blocks finer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nodes.config import PolicyConfig
from nodes.epoch_rows import LEAST_DUMMIES
from nodes.store import Tables
from privacy.encoding.batch import Labels
from privacy.encoding.encoder import Encoder, salt_value
from privacy.encoding.labels import Padding, blocks_of_labels
from privacy.encoding.tokens import block_labels
from privacy.linkage.conditions import Conditions
from privacy.normalise.person import Person
from privacy.plan import Plan


def pad(
    tables: Tables,
    plan: Plan,
    encoder: Encoder,
    persons: Sequence[Person],
    secret: bytes,
    policy: PolicyConfig,
    now: str,
) -> Labels:
    """Return the labels of the epoch's dummies, after adding those that *persons* ask for."""
    keys, bits = encoder.link_keys, Conditions.of(plan).bits
    padding = Padding(secret, (keys.city_epoch, keys.link_epoch), bits, policy.block_padding)
    first = encoder.schema.passes[0]
    salts = [salt_value(first, person) for person in persons]
    real = blocks_of_labels(block_labels(keys, first.name, salts), bits)
    known = dummy_labels(tables, plan)
    least = max(LEAST_DUMMIES, len(persons) * policy.dummy_share_percent // 100)
    blocks = padding.extended(real, blocks_of_labels(known, bits), least)
    labels = np.concatenate([known, padding.labels_of(blocks[len(known) :], len(known))])
    tables.documents.put(_name(plan.link_epoch), now, labels.astype("<u8").tobytes())
    return labels


def dummy_labels(tables: Tables, plan: Plan) -> Labels:
    """Return the label of each dummy of the plan's epoch, by number; none where none is kept."""
    kept = tables.documents.get(_name(plan.link_epoch)) or b""
    return np.frombuffer(kept, dtype="<u8").astype(np.uint64)


def forget_padding(tables: Tables, epoch: int) -> None:
    """Forget the padding of a closed epoch."""
    tables.documents.remove(_name(epoch))


def _name(epoch: int) -> str:
    return f"padding/{epoch}"
