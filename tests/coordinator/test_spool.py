from __future__ import annotations

from pathlib import Path

import pytest

from coordinator.errors import SpoolError
from coordinator.spool import Spool
from privacy.errors import UnreachableError

FRAMES = [b"first code", b"", b"second code" * 1000]


def _written(tmp_path: Path) -> Spool:
    spool = Spool(tmp_path, "round")
    with spool.writer("first/school") as writer:
        for frame in FRAMES:
            writer.append(frame)
    return spool


def _file(tmp_path: Path) -> Path:
    return next((tmp_path / "round").glob("*.frames"))


def test_frames_come_back_in_order(tmp_path: Path) -> None:
    spool = _written(tmp_path)

    assert list(spool.frames("first/school")) == FRAMES


def test_codes_do_not_lie_on_the_disk_in_clear(tmp_path: Path) -> None:
    _written(tmp_path)

    assert b"code" not in _file(tmp_path).read_bytes()


@pytest.mark.parametrize("place", [0, 16, 21, 30, -1])
def test_a_changed_byte_is_found(tmp_path: Path, place: int) -> None:
    spool = _written(tmp_path)
    data = bytearray(_file(tmp_path).read_bytes())
    data[place] ^= 1
    _file(tmp_path).write_bytes(data)

    with pytest.raises(SpoolError):
        list(spool.frames("first/school"))


@pytest.mark.parametrize("cut", [1, 21, 40, 500])
def test_a_cut_file_is_found(tmp_path: Path, cut: int) -> None:
    spool = _written(tmp_path)
    _file(tmp_path).write_bytes(_file(tmp_path).read_bytes()[:-cut])

    with pytest.raises(SpoolError):
        list(spool.frames("first/school"))


def test_appended_bytes_are_found(tmp_path: Path) -> None:
    spool = _written(tmp_path)
    _file(tmp_path).write_bytes(_file(tmp_path).read_bytes() + b"x")

    with pytest.raises(SpoolError):
        list(spool.frames("first/school"))


def test_a_file_under_another_name_is_found(tmp_path: Path) -> None:
    spool = _written(tmp_path)
    _file(tmp_path).rename(tmp_path / "round" / "first.survey.frames")

    with pytest.raises(SpoolError):
        list(spool.frames("first/survey"))


def test_the_same_frames_are_never_encrypted_alike(tmp_path: Path) -> None:
    _written(tmp_path)
    before = _file(tmp_path).read_bytes()

    _written(tmp_path)

    assert _file(tmp_path).read_bytes() != before


def test_an_interrupted_stream_leaves_nothing(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "round")

    def interrupted() -> None:
        with spool.writer("first/school") as writer:
            writer.append(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert not spool.has("first/school")
    assert [p.name for p in (tmp_path / "round").iterdir()] == ["spool.key"]


def test_a_destroyed_spool_is_gone_with_its_key(tmp_path: Path) -> None:
    spool = _written(tmp_path)

    spool.destroy()

    assert list(tmp_path.iterdir()) == []
    with pytest.raises(SpoolError):
        list(spool.frames("first/school"))
    spool.destroy()


def test_a_full_disk_says_what_to_do() -> None:
    spool = Spool(Path("/dev/full/never"), "round")

    with pytest.raises((UnreachableError, OSError)), spool.writer("first/school"):
        pass


def test_a_missing_stream_is_a_spool_error(tmp_path: Path) -> None:
    with pytest.raises(SpoolError):
        list(Spool(tmp_path, "round").frames("none"))
