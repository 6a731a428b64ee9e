"""Configuration of a node: one frozen dataclass, read from one TOML file."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from privacy.encoding.hardening import Hardening
from privacy.errors import BadInputError, Text
from privacy.plan import PlanKind

_T = TypeVar("_T")
_LEAST_PADDING = 2
_HOUSEHOLDS = ("refuse", "abstain", "allow")


class ConfigError(BadInputError):
    """The configuration file cannot be used."""


def _unknown(path: Path, section: str, keys: set[str], known: set[str]) -> ConfigError:
    listed = ", ".join(sorted(keys))
    near = [n for key in sorted(keys) for n in difflib.get_close_matches(key, known, n=1)]
    ja = f"（近いもの: {', '.join(near)}）" if near else ""
    en = f" (near: {', '.join(near)})" if near else ""
    place = Text(f"の {section} ", f" in {section}") if section else Text("", "")
    return ConfigError(
        Text(
            f"{path.name} {place.ja}に知らない設定があります: {listed}{ja}。",
            f"{path.name} has unknown settings{place.en}: {listed}{en}.",
        ),
        Text(
            "綴りを確かめるか、その行を消してください。", "Check the spelling or remove the line."
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingApproval:
    """Plans that the operator has approved in advance."""

    kind: str
    purpose: str
    until: date
    approved_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyConfig:
    """What this department lets a plan do, whatever the coordinator asks (PROTOCOL 8)."""

    purposes: tuple[str, ...] = ()
    """Purposes this node takes part in; none by default."""
    min_nodes: int = 3
    min_slots: int = 100
    """The least number of slots of a slot table that a run may use."""
    max_runs_per_slot_table: int = 40
    max_opened_bits_per_slot: int = 8
    """Opened answers a slot, over all plans on one slot table."""
    max_listed: int = 2_000
    rho_nano_per_year: int = 500_000_000
    """Privacy loss a population and fiscal year, in nano-rho."""
    populations: tuple[str, ...] = ("children",)
    """Populations that this node keeps a budget for; a query on any other is refused."""
    dealer_apart: bool = True
    """Refuse a plan whose dealer is the coordinator."""
    dummy_share_percent: int = 3
    """Dummies among the rows that leave, in percent, at least 16."""
    second_pass_percent: int = 60
    """The largest share of rows, in percent, that later passes of a link epoch may ask for."""
    max_review_pairs: int = 200
    """Pairs of clerical review that may wait for an answer; 0 takes no part."""
    hardening_floor: str = "sharpen"
    """The weakest hardening of a linkage schema that a plan may ask for (privacy/encoding)."""
    labels_above: int = 300_000
    """People above whom a plan may ask for block labels."""
    block_padding: int = 16
    """Blocks are padded with dummies to multiples of this many rows."""
    self_test_per_mille: int = 10
    """People that the schema's self-test may re-identify, in thousandths (PROTOCOL 2)."""
    self_test_labels_per_mille: int = 30
    """The same for a plan that asks for block labels."""
    self_test_days: int = 1_100
    """Age of a self-test report, in days."""
    self_test_children: int = 2_000
    """Children of the city, or fewer: a self-test among more people than these is too easy."""
    households: str = "refuse"
    """A link plan that asks who lives together: refuse it, abstain from that part, or allow."""
    household_floor: int = 10
    """Homes of one size that must be here before any of them is shown in such a plan."""
    max_code_days: int = 366
    """The longest that a link plan may let the coordinator keep codes; 0: the plan's day only."""

    def __post_init__(self) -> None:
        """Refuse limits that cannot mean anything."""
        if self.households not in _HOUSEHOLDS:
            raise ConfigError(
                Text(
                    "policy.households は refuse、abstain、allow のどれかです。",
                    "policy.households is refuse, abstain or allow.",
                ),
            )
        if self.hardening_floor not in tuple(Hardening):
            known = ", ".join(Hardening)
            raise ConfigError(
                Text(
                    f"policy.hardening_floor は {known} のどれかです。",
                    f"policy.hardening_floor is one of {known}.",
                ),
            )
        if self.block_padding < _LEAST_PADDING:
            raise ConfigError(
                Text(
                    f"policy.block_padding は{_LEAST_PADDING}以上です。",
                    f"policy.block_padding is {_LEAST_PADDING} or more.",
                ),
            )
        for limit in fields(self):
            value = getattr(self, limit.name)
            if isinstance(value, int) and not isinstance(value, bool) and value < 0:
                raise ConfigError(
                    Text(
                        f"policy.{limit.name} は0以上です。", f"policy.{limit.name} is 0 or more."
                    ),
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeConfig:
    """What a department's node needs to run; paths are relative to the file's folder."""

    node: str
    city: str
    name_ja: str
    name_en: str
    sealed: bool = False
    listen: str = "127.0.0.1:50051"
    web: str = "127.0.0.1:8801"
    coordinator: str = "coordinator"
    department: Path = Path("department.toml")
    governance: Path = Path("governance")
    """Folder with catalogue, purposes, bases, staff and accounts."""
    max_message_rows: int = 1_000_000
    policy: PolicyConfig = field(default_factory=PolicyConfig)
    standing_approvals: tuple[StandingApproval, ...] = ()
    home: Path = Path()
    """The folder of the configuration file: database, keys and logs live there."""

    @classmethod
    def load(cls, path: Path) -> NodeConfig:
        """Read *path*; an unknown, missing or mistyped key is an error.

        Raises:
            ConfigError: the file is not a valid node configuration.
        """
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise ConfigError(
                Text(f"設定ファイル {path.name} がありません。", f"There is no {path.name}."),
                Text(
                    "`enishi node init` で作るか、`--config` で場所を示してください。",
                    "Make one with `enishi node init`, or name it with `--config`.",
                ),
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(
                Text(f"{path.name} は正しいTOMLではありません: {error}", f"{path.name}: {error}"),
            ) from error
        return cls._from(path, values)

    @classmethod
    def _from(cls, path: Path, values: dict[str, Any]) -> NodeConfig:
        known = {f.name for f in fields(cls)} - {"home"}
        if unknown := values.keys() - known:
            raise _unknown(path, "", set(unknown), known)
        home = path.parent.resolve()
        policy = _section(path, "policy", values.pop("policy", {}), PolicyConfig)
        approvals = tuple(
            _section(path, "standing_approvals", one, StandingApproval)
            for one in values.pop("standing_approvals", [])
        )
        for name in ("department", "governance"):
            if name in values:
                values[name] = Path(values[name])
        try:
            config = cls(**values, policy=policy, standing_approvals=approvals, home=home)
        except TypeError as error:
            raise ConfigError(Text(f"{path.name}: {error}", f"{path.name}: {error}")) from error
        _check_types(path, config)
        return config

    @property
    def department_file(self) -> Path:
        """The mapping of the department's files."""
        return self.home / self.department

    @property
    def governance_folder(self) -> Path:
        """Catalogue, purposes, bases and staff of this department."""
        return self.home / self.governance


def _section(path: Path, name: str, values: Mapping[str, Any], kind: type[_T]) -> _T:
    known = {f.name for f in fields(kind)}  # type: ignore[arg-type]  # all kinds are dataclasses
    if unknown := values.keys() - known:
        raise _unknown(path, name, set(unknown), known)
    plain = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    for field_ in fields(kind):  # type: ignore[arg-type]  # as above
        if field_.name in plain:
            _check_type(path, f"{name}.{field_.name}", str(field_.type), plain[field_.name])
    try:
        return kind(**plain)
    except TypeError as error:
        raise ConfigError(Text(f"{path.name}: {error}", f"{path.name}: {error}")) from error


_TYPES = {
    "int": (int, Text("整数", "a whole number")),
    "bool": (bool, Text("true か false", "true or false")),
    "date": (date, Text("引用符のない日付(2027-03-31)", "a date without quotes (2027-03-31)")),
    "str": (str, Text("文字列", "a text")),
    "tuple[str, ...]": (tuple, Text('["…", "…"] の形', 'a list such as ["…", "…"]')),
}


def _check_type(path: Path, name: str, kind: str, value: object) -> None:
    """Refuse a value of another type: it would be compared, or searched, as something else."""
    expected, words = _TYPES[kind]
    good = isinstance(value, expected) and not (expected is int and isinstance(value, bool))
    if isinstance(value, tuple):
        good = good and all(isinstance(one, str) for one in value)
    if not good:
        raise ConfigError(
            Text(
                f"{path.name} の {name} は{words.ja}です。", f"{name} in {path.name} is {words.en}."
            )
        )


def _check_types(path: Path, config: NodeConfig) -> None:
    _check_type(path, "sealed", "bool", config.sealed)
    _check_type(path, "max_message_rows", "int", config.max_message_rows)
    for approval in config.standing_approvals:
        if approval.kind not in tuple(PlanKind):
            kinds = ", ".join(PlanKind)
            raise ConfigError(
                Text(
                    f"{path.name} の standing_approvals.kind は {kinds} のどれかです。",
                    f"standing_approvals.kind in {path.name} is one of {kinds}.",
                )
            )
    for name in ("node", "city", "name_ja", "name_en", "listen", "web", "coordinator"):
        if not isinstance(getattr(config, name), str) or not getattr(config, name):
            raise ConfigError(
                Text(f"{path.name} の {name} は文字列です。", f"{name} in {path.name} is a text."),
            )
    if not config.node.isascii() or not config.node.replace("-", "").isalnum():
        raise ConfigError(
            Text(
                f"{path.name} の node は英数字とハイフンです。",
                f"node in {path.name} takes letters, digits and hyphens.",
            ),
        )
