from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from protos.keystore import KeyMissingError, Keystore
from protos.sql import StorageError


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Have the operating system refuse to grow a file of this process beyond *size* bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_secret_is_whole_and_its_owners_alone(tmp_path: Path) -> None:
    keys = Keystore(tmp_path / "keys")
    keys.write("run/seed", b"s" * 64)
    assert keys.read("run/seed") == b"s" * 64
    assert keys.path("run/seed").stat().st_mode & 0o777 == 0o600
    assert keys.path("run").stat().st_mode & 0o777 == 0o700
    assert keys.names("run") == ["run/seed"]


def test_a_secret_that_does_not_fit_on_the_disk_leaves_nothing_and_names_itself(
    tmp_path: Path,
) -> None:
    keys = Keystore(tmp_path / "keys")
    with files_of_at_most(16), pytest.raises(StorageError) as raised:
        keys.write("run/seed", b"s" * 64)
    assert "run/seed" in raised.value.what.ja
    assert "sss" not in str(raised.value)
    assert list((tmp_path / "keys" / "run").iterdir()) == []
    with pytest.raises(KeyMissingError):
        keys.read("run/seed")


def test_a_secret_that_cannot_be_replaced_stays_as_it_was(tmp_path: Path) -> None:
    keys = Keystore(tmp_path / "keys")
    keys.write("city", b"old")
    with files_of_at_most(16), pytest.raises(StorageError):
        keys.write("city", b"n" * 64)
    assert keys.read("city") == b"old"


def test_of_two_first_writers_one_wins_and_both_hold_its_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = Keystore(tmp_path / "keys")
    assert keys.keep("run/g", b"a" * 32) == b"a" * 32
    monkeypatch.setattr(Keystore, "has", lambda *_: False)  # asked just before the other wrote

    assert keys.keep("run/g", b"b" * 32) == b"a" * 32
    assert [path.name for path in (tmp_path / "keys" / "run").iterdir()] == ["g"]


def test_what_a_killed_write_left_is_destroyed_with_its_folder(tmp_path: Path) -> None:
    keys = Keystore(tmp_path / "keys")
    keys.write("run/seeds", b"s" * 64)
    keys.path("run/.g.0a0b0c0d").write_bytes(b"g" * 32)
    keys.path("run/.seeds.0a0b0c0d").write_bytes(b"t" * 64)

    for name in keys.names("run"):
        keys.destroy(name)

    assert list((tmp_path / "keys" / "run").iterdir()) == []


def test_a_half_destroyed_secret_is_gone_and_not_zeros(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = Keystore(tmp_path / "keys")
    keys.write("run/seeds", b"s" * 64)

    def killed(_path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            keys.destroy("run/seeds")

    with pytest.raises(KeyMissingError):
        keys.read("run/seeds")
    keys.destroy("run/seeds")
    assert list((tmp_path / "keys" / "run").iterdir()) == []
