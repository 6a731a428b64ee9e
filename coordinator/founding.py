"""Make the folder of a new coordinator: keys, authority, certificate, settings, database."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from coordinator.authority import Subject, issue, make_authority
from coordinator.config import CoordinatorConfig
from coordinator.enrol import check_address
from coordinator.errors import ConfigError
from coordinator.process_keys import (
    AUTHORITY_CERTIFICATE,
    AUTHORITY_KEY,
    TLS_CERTIFICATE,
    TLS_KEY,
    ProcessKeys,
)
from coordinator.store.engine import Database
from privacy.errors import BadInputError, Text
from protos.joining import make_key_and_request

CONFIG_FILE = "coordinator.toml"

_TEMPLATE = """\
# 統括プロセスの設定。説明は coordinator/config.py にあります。
# Settings of the coordinator; coordinator/config.py explains each.
city = "{city}"
listen = "{listen}"
join_listen = "{join_listen}"
join_address = "{join_address}"
web = "{web}"
"""


def found(
    folder: Path,
    *,
    city: str,
    listen: str,
    join_listen: str,
    web: str,
    now: datetime,
    join_address: str = "",
) -> CoordinatorConfig:
    """Make a coordinator in *folder* and return its configuration.

    Raises:
        BadInputError: the folder holds a coordinator already, or an address or the
            city's id cannot be used; nothing is made then.
    """
    path = folder / CONFIG_FILE
    if path.exists():
        raise BadInputError(
            Text(f"{folder.name} には統括があります。", f"{folder.name} holds a coordinator."),
            Text("別のフォルダを指定してください。", "Name another folder."),
        )
    for address in filter(None, (listen, join_listen, web, join_address)):
        check_address(address)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        text = _TEMPLATE.format(
            city=city, listen=listen, join_listen=join_listen, web=web, join_address=join_address
        )
        path.write_text(text, encoding="utf-8")
        config = CoordinatorConfig.load(path)
        _make_keys(config, now)
    except ConfigError:
        path.unlink()
        raise
    except OSError as error:
        raise BadInputError(
            Text(f"{folder.name} に書けません。", f"{folder.name} cannot be written."),
            Text("空き容量と権限を確かめてください。", "Check free space and permissions."),
        ) from error
    Database(config.database_url).close()
    return config


def _make_keys(config: CoordinatorConfig, now: datetime) -> None:
    keys = ProcessKeys(config.keys)
    keys.make()
    authority = make_authority(config.city, now)
    key_pem, request_pem = make_key_and_request()
    host = config.enrolment_address.rpartition(":")[0].strip("[]")
    subject = Subject(config.city, "coordinator", config.coordinator, host)
    certificate = issue(authority, request_pem, subject, now, config.certificate_days)
    for name, secret in (
        (AUTHORITY_KEY, authority.key_pem),
        (AUTHORITY_CERTIFICATE, authority.certificate_pem),
        (TLS_KEY, key_pem),
        (TLS_CERTIFICATE, certificate),
    ):
        keys.keystore.write(name, secret)
