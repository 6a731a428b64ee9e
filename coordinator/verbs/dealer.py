"""Verbs of `enishi dealer`: init, serve, status, roster sign."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coordinator.answer import Answer
from coordinator.authority import ends
from coordinator.config import DealerConfig
from coordinator.joining import CONFIG_FILE, join_as_dealer
from coordinator.membership import Membership
from coordinator.process import utc_now
from coordinator.process_keys import TLS_CERTIFICATE, ProcessKeys
from coordinator.store.engine import Database
from privacy.errors import Text
from privacy.identity import fingerprint
from privacy.roster import Roster
from protos.joinfile import JoinFile


def init(folder: Path, join: Path) -> Answer:
    """Join the federation of a join file as its dealer."""
    config = asyncio.run(join_as_dealer(folder, JoinFile.read(join)))
    return Answer(
        {"config": str(folder / CONFIG_FILE), "dealer": config.dealer, "city": config.city},
        [
            Text(
                f"連合 {config.city} にディーラー {config.dealer} として参加しました。",
                f"Joined the federation {config.city} as its dealer {config.dealer}.",
            ),
            Text(
                f"次: `enishi dealer serve --config {folder / CONFIG_FILE}`",
                f"Next: `enishi dealer serve --config {folder / CONFIG_FILE}`",
            ),
        ],
    )


def status(path: Path) -> Answer:
    """Show the dealer's fingerprint, certificate and roster."""
    with _opened(path) as (config, keys, membership):
        own = fingerprint(keys.identity.public, keys.static.public)
        until = ends(keys.keystore.read(TLS_CERTIFICATE))
        roster = membership.proposed()
    values = {
        "dealer": config.dealer,
        "city": config.city,
        "fingerprint": {"ja": own.ja, "en": own.en, "hex": own.hexadecimal},
        "certificate_ends": until.isoformat(),
        "roster": None if roster is None else roster.digest.hex(),
    }
    lines = [
        Text(f"{config.dealer}: {own.render('ja')}", f"{config.dealer}: {own.render('en')}"),
        Text(f"証明書の期限 {until.date()}", f"certificate until {until.date()}"),
    ]
    return Answer(values, [*lines, *_members(roster)])


def sign(path: Path, digest: str = "") -> Answer:
    """Sign the proposed roster, after its fingerprints were compared."""
    with _opened(path) as (config, _, membership):
        roster = membership.sign(digest)
    lines = [
        Text(
            f"{config.dealer} として名簿に署名しました。", f"Signed the roster as {config.dealer}."
        )
    ]
    return Answer({"roster": roster.digest.hex()}, [*lines, *_members(roster)])


def _members(roster: Roster | None) -> list[Text]:
    if roster is None:
        return [Text("名簿はまだ届いていません。", "No roster has been proposed yet.")]
    found = []
    for m in roster.members:
        words = fingerprint(m.identity_public, m.static_public)
        found.append(
            Text(f"{m.node_id}\t{words.render('ja')}", f"{m.node_id}\t{words.render('en')}")
        )
    digest = roster.digest.hex()
    return [*found, Text(f"要約値 {digest}", f"Digest {digest}")]


@contextmanager
def _opened(path: Path) -> Iterator[tuple[DealerConfig, ProcessKeys, Membership]]:
    config = DealerConfig.load(path)
    database = Database(config.database_url)
    keys = ProcessKeys(config.keys)
    try:
        yield config, keys, Membership(config.dealer, keys, database, utc_now)
    finally:
        database.close()
