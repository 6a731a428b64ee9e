"""Is this node able to work?  Each finding says what was seen and what to do."""

from __future__ import annotations

import shutil
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from nodes.config import NodeConfig
from nodes.driver.context import NodeContext
from nodes.driver.enrolment import CITY
from nodes.driver.importing import check_mode
from nodes.governance import Governance
from nodes.ingest.department import load_department
from nodes.store import Store
from privacy.errors import NOTHING, EnishiError, Text
from protos.listening import free_or_refuse, split_address

LEAST_FREE_BYTES = 1 << 30
PROBE_S = 2.0
EXPIRY_WARNING = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    good: bool
    what: Text
    fix: Text = NOTHING


def examine(config_file: Path) -> list[Finding]:
    """Return what works and what does not, in the order of a first installation."""
    try:
        config = NodeConfig.load(config_file)
    except EnishiError as error:
        return [Finding(False, error.what, error.fix)]
    good = Finding(True, Text("設定ファイルを読めます。", "The configuration can be read."))
    looks: list[tuple[Text, Callable[[NodeConfig], object]]] = [
        (Text("取り込みの対応表", "The mapping of files"), _mapping),
        (Text("目録・目的・根拠・職員", "Catalogue, purposes, bases, staff"), _governance),
        (Text("データベース", "The database"), _database),
        (Text("待ち受けるアドレス", "The addresses to listen on"), _addresses),
    ]
    findings = [good]
    for name, look in looks:
        findings.append(_try(name, look, config))
    return [*findings, *_certificate(config), *_disk(config), *_enrolled(config_file)]


def _try(name: Text, look: Callable[[NodeConfig], object], config: NodeConfig) -> Finding:
    try:
        look(config)
    except EnishiError as error:
        return Finding(False, error.what, error.fix)
    return Finding(True, Text(f"{name.ja}: 使えます。", f"{name.en}: in order."))


def _mapping(config: NodeConfig) -> None:
    check_mode(config, load_department(config.department_file))


def _governance(config: NodeConfig) -> None:
    governance = Governance.load(config.governance_folder)
    approved = (approval.purpose for approval in config.standing_approvals)
    for purpose in (*config.policy.purposes, *approved):
        governance.purposes.get(purpose)


def _database(config: NodeConfig) -> None:
    Store.open(config.home).close()


def _addresses(config: NodeConfig) -> None:
    if _serves_already(config):
        return
    free_or_refuse(config.listen)
    free_or_refuse(config.web)


def _serves_already(config: NodeConfig) -> bool:
    """Tell whether this very node listens there: the server shows this node's certificate."""
    try:
        own = (config.home / "keys" / "tls.crt").read_text(encoding="ascii")
        shown = ssl.get_server_certificate(split_address(config.listen), timeout=PROBE_S)
        return ssl.PEM_cert_to_DER_cert(shown) == ssl.PEM_cert_to_DER_cert(own)
    except (OSError, ValueError):
        return False


def _certificate(config: NodeConfig) -> Iterator[Finding]:
    path = config.home / "keys" / "tls.crt"
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        yield Finding(
            False,
            Text("証明書がありません。", "There is no certificate."),
            Text("`enishi node init` で参加してください。", "Join with `enishi node init`."),
        )
        return
    ends = certificate.not_valid_after_utc
    yield Finding(
        ends - datetime.now(UTC) > EXPIRY_WARNING,
        Text(f"証明書は {ends.date()} まで有効です。", f"The certificate ends on {ends.date()}."),
        Text("統括に更新を頼んでください。", "Ask the coordinator to renew it."),
    )


def _disk(config: NodeConfig) -> Iterator[Finding]:
    free = shutil.disk_usage(config.home).free
    yield Finding(
        free > LEAST_FREE_BYTES,
        Text(f"空き容量 {free >> 20:,} MB。", f"{free >> 20:,} MB of disk are free."),
        Text("1 GB以上空けてください。", "Free at least 1 GB."),
    )


def _enrolled(config_file: Path) -> Iterator[Finding]:
    try:
        context = NodeContext.open(config_file)
        with context.store.reading() as tables:
            epoch = tables.documents.get(CITY)
    except EnishiError as error:
        yield Finding(False, error.what, error.fix)
        return
    yield Finding(
        epoch is not None,
        Text("名簿と都市鍵。", "Roster and city key.")
        if epoch
        else Text("名簿または都市鍵がまだありません。", "There is no roster or city key yet."),
        Text(
            "指紋を照合し `enishi node roster sign`、その後は統括を待ってください。",
            "Compare fingerprints, `enishi node roster sign`, then wait for the coordinator.",
        ),
    )
