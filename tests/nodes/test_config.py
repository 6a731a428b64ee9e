"""The node's configuration: what is written is what counts, and nothing else is accepted."""

from pathlib import Path

import pytest

from nodes.config import ConfigError, NodeConfig
from nodes.driver.founding import _TEMPLATE

VALUES = {
    "node": "school",
    "city": "112241",
    "name_ja": "学校",
    "name_en": "School affairs",
    "sealed": "false",
    "listen": "127.0.0.1:50051",
    "web": "127.0.0.1:8801",
    "coordinator": "coordinator",
    "department": "department.toml",
    "governance": "governance",
}


def _write(folder: Path, text: str) -> Path:
    path = folder / "node.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_configuration_that_init_writes_can_be_read(tmp_path: Path) -> None:
    config = NodeConfig.load(_write(tmp_path, _TEMPLATE.format(**VALUES)))

    assert config.node == "school"
    assert config.policy.purposes == ()
    assert config.department_file == tmp_path.resolve() / "department.toml"


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("colour = 1", "colour"),
        ("[policy]\nmax_everything = 1", "max_everything"),
        ("[policy]\nmin_nodes = -1", "min_nodes"),
        ("[[standing_approvals]]\nkind = 'link'", "purpose"),
        ("sealed = false\nsealed = true", "node.toml"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, named: str) -> None:
    base = 'node = "a"\ncity = "1"\nname_ja = "a"\nname_en = "a"\n'

    with pytest.raises(ConfigError) as refused:
        NodeConfig.load(_write(tmp_path, base + line))

    assert named in refused.value.what.en
    assert refused.value.what.ja


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        NodeConfig.load(tmp_path / "node.toml")

    assert "enishi node init" in refused.value.fix.en


@pytest.mark.parametrize("name", ["日本", "a b", ""])
def test_an_id_takes_letters_digits_and_hyphens(tmp_path: Path, name: str) -> None:
    text = f'node = "{name}"\ncity = "1"\nname_ja = "a"\nname_en = "a"\n'

    with pytest.raises(ConfigError):
        NodeConfig.load(_write(tmp_path, text))
