"""`enishi redteam --households` on a small town: the control sees, the structure gives little."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from deploy.cli import app


def test_the_structure_of_homes_gives_little_away_where_the_control_sees_nearly_all() -> None:
    answer = CliRunner().invoke(app, ["redteam", "--households", "--children", "600", "--json"])

    assert answer.exit_code == 0, answer.output
    found = json.loads(answer.output)
    assert found["control"] >= 950_000
    assert found["structure"] <= found["limit"]
    assert found["children"] >= 600


def test_too_many_children_are_refused() -> None:
    answer = CliRunner().invoke(app, ["redteam", "--households", "--children", "9000"])

    assert answer.exit_code != 0
