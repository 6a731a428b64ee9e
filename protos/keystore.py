"""A process's secrets on disk: one file a secret, readable by its owner only.

Names say what a secret is for; contents never leave this module's callers in a
log, an error or a repr.  Destroying overwrites before unlinking, which is as much
as a file system lets a program do.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from privacy.errors import BadInputError, Text
from protos.sql import StorageError


class KeyMissingError(BadInputError):
    """A secret that a step needs is not in the keystore."""


class Keystore:
    """Secrets of one process, by name; a name may hold one level of folder."""

    def __init__(self, folder: Path) -> None:
        """Use *folder*, made on first write with mode 0700."""
        self._folder = folder

    def __repr__(self) -> str:
        """Name the class only."""
        return "Keystore(...)"

    def path(self, name: str) -> Path:
        """Return where *name* is kept; TLS libraries want a path."""
        return self._folder / name

    def has(self, name: str) -> bool:
        """Say whether *name* is kept."""
        return self.path(name).is_file()

    def read(self, name: str) -> bytes:
        """Return the secret *name*.

        Raises:
            KeyMissingError: it was never written, or was destroyed.
        """
        try:
            return self.path(name).read_bytes()
        except OSError as error:
            raise KeyMissingError(
                Text(f"鍵 {name} がありません。", f"The key {name} is not here."),
                Text(
                    "参加または都市鍵の手続きをやり直してください。",
                    "Repeat the enrolment, or the making of the city key.",
                ),
            ) from error

    def write(self, name: str, secret: bytes) -> None:
        """Keep *secret* durably under *name*; it is whole or absent, never half-written.

        Raises:
            StorageError: the disk is full or not writable.
        """
        self._put(name, secret, os.replace)

    def _put(self, name: str, secret: bytes, into_place: Callable[[Path, Path], None]) -> None:
        path = self.path(name)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(secret)
                file.flush()
                os.fsync(file.fileno())
            into_place(temporary, path)
            temporary.unlink(missing_ok=True)
            _sync_folder(path.parent)
        except FileExistsError:
            temporary.unlink(missing_ok=True)  # `keep`: another call was first
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise StorageError(
                Text(f"鍵 {name} を書けません。", f"The key {name} cannot be written."),
                Text(
                    "空き容量と書き込み権限を確かめてください。何も半端に残っていません。",
                    "Check free space and permissions; nothing is half-written.",
                ),
            ) from error

    def keep(self, name: str, fresh: bytes) -> bytes:
        """Return the secret *name*; write *fresh* first where there is none yet.

        Of calls at the same time one wins, and all return its secret.
        """
        if not self.has(name):
            self._put(name, fresh, os.link)
        return self.read(name)

    def destroy(self, name: str) -> None:
        """Overwrite and remove *name*; a secret that is gone already is no error.

        What a killed `write` or `destroy` left of it goes too.  The name goes first, so a
        half-destroyed secret is never read.
        """
        path = self.path(name)
        if path.is_file():
            path.replace(path.with_name(f".{path.name}.{secrets.token_hex(4)}"))
        leftovers = [
            each
            for each in (path.parent.iterdir() if path.parent.is_dir() else ())
            if each.name.rpartition(".")[0] == f".{path.name}" and each.is_file()
        ]
        for each in leftovers:
            with each.open("r+b") as handle:
                handle.write(bytes(each.stat().st_size))
                handle.flush()
                os.fsync(handle.fileno())
            each.unlink()
        if leftovers:
            _sync_folder(path.parent)

    def names(self, folder: str) -> list[str]:
        """Return the names kept under *folder*, sorted; also of secrets half-written there."""
        found = self.path(folder).iterdir() if self.path(folder).is_dir() else ()
        return sorted({f"{folder}/{_name(path)}" for path in found})


def _name(path: Path) -> str:
    """Return what the file *path* holds: itself, or the secret that it is a part of."""
    return path.name[1:].rpartition(".")[0] if path.name.startswith(".") else path.name


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
