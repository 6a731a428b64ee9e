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


@pytest.mark.parametrize(
    ("line", "wrong", "named"),
    [
        ("purposes = []", 'purposes = "linkage"', "policy.purposes"),
        ("min_nodes = 3", 'min_nodes = "three"', "policy.min_nodes"),
        ("sealed = false", 'sealed = "false"', "sealed"),
        ("dealer_apart = true", "dealer_apart = 1", "policy.dealer_apart"),
    ],
)
def test_a_value_of_another_type_is_refused_by_name(
    tmp_path: Path, line: str, wrong: str, named: str
) -> None:
    text = _TEMPLATE.format(**VALUES).replace(line, wrong)

    with pytest.raises(ConfigError) as caught:
        NodeConfig.load(_write(tmp_path, text))

    assert named in caught.value.what.ja


@pytest.mark.parametrize(
    ("key", "wrong"), [("until", '"2027-03-31"'), ("kind", '"lnk"'), ("purpose", "1")]
)
def test_a_standing_approval_that_could_never_fit_is_refused(
    tmp_path: Path, key: str, wrong: str
) -> None:
    good = {"kind": '"link"', "purpose": '"linkage"', "until": "2027-03-31", "approved_by": '"a"'}
    lines = "\n".join(f"{name} = {value}" for name, value in {**good, key: wrong}.items())
    text = f"{_TEMPLATE.format(**VALUES)}\n[[standing_approvals]]\n{lines}\n"

    with pytest.raises(ConfigError, match=f"standing_approvals.{key}"):
        NodeConfig.load(_write(tmp_path, text))


def test_a_misspelt_setting_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    text = _TEMPLATE.format(**VALUES).replace("min_nodes", "min_nods")

    with pytest.raises(ConfigError) as caught:
        NodeConfig.load(_write(tmp_path, text))

    assert "min_nods（近いもの: min_nodes）。" in caught.value.what.ja
