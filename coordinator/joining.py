"""How the dealer joins: keys, a certificate request, the one-time code, a certificate."""

from __future__ import annotations

from pathlib import Path

from coordinator.config import DealerConfig
from coordinator.enrol import check_address
from coordinator.process_keys import (
    AUTHORITY_CERTIFICATE,
    TLS_CERTIFICATE,
    TLS_KEY,
    ProcessKeys,
)
from coordinator.store.engine import Database
from privacy.errors import BadInputError, Text
from protos.joinfile import JoinFile
from protos.joining import join, make_key_and_request, member_of

CONFIG_FILE = "dealer.toml"
_REQUEST = "tls.csr"

_TEMPLATE = """\
# ディーラーの設定。説明は coordinator/config.py にあります。
# Settings of the dealer; coordinator/config.py explains each.
city = "{city}"
dealer = "{dealer}"
coordinator = "{coordinator}"
name_ja = "{name_ja}"
name_en = "{name_en}"
listen = "{listen}"
"""


async def join_as_dealer(folder: Path, join_file: JoinFile) -> DealerConfig:
    """Make a dealer in *folder* that has joined the federation of *join_file*.

    Interrupted, it is run again with the same file: keys and request are kept.

    Raises:
        BadInputError: the join file is not a dealer's, or the folder holds a dealer.
        JoinRefusedError: the code is wrong, used or expired.
        UnreachableError: the coordinator does not answer.
        ProtocolError: what came back is not a certificate for this dealer.
    """
    config = _prepare(folder, join_file)
    keys = ProcessKeys(config.keys)
    keys.make()
    if not keys.keystore.has(_REQUEST):
        key_pem, request_pem = make_key_and_request()
        keys.keystore.write(TLS_KEY, key_pem)
        keys.keystore.write(_REQUEST, request_pem)
    member = member_of(join_file, keys.identity.public, keys.static.public)
    certificate = await join(join_file, member, keys.keystore.read(_REQUEST))
    keys.keystore.write(AUTHORITY_CERTIFICATE, join_file.authority_pem.encode())
    keys.keystore.write(TLS_CERTIFICATE, certificate)
    keys.keystore.destroy(_REQUEST)
    Database(config.database_url).close()
    return config


def _prepare(folder: Path, join_file: JoinFile) -> DealerConfig:
    path = folder / CONFIG_FILE
    if join_file.role != "dealer":
        raise BadInputError(
            Text(
                "この参加ファイルはディーラー用ではありません。", "This join file is no dealer's."
            ),
            Text(
                "統括で `node add --dealer` した参加ファイルを使ってください。",
                "Use a join file made with `node add --dealer`.",
            ),
        )
    check_address(join_file.listen)
    if path.exists() and (folder / "keys" / TLS_CERTIFICATE).exists():
        raise BadInputError(
            Text(
                f"{folder.name} には参加済みのディーラーがあります。", f"{folder.name} has joined."
            ),
            Text("別のフォルダを指定してください。", "Name another folder."),
        )
    text = _TEMPLATE.format(
        city=join_file.city,
        dealer=join_file.member,
        coordinator=join_file.coordinator,
        name_ja=_plain(join_file.name_ja),
        name_en=_plain(join_file.name_en),
        listen=join_file.listen,
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInputError(
            Text(f"{folder.name} に書けません。", f"{folder.name} cannot be written."),
            Text("空き容量と権限を確かめてください。", "Check free space and permissions."),
        ) from error
    return DealerConfig.load(path)


def _plain(name: str) -> str:
    """Return *name* without what would end a TOML string."""
    return "".join(c for c in name if c.isprintable() and c not in {'"', "\\"})
