"""Disks that are full, for real: nothing half-done, a clear error, and going on afterwards.

A limit on the size of files (`RLIMIT_FSIZE`) makes the operating system refuse the write
in one process alone; where this machine lets us mount a small file system, the disk
itself is full.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.demo.processes import Child
from tests.integration.federation import Federation, until
from tests.integration.outcome import check_ended

pytestmark = pytest.mark.timeout(180)

KIB = 1024


def problem(child: Child) -> dict[str, dict[str, str]]:
    """Return the error that a verb printed as JSON; it is bilingual and names no value."""
    text = child.log.read_text(encoding="utf-8")
    assert "Traceback" not in text, text
    found: dict[str, dict[str, str]] = json.loads(text)
    assert found["what"]["ja"]
    assert found["what"]["en"]
    assert found["fix"]["en"]
    return found


def records(federation: Federation, node: str) -> list[tuple[object, ...]]:
    """Return what an import writes: rows, persons, facts, imports, log length."""
    path = federation.seat(node).database
    return [
        *federation.rows(path, "SELECT * FROM rows ORDER BY place"),
        *federation.rows(path, "SELECT * FROM persons ORDER BY record"),
        *federation.rows(path, "SELECT item, at, rows FROM facts ORDER BY item"),
        *federation.rows(path, "SELECT * FROM imports"),
        *federation.rows(path, "SELECT count(*) FROM audit"),
    ]


def import_arguments(federation: Federation, node: str) -> list[str]:
    """Return the verb that imports again at *node*."""
    return ["node", "import", "--config", str(federation.seat(node).config), "--json"]


def test_an_import_on_a_full_disk_leaves_the_old_import_whole(founded: Federation) -> None:
    before = records(founded, "school")
    arguments = import_arguments(founded, "school")
    child = founded.processes.begin("school", arguments, most_file_bytes=64 * KIB)
    assert founded.wait(child) == 3, founded.said(child)
    assert "half-written" in problem(child)["fix"]["en"]
    assert records(founded, "school") == before
    again = founded.processes.begin("school", arguments)
    assert founded.wait(again) == 0, founded.said(again)


@contextmanager
def small_disk(folder: Path, free: int) -> Iterator[None]:
    """Put *folder* on a file system of its own with only *free* bytes left."""
    used = sum(path.stat().st_size + 8 * KIB for path in folder.rglob("*"))
    away = folder.with_name(folder.name + ".away")
    folder.rename(away)
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={used + free}", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        folder.rmdir()
        away.rename(folder)
        pytest.skip("this machine lets nobody mount a file system")
    try:
        shutil.copytree(away, folder, dirs_exist_ok=True)
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()
        away.rename(folder)


def test_an_import_on_a_disk_without_space_leaves_the_old_import_whole(founded: Federation) -> None:
    seat = founded.seat("school")
    arguments = import_arguments(founded, "school")
    with small_disk(seat.folder, 40 * KIB):
        before = records(founded, "school")
        filler = seat.folder / "filler"
        with pytest.raises(OSError, match="No space"):
            filler.write_bytes(bytes(1 << 26))
        filler.write_bytes(filler.read_bytes()[: -64 * KIB])
        child = founded.processes.begin("school", arguments)
        assert founded.wait(child) == 3, founded.said(child)
        assert "half-written" in problem(child)["fix"]["en"]
        filler.unlink()
        assert records(founded, "school") == before
        again = founded.processes.begin("school", arguments)
        assert founded.wait(again) == 0, founded.said(again)


@pytest.mark.parametrize("kind", ["link", "screen"])
def test_a_node_whose_disk_is_full_is_waited_for_by_name(linked: Federation, kind: str) -> None:
    linked.start(*(member for member in linked.members if member != "residents"))
    full = linked.begin_server("residents", limit=40 * KIB)
    linked.processes.ready(full)
    driver = linked.coordinator_verb(*linked.round_arguments(kind))
    status = ["status"]
    for _ in until(60, 0.3):
        child = linked.coordinator_verb(*status)
        assert linked.wait(child) == 0
        waiting = json.loads(child.out.read_text(encoding="utf-8"))["rounds"][0]["waiting"]
        if waiting:
            break
    assert [one["member"] for one in waiting] == ["residents"]
    assert "database" in waiting[0]["en"]
    assert waiting[0]["ja"]
    assert driver.process.poll() is None
    assert "Traceback" not in linked.said(full)
    full.process.kill()
    full.process.wait(10)
    linked.start("residents")
    assert linked.wait(driver) == 0, linked.said(driver)
    check_ended(linked, kind)


def test_a_coordinator_that_cannot_spool_names_its_own_disk(linked: Federation) -> None:
    linked.start()
    child = linked.coordinator_verb(*linked.round_arguments("link"), limit=320 * KIB)
    database = linked.coordinator / "coordinator.db"
    for _ in until(60, 0.1):
        waiting = linked.rows(database, "SELECT member_id, what_en FROM waits")
        if waiting or child.process.poll() is not None:
            break
    if child.process.poll() is None:
        assert waiting == [("coordinator", "What was received cannot be written.")]
        child.process.kill()
        child.process.wait(10)
    else:  # not even the wait could be noted
        assert child.process.returncode == 3, linked.said(child)
        problem(child)
    resumed = linked.coordinator_verb("round", "resume", linked.newest_round()["id"])
    assert linked.wait(resumed) == 0, linked.said(resumed)
    check_ended(linked, "link")


def test_a_coordinator_that_cannot_store_says_so_and_goes_on_later(linked: Federation) -> None:
    linked.start()
    child = linked.coordinator_verb(*linked.round_arguments("screen"), limit=40 * KIB)
    assert linked.wait(child) == 3, linked.said(child)
    problem(child)
    newest = linked.newest_round()
    assert newest["kind"] == "screen"
    resumed = linked.coordinator_verb("round", "resume", newest["id"])
    assert linked.wait(resumed) == 0, linked.said(resumed)
    check_ended(linked, "screen")
