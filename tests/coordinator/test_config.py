from __future__ import annotations

from pathlib import Path

import pytest

from coordinator.config import CoordinatorConfig, DealerConfig, is_member_id
from coordinator.errors import ConfigError


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "coordinator.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_city_is_enough_for_a_configuration(tmp_path: Path) -> None:
    config = CoordinatorConfig.load(_file(tmp_path, 'city = "toda"\n'))

    assert config.city == "toda"
    assert config.home == tmp_path
    assert config.database_url == f"sqlite:///{tmp_path}/coordinator.db"


def test_another_database_is_named_by_its_url(tmp_path: Path) -> None:
    url = "postgresql+psycopg://city@db/enishi"

    config = CoordinatorConfig.load(_file(tmp_path, f'city = "toda"\ndatabase = "{url}"\n'))

    assert config.database_url == url


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('city = "toda"\nlisten_port = 3\n', "listen_port"),
        ('listen = "127.0.0.1:1"\n', "city"),
        ('city = "toda"\ncall_attempts = "three"\n', "call_attempts"),
        ('city = "toda"\ncall_attempts = 0\n', "call_attempts"),
        ('city = "toda"\nwait_s = true\n', "wait_s"),
        ('city = "Toda City"\n', "city"),
        ('city = "toda"\nengine = "spark"\n', "engine"),
        ('city = "toda"\nengine = "dask"\n', "dask_scheduler"),
        ('city = "toda"\nweb = ""\n', "web"),
        ("city = ", "coordinator.toml"),
    ],
)
def test_a_wrong_configuration_is_refused_by_the_setting_s_name(
    tmp_path: Path, text: str, named: str
) -> None:
    with pytest.raises(ConfigError, match=named):
        CoordinatorConfig.load(_file(tmp_path, text))


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        DealerConfig.load(tmp_path / "dealer.toml")

    assert "init" in caught.value.fix.en
    assert caught.value.exit_status == 2


@pytest.mark.parametrize("value", ["school", "welfare-2", "a", "x" * 40])
def test_ids_of_letters_digits_and_hyphens_are_members(value: str) -> None:
    assert is_member_id(value)


@pytest.mark.parametrize("value", ["", "-a", "a-", "School", "学校", "a/b", "a.b", "x" * 41, "a b"])
def test_other_ids_are_not_members(value: str) -> None:
    assert not is_member_id(value)
