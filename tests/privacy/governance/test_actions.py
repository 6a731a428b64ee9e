"""The one list of actions names every RPC of the contract, and nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path

from privacy.governance.actions import RPC_ACTIONS, Action

PROTOS = Path(__file__).parents[3] / "protos"


def test_each_rpc_has_exactly_one_action() -> None:
    found = set()
    for path in PROTOS.glob("*.proto"):
        service = ""
        for line in path.read_text("utf-8").splitlines():
            if match := re.match(r"service (\w+)", line):
                service = match.group(1)
            if match := re.match(r"\s+rpc (\w+)", line):
                found.add(f"{service}.{match.group(1)}")
    assert {action.value for action in RPC_ACTIONS} == found


def test_page_and_command_actions_are_thing_and_verb() -> None:
    for action in set(Action) - RPC_ACTIONS:
        assert re.fullmatch(r"[a-z]+\.[a-z_]+", action.value)
