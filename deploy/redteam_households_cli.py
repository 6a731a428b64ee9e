"""`enishi redteam --households`: what the structure of homes gives away, in words and JSON."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from deploy.redteam_households import household_findings
from privacy.encoding.household_evidence import DEFAULT_FLOOR
from privacy.errors import Language, Text
from privacy.redteam.households import LIMIT


def run_households(children: int, seed: int, language: Language, *, as_json: bool) -> None:
    """Attack household linkage on a synthetic town and print what was found.

    Raises:
        RefusedError: too many are known by their home, or the control did not succeed.
    """
    with tempfile.TemporaryDirectory() as folder:
        found = household_findings(
            Path(folder) / "town", children=children, seed=seed, floor=DEFAULT_FLOOR
        )
    if as_json:
        print(json.dumps(found.to_json(), ensure_ascii=False))
    else:
        lines = (
            Text(
                f"世帯の形の攻撃（子ども {found.children} 人、上限 {LIMIT:.0%}）",
                f"Structure attack on households ({found.children} children, limit {LIMIT:.0%})",
            ),
            Text(
                f"  {found.structure:7.2%}  世帯の人数と公知の在籍から特定",
                f"  {found.structure:7.2%}  known by the home's size and public membership",
            ),
            Text(
                f"  {found.informed:7.2%}  参考: 全部署の在籍を既に知る者（位置が分かるだけ）",
                f"  {found.informed:7.2%}  for comparison: by somebody who knows all memberships "
                "already (and learns a position only)",
            ),
            Text(
                f"  {found.beside_codes:7.2%}  比較: 符号の隣に証拠を置いた場合（行っていません）",
                f"  {found.beside_codes:7.2%}  for comparison: evidence beside the codes "
                "(which is not done)",
            ),
            Text(
                f"  {found.control:7.2%}  対照: 生年月日の隣に証拠を置いた場合",
                f"  {found.control:7.2%}  control: evidence beside birth dates",
            ),
        )
        for line in lines:
            print(line.in_language(language))
    found.check()
