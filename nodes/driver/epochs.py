"""Link epochs at a node: begun, in force, closed; their secret in the keystore, their rows.

The epoch's secret draws the dummies and keys the digests of what was sent.  It is
destroyed when the epoch closes: then nobody, this node included, can say which of the
rows that the coordinator once held were dummies.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

from nodes.blanks import draw_patterns, like
from nodes.driver.context import NodeContext
from nodes.encoder import Dummies
from nodes.epoch_policy import EpochSituation, EpochState, StoredEpoch, check_epoch
from nodes.epoch_rows import LEAST_DUMMIES, EpochRows, following, sent_digests
from nodes.padding import forget_padding, pad
from nodes.store import Tables
from privacy.audit import EntryKind
from privacy.encoding.batch import Tokens
from privacy.encoding.dummies import DummySource
from privacy.encoding.encoder import Encoder
from privacy.errors import RefusedError, Text
from privacy.linkage.epoch_terms import epoch_terms_of
from privacy.normalise.person import Person
from privacy.plan import Plan

FOLDER = "epochs"
SECRET_BYTES = 32


def asked_name(epoch: int) -> str:
    """Return the document that lists which rows later passes of an epoch have asked for."""
    return f"asked-in-epoch/{epoch}"


def secret_name(epoch: int) -> str:
    """Return the keystore name of the secret of link epoch *epoch*."""
    return f"{FOLDER}/{epoch}"


def check_link_epoch(context: NodeContext, tables: Tables, plan: Plan) -> None:
    """Check a link plan's epoch against what this node knows and allows.

    Raises:
        RefusedError: a rule does not allow it, or there is no city key.
        BadInputError: the plan's terms cannot be read.
    """
    newest = tables.epochs.newest_in_force()
    base = epoch_terms_of(plan).base
    situation = EpochSituation(
        known=tables.epochs.get(plan.link_epoch),
        newest=newest.epoch if newest else 0,
        city_epoch=context.roster(tables).city_epoch,
        has_base=context.config.sealed or tables.epochs.rows(base) is not None,
        most_code_days=context.config.policy.max_code_days,
    )
    check_epoch(plan, situation)


def begin(
    context: NodeContext, tables: Tables, plan: Plan, encoder: Encoder, persons: Sequence[Person]
) -> Dummies:
    """Return the dummies of the plan's epoch; seen for the first time, it is begun.

    Raises:
        RefusedError: the epoch is closed.
    """
    known = tables.epochs.get(plan.link_epoch)
    if known is None:
        known = StoredEpoch(
            plan.link_epoch,
            encoder.link_keys.city_epoch,
            EpochState.BEGUN,
            context.stamp(),
            _until(plan),
            patterns=draw_patterns(encoder, persons, secrets.token_bytes) if persons else b"",
            schema_digest=plan.schema_digest.hex(),
        )
        tables.epochs.add(known)
    if known.state is EpochState.CLOSED:
        raise RefusedError(
            Text(
                f"連携世代 {plan.link_epoch} は閉じています。",
                f"Link epoch {plan.link_epoch} is closed.",
            ),
            Text("新しい連携のラウンドを始めてください。", "Start a new link round."),
        )
    secret = context.keys.keep(secret_name(known.epoch), secrets.token_bytes(SECRET_BYTES))
    return Dummies(DummySource(secret), like(known.patterns, encoder.schema, context.node))


def rows_of_round(
    context: NodeContext,
    tables: Tables,
    plan: Plan,
    encoder: Encoder,
    persons: Sequence[Person],
    tokens: Mapping[str, Tokens],
) -> tuple[EpochRows, EpochRows | None]:
    """Return the rows of the plan's round, drawn once, and those of its base round if it has one.

    Raises:
        RefusedError: nothing was imported, or records changed since the round began.
    """
    digest, base_digest = plan.digest.hex(), epoch_terms_of(plan).base
    base = tables.epochs.rows(base_digest) if base_digest else None
    rows = tables.epochs.rows(digest)
    if rows is None:
        if not persons:
            raise RefusedError(
                Text("取り込んだ行がありません。", "Nothing has been imported here."),
                Text(
                    "`enishi node import` を先に行ってください。", "Run `enishi node import` first."
                ),
            )
        secret = context.keys.read(secret_name(plan.link_epoch))
        said = sent_digests(secret, encoder.schema, persons, tokens)
        percent = context.config.policy.dummy_share_percent
        least = LEAST_DUMMIES
        if encoder.schema.labels:
            policy = context.config.policy
            least = len(pad(tables, plan, encoder, persons, secret, policy, context.stamp()))
        rows = following(base, said, percent, secrets.token_bytes, least)
        tables.epochs.forget_rows(plan.link_epoch, {base_digest, digest})
        tables.epochs.keep_rows(digest, plan.link_epoch, rows, context.stamp())
    elif not rows.fits(len(persons)):
        raise RefusedError(
            Text(
                "計画の途中で取り込みが変わりました。", "The records changed since this plan began."
            ),
            Text("新しい連携の計画を始めてください。", "Start a new link round."),
        )
    return rows, base


def in_force(context: NodeContext, tables: Tables, plan: Plan) -> None:
    """Say that a slot table of the plan's epoch is in force: older epochs are over.

    Where the plan keeps no codes beyond the round, this epoch is over as well; the rows of
    the round stay until a newer one, for review names them.
    """
    city_epoch = context.roster(tables).city_epoch
    if tables.epochs.get(plan.link_epoch) is None:
        tables.epochs.add(
            StoredEpoch(
                plan.link_epoch,
                city_epoch,
                EpochState.BEGUN,
                context.stamp(),
                _until(plan),
                schema_digest=plan.schema_digest.hex(),
            )
        )
    terms = epoch_terms_of(plan)
    if terms.keeps_codes:
        tables.epochs.open(plan.link_epoch, _until(plan))
    for epoch in tables.epochs.all():
        over = epoch.epoch < plan.link_epoch
        over = over or (epoch.epoch == plan.link_epoch and not terms.keeps_codes)
        if over and epoch.state is not EpochState.CLOSED:
            _close(context, tables, epoch.epoch)
        if epoch.epoch < plan.link_epoch:
            tables.epochs.forget_rows(epoch.epoch, ())


def close(context: NodeContext, epoch: int) -> None:
    """Close *epoch*: the coordinator says that it has destroyed what it held of it."""
    with context.store.transaction() as tables:
        known = tables.epochs.get(epoch)
        if known is not None and known.state is not EpochState.CLOSED:
            _close(context, tables, epoch)
            tables.epochs.forget_rows(epoch, ())
    destroy_closed(context)


def close_all(context: NodeContext, tables: Tables) -> None:
    """Close every epoch: a new city key has made all link keys new."""
    for epoch in tables.epochs.all():
        if epoch.state is not EpochState.CLOSED:
            _close(context, tables, epoch.epoch)
        tables.epochs.forget_rows(epoch.epoch, ())


def destroy_closed(context: NodeContext) -> None:
    """Close epochs whose day has passed; destroy the secrets of all that are closed."""
    today = context.now().date().isoformat()
    with context.store.transaction() as tables:
        for epoch in tables.epochs.all():
            if epoch.state is EpochState.OPEN and epoch.codes_until < today:
                _close(context, tables, epoch.epoch)
                tables.epochs.forget_rows(epoch.epoch, ())
        closed = {e.epoch for e in tables.epochs.all() if e.state is EpochState.CLOSED}
    for name in context.keys.names(FOLDER):
        if name in {secret_name(epoch) for epoch in closed}:
            context.keys.destroy(name)


def _close(context: NodeContext, tables: Tables, epoch: int) -> None:
    tables.epochs.close(epoch, context.stamp())
    forget_padding(tables, epoch)
    tables.documents.remove(asked_name(epoch))
    context.log(tables, EntryKind.CHANGED, "epoch-closed", link_epoch=epoch)


def _until(plan: Plan) -> str:
    until = epoch_terms_of(plan).codes_until
    return until.isoformat() if until else ""
