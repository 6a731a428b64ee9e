"""From an empty folder to a federation that trusts itself (PROTOCOL 1).

The demo plays every operator: it hands the join files over, reads each body's own keys
to compare the fingerprints out of band, and signs the roster at every node and at the
dealer.
"""

from __future__ import annotations

import hmac
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from deploy.demo.addresses import free_addresses
from deploy.demo.governance import write_governance
from deploy.demo.node_settings import write_node_settings
from deploy.demo.pairwise import two_at_once
from deploy.demo.stage import CITY, CoordinatorSeat, Seat, Stage, read_seats
from privacy.errors import ProtocolError, Text
from privacy.identity import AgreementKey, IdentityKey, fingerprint

Joining = Callable[[], tuple[str, list[str]]]
"""Lets one member join; returns its id and the arguments that start it."""

COORDINATOR, DEALER = "coordinator", "dealer"
_OWN_ADDRESSES = 4
_SIGNING_ROUNDS = 3


def found_coordinator(stage: Stage) -> None:
    """Make the authority and the coordinator, and start it; join codes need it running."""
    departments = stage.manifest["departments"]
    free = free_addresses(_OWN_ADDRESSES + 2 * len(departments))
    stage.addresses = CoordinatorSeat(*free[:_OWN_ADDRESSES])
    stage.seats = tuple(read_seats(stage.folder, departments, free[_OWN_ADDRESSES:]))
    at = stage.addresses
    stage.processes.run(
        COORDINATOR,
        [
            "coordinator", "init", str(stage.folder.coordinator), "--city", CITY,
            "--listen", at.listen, "--join-listen", at.join_listen, "--web", at.web,
        ],
    )  # fmt: skip
    _write_coordinator_settings(stage)
    child = stage.processes.start(
        COORDINATOR, ["coordinator", "serve", "--config", str(stage.coordinator_config)]
    )
    stage.processes.ready(child)


def enrol_members(stage: Stage, tell: Callable[[str, float], None]) -> None:
    """Let the dealer and every node join, then start them all.

    The one-time codes go from body to body here; joining is two at a time, starting is
    this thread's own, because a child ends with the thread that started it.
    """
    steps: list[Joining] = [partial(_enrol_dealer, stage)]
    steps += [partial(_enrol_node, stage, seat) for seat in stage.seats]
    children = []
    for member, arguments in two_at_once(lambda step: step(), steps):
        children.append(stage.processes.start(member, arguments))
        tell(member, len(children) / (len(steps) + 1))
    for child in children:
        stage.processes.ready(child)


def _enrol_dealer(stage: Stage) -> tuple[str, list[str]]:
    """Let the dealer join; return how it is started."""
    folder = stage.folder.dealer
    names = ["--name-ja", "ディーラー（架空）", "--name-en", "Dealer (fictional)"]
    join = _invite(stage, DEALER, stage.addresses.dealer_listen, "--dealer", *names)
    stage.processes.run(DEALER, ["dealer", "init", str(folder), "--join", str(join)])
    return DEALER, ["dealer", "serve", "--config", str(folder / "dealer.toml")]


def _enrol_node(stage: Stage, seat: Seat) -> tuple[str, list[str]]:
    """Give a department its governance folder, let its node join; return how it is started."""
    sealed = ["--sealed"] if seat.sealed else []
    names = ["--name-ja", seat.name.ja, "--name-en", seat.name.en]
    join = _invite(stage, seat.department, seat.listen, *sealed, *names)
    write_governance(seat.folder / "governance", stage.today)
    stage.processes.run(
        seat.department,
        [
            "node", "init", str(seat.folder), "--join", str(join), "--web", seat.web,
            "--department", str(seat.extracts / "department.toml"),
            "--governance", str(seat.folder / "governance"),
        ],
    )  # fmt: skip
    write_node_settings(seat.config, stage.today)
    return seat.department, ["node", "serve", "--config", str(seat.config)]


def agree_on_roster(stage: Stage) -> dict[str, Any]:
    """Propose, compare fingerprints, sign everywhere, make the city key; return the answer.

    Raises:
        ProtocolError: a proposed roster names a key that its owner does not hold, or the
            signatures do not come together.
    """
    for _ in range(_SIGNING_ROUNDS):
        answer = stage.coordinator("roster")
        if answer.get("city_epoch") is not None:
            return answer
        _compare(stage, answer["fingerprints"])
        _sign_everywhere(stage, str(answer["roster_digest"]))
    waiting = ", ".join(sorted(answer.get("waiting", {})))
    raise ProtocolError(
        Text(f"名簿の署名が揃いません: {waiting}", f"The roster lacks signatures: {waiting}"),
        Text("ログを見てください。", "See the logs."),
    )


def _invite(stage: Stage, member: str, address: str, *options: str) -> Path:
    answer = stage.coordinator("node", "add", member, "--address", address, *options)
    return Path(str(answer["join_file"]))


def _write_coordinator_settings(stage: Stage) -> None:
    """Set what a city's operator would: whose catalogue, which register anchors."""
    write_governance(stage.folder.coordinator / "governance", stage.today)
    path = stage.coordinator_config
    known = tomllib.loads(path.read_text(encoding="utf-8"))
    with path.open("a", encoding="utf-8") as file:
        for name in ("catalogue", "purposes"):
            if name not in known:
                file.write(f'{name} = "governance/{name}.yaml"\n')


def _keys(stage: Stage, member: str) -> Path:
    own = {COORDINATOR: stage.folder.coordinator, DEALER: stage.folder.dealer}
    return own.get(member, stage.folder.node(member)) / "keys"


def _compare(stage: Stage, proposed: dict[str, dict[str, Any]]) -> None:
    """Compare every proposed fingerprint with the keys in its owner's folder."""
    members = {COORDINATOR, DEALER, *(seat.department for seat in stage.seats)}
    for member in sorted(members | set(proposed)):
        folder = _keys(stage, member)
        own = fingerprint(
            IdentityKey((folder / "identity").read_bytes()).public,
            AgreementKey((folder / "static").read_bytes()).public,
        )
        shown = str(proposed.get(member, {}).get("hex", ""))
        if not hmac.compare_digest(own.hexadecimal, shown):
            raise ProtocolError(
                Text(
                    f"{member} の鍵の指紋が、提案された名簿と違います。",
                    f"The fingerprint of {member} is not the proposed roster's.",
                ),
                Text("署名しないでください。", "Do not sign."),
            )


def _sign_everywhere(stage: Stage, digest: str) -> None:
    """Sign at every node, two at a time, and at the dealer, if it holds this very roster."""
    list(two_at_once(lambda seat: stage.node(seat, "roster", "sign", digest), stage.seats))
    config = ["--config", str(stage.folder.dealer / "dealer.toml")]
    shown = stage.processes.run(DEALER, ["dealer", "status", *config])
    if hmac.compare_digest(str(shown.get("roster")), digest):
        stage.processes.run(DEALER, ["dealer", "roster", "sign", *config])
