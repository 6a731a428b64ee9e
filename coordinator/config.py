"""Configuration of the coordinator and of the dealer: a frozen dataclass each, from one TOML file.

An unknown or missing key is an error; paths are relative to the file's folder; no key
bytes stand in a configuration, only the folder that holds them.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from coordinator.engines.choice import choose_engine
from coordinator.errors import ConfigError
from privacy.errors import Text
from privacy.linkage.conditions import Missing
from privacy.similarity.engine import Engine

MOST_ID_CHARACTERS = 40
MOST_DECOYS_PERCENT = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class CoordinatorConfig:
    """What the coordinator needs to run."""

    city: str
    """The federation's name in every SPIFFE id: ASCII letters, digits, hyphens."""
    coordinator: str = "coordinator"
    name_ja: str = "統括"
    name_en: str = "Coordinator"
    listen: str = "127.0.0.1:50050"
    """Health and reflection, under mutual TLS."""
    join_listen: str = "127.0.0.1:50049"
    """The enrolment service, under server-side TLS."""
    join_address: str = ""
    """What join files name; empty: `join_listen`."""
    web: str = "127.0.0.1:8800"
    database: str = "sqlite:coordinator.db"
    """`sqlite:<file>` or a PostgreSQL URL for SQLAlchemy."""
    catalogue: Path = Path("catalogue.yaml")
    """The federation's data items: which department holds which."""
    purposes: Path = Path("purposes.yaml")
    """The registered purposes; a screening definition names one of them."""
    fiscal_year: int = 0
    """The fiscal year (April to March) whose budget statistics charge; 0: the plan's own."""
    population: str = "children"
    """The population whose budget statistics charge."""
    anchor: str = "residents"
    """The department whose rows anchor the privacy unit (PROTOCOL 6)."""
    rho_nano_per_year: int = 500_000_000
    """The coordinator's own limit for one population and fiscal year, in nano-rho."""
    join_code_hours: int = 72
    certificate_days: int = 397
    plan_days: int = 14
    """How long a plan is valid: a round that has not ended by then is dead."""
    call_deadline_s: int = 120
    """Deadline of one unary call."""
    stream_deadline_s: int = 1_800
    """Deadline of one stream."""
    call_attempts: int = 4
    """Attempts of one call before the round waits and says so."""
    wait_s: int = 2
    """Pause before a waiting member is asked again; grows eightfold at most."""
    most_rows: int = 1_000_000
    """Rows that one department may send."""
    review_pairs: int = 40
    """Pairs of clerical review that one department may be asked about at once; 0 asks nobody."""
    review_decoy_percent: int = 50
    """Share of decoys among them, in percent, below 90."""
    review_names_department: bool = False
    """Tell each holder which department holds the other row."""
    population_size: int = 0
    """The published number of people linked; 0: not stated, and no block labels are asked for."""
    labels_above: int = 300_000
    """People above whom codes carry block labels and are compared inside blocks only."""
    missing: str = "stop"
    """A link round in which a department fails: `stop`, or `go-on` without it."""
    missing_after_s: int = 3_600
    """How long a round that goes on waits for a department that does not answer."""
    self_test: Path = Path("self_test.json")
    """The schema's self-test report (`enishi redteam --report`), `-labels` added to its stem
    where block labels are sent; no such file: this version's."""
    engine: str = "local"
    """Where all pairs are compared: `local` is this process, `dask` a Dask cluster."""
    dask_scheduler: str = ""
    """`tls://host:port` of the scheduler; `tcp://` on loopback only."""
    dask_tls: Path = Path("dask-tls")
    """Folder of `ca.pem`, `cert.pem` and `key.pem` for the scheduler."""
    home: Path = Path()

    @classmethod
    def load(cls, path: Path) -> CoordinatorConfig:
        """Read *path*.

        Raises:
            ConfigError: the file is not a valid configuration.
        """
        config = _read(path, cls)
        _check_id(path, "city", config.city)
        _check_id(path, "coordinator", config.coordinator)
        if config.review_decoy_percent >= MOST_DECOYS_PERCENT:
            raise ConfigError(
                Text(
                    f"{path.name} の review_decoy_percent は {MOST_DECOYS_PERCENT} 未満です。",
                    f"review_decoy_percent in {path.name} is below {MOST_DECOYS_PERCENT}.",
                )
            )
        config.comparing(path.name)
        if config.missing not in tuple(Missing):
            known = ", ".join(Missing)
            raise ConfigError(
                Text(
                    f"{path.name} の missing は {known} のどちらかです。",
                    f"missing in {path.name} is one of {known}.",
                )
            )
        return config

    @property
    def keys(self) -> Path:
        """The coordinator's secrets."""
        return self.home / "keys"

    @property
    def spool(self) -> Path:
        """Streams at rest, encrypted, for the life of a round."""
        return self.home / "spool"

    def comparing(self, where: str = "coordinator.toml") -> Engine:
        """Return the engine that compares codes.

        Raises:
            ConfigError: it is unknown, not installed, or its settings cannot work.
        """
        return choose_engine(
            self.engine, self.dask_scheduler, self.home / self.dask_tls, self.spool, where
        )

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL of the database."""
        return _url(self.home, self.database)

    @property
    def enrolment_address(self) -> str:
        """The address that join files name."""
        return self.join_address or self.join_listen


@dataclass(frozen=True, slots=True, kw_only=True)
class DealerConfig:
    """What the dealer, a process of another body, needs to run."""

    city: str
    dealer: str = "dealer"
    name_ja: str = "ディーラー"
    name_en: str = "Dealer"
    coordinator: str = "coordinator"
    listen: str = "127.0.0.1:50048"
    database: str = "sqlite:dealer.db"
    most_positions: int = 1_000_000
    """The largest run it deals for."""
    most_listed: int = 2_000
    """Listed positions, decoys included, whose outer keys it hands out in one run."""
    home: Path = field(default=Path())

    @classmethod
    def load(cls, path: Path) -> DealerConfig:
        """Read *path*.

        Raises:
            ConfigError: the file is not a valid configuration.
        """
        config = _read(path, cls)
        for name in ("city", "dealer", "coordinator"):
            _check_id(path, name, getattr(config, name))
        return config

    @property
    def keys(self) -> Path:
        """The dealer's secrets."""
        return self.home / "keys"

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL of the database."""
        return _url(self.home, self.database)


_FROM_ZERO = {"fiscal_year", "population_size", "review_pairs", "review_decoy_percent"}
_C = TypeVar("_C", CoordinatorConfig, DealerConfig)


def _url(home: Path, database: str) -> str:
    scheme, _, rest = database.partition(":")
    return f"sqlite:///{home / rest}" if scheme == "sqlite" and rest[:1] != "/" else database


def _read(path: Path, kind: type[_C]) -> _C:
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            Text(f"設定ファイル {path.name} がありません。", f"There is no {path.name}."),
            Text(
                "`init` で作るか、`--config` で場所を示してください。",
                "Make one with `init`, or name it with `--config`.",
            ),
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            Text(f"{path.name} は正しいTOMLではありません。", f"{path.name} is not valid TOML.")
        ) from error
    known = {f.name: f for f in fields(kind) if f.name != "home"}
    if unknown := sorted(values.keys() - known.keys()):
        listed = ", ".join(unknown)
        raise ConfigError(
            Text(
                f"{path.name} に知らない設定があります: {listed}",
                f"{path.name} has unknown settings: {listed}",
            ),
            Text(
                "綴りを確かめるか、その行を消してください。", "Check the spelling or remove them."
            ),
        )
    for name, value in values.items():
        values[name] = _typed(path, name, str(known[name].type), value)
    try:
        return kind(**values, home=path.parent.resolve())
    except TypeError as error:
        missing = sorted(known.keys() - values.keys() - _optional(kind))
        raise ConfigError(
            Text(
                f"{path.name} に設定がありません: {', '.join(missing)}",
                f"{path.name} lacks settings: {', '.join(missing)}",
            )
        ) from error


def _optional(kind: type[_C]) -> set[str]:
    return {name for name in kind.__slots__ if name != "city"}


def _typed(path: Path, name: str, kind: str, value: object) -> object:
    least = 0 if name in _FROM_ZERO else 1
    if kind == "int" and isinstance(value, int) and not isinstance(value, bool) and value >= least:
        return value
    if kind == "bool" and isinstance(value, bool):
        return value
    if kind in {"str", "Path"} and isinstance(value, str) and (value or name == "join_address"):
        return Path(value) if kind == "Path" else value
    number = (f"{least}以上の整数", f"a whole number of {least} or more")
    words = {"int": number, "bool": ("true か false", "true or false")}
    wanted = words.get(kind, ("文字列", "a text"))
    raise ConfigError(
        Text(f"{path.name} の {name} は{wanted[0]}です。", f"{name} in {path.name} is {wanted[1]}.")
    )


def _check_id(path: Path, name: str, value: str) -> None:
    if not is_member_id(value):
        raise ConfigError(
            Text(
                f"{path.name} の {name} は英小文字・数字・ハイフン(40字以内)です。",
                f"{name} in {path.name} takes lower-case letters, digits and hyphens (40 at most).",
            )
        )


def is_member_id(value: str) -> bool:
    """Tell whether *value* may name a member: it stands in a URI, a DNS name and a file name."""
    plain = value.replace("-", "")
    return (
        0 < len(value) <= MOST_ID_CHARACTERS
        and plain.isascii()
        and plain.isalnum()
        and plain == plain.lower()
        and not value.startswith("-")
        and not value.endswith("-")
    )
