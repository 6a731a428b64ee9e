"""How the dealer joins: keys, a certificate request, the one-time code, a certificate."""

from __future__ import annotations

from pathlib import Path

import grpc
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from coordinator.authority import make_key_and_request
from coordinator.config import DealerConfig
from coordinator.enrol import check_address
from coordinator.joinfile import JoinFile
from coordinator.process_keys import (
    AUTHORITY_CERTIFICATE,
    STATIC,
    TLS_CERTIFICATE,
    TLS_KEY,
    ProcessKeys,
)
from coordinator.store.engine import Database
from privacy.errors import BadInputError, ProtocolError, Text
from protos import common_pb2, coordinator_pb2, coordinator_pb2_grpc
from protos.problems import raised_by
from protos.transport import open_joining_channel, spiffe_id

CONFIG_FILE = "dealer.toml"
JOIN_DEADLINE_S = 30
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
    keys.keystore.read(STATIC)
    reply = await _ask(join_file, keys)
    _check_certificate(reply.certificate_pem, join_file, keys)
    keys.keystore.write(AUTHORITY_CERTIFICATE, join_file.authority_pem.encode())
    keys.keystore.write(TLS_CERTIFICATE, reply.certificate_pem)
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


async def _ask(join_file: JoinFile, keys: ProcessKeys) -> coordinator_pb2.JoinReply:
    request = coordinator_pb2.JoinRequest(
        code=join_file.code,
        member=common_pb2.Member(
            id=join_file.member,
            role=common_pb2.ROLE_DEALER,
            identity_public=keys.identity.public,
            static_public=keys.static.public,
        ),
        certificate_request_pem=keys.keystore.read(_REQUEST),
    )
    authority = join_file.authority_pem.encode()
    async with open_joining_channel(join_file.address, join_file.coordinator, authority) as channel:
        stub = coordinator_pb2_grpc.EnrolmentStub(channel)
        try:
            reply: coordinator_pb2.JoinReply = await stub.Join(request, timeout=JOIN_DEADLINE_S)
        except grpc.aio.AioRpcError as error:
            raise raised_by(join_file.coordinator, error) from None
    return reply


def _check_certificate(certificate_pem: bytes, join_file: JoinFile, keys: ProcessKeys) -> None:
    try:
        certificate = x509.load_pem_x509_certificate(certificate_pem)
        authority = x509.load_pem_x509_certificate(join_file.authority_pem.encode())
        certificate.verify_directly_issued_by(authority)
        request = x509.load_pem_x509_csr(keys.keystore.read(_REQUEST))
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        ours = spiffe_id(join_file.city, join_file.role, join_file.member)
        fits = (
            certificate.public_key() == request.public_key()
            and ours in names.get_values_for_type(x509.UniformResourceIdentifier)
        )
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        fits = False
    if not fits:
        raise ProtocolError(
            Text(
                "発行された証明書が、この鍵、この機関、この連合のものではありません。",
                "The issued certificate is not for this key, this member and this federation.",
            ),
            Text(
                "統括の担当者と参加ファイルを照合してください。",
                "Compare the join file with the coordinator's operator.",
            ),
        )
