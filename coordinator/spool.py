"""Streams at rest: what a round receives waits on disk, encrypted, until the round ends.

Each file is a sequence of frames under ChaCha20-Poly1305.  Its key comes from the
round's key file and a fresh salt in the file's header, so a file that is written anew
reuses no nonce.  A frame is bound to its file's name and place, and the last frame says
that it is the last: a changed, cut, reordered or renamed file is found.  Destroying the
key file at the end of the round destroys them all, whatever the disk keeps.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from coordinator.errors import SpoolError
from privacy.canonical import framed
from privacy.errors import Text
from privacy.keys import derive
from protos.keystore import Keystore
from protos.sql import StorageError

MOST_FRAME_BYTES = 1 << 23
_SALT_BYTES = 16
_TAG_BYTES = 16
_MORE, _LAST = b"\x00", b"\x01"
_KEY = "spool.key"


class Spool:
    """The streams of one round, by name."""

    def __init__(
        self,
        folder: Path,
        round_id: str,
        randomness: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """Use the sub-folder of *round_id*; the key is made on first use."""
        self._folder = folder / round_id
        self._round_id = round_id.encode()
        self._keystore = Keystore(self._folder)
        self._randomness = randomness

    def has(self, name: str) -> bool:
        """Tell whether the stream *name* is complete."""
        return self._path(name).is_file()

    def writer(self, name: str) -> SpoolWriter:
        """Return a writer of the stream *name*; nothing is seen of it until it is closed."""
        key = self._keystore.keep(_KEY, self._randomness(32))
        salt = self._randomness(_SALT_BYTES)
        return SpoolWriter(self._path(name), salt, self._cipher(key, name, salt))

    def frames(self, name: str) -> Iterator[bytes]:
        """Yield the frames of a complete stream, in order.

        Raises:
            SpoolError: the stream is missing, or was changed or cut.
        """
        try:
            with self._path(name).open("rb") as file:
                key = self._keystore.read(_KEY)
                cipher = self._cipher(key, name, file.read(_SALT_BYTES))
                yield from _decrypted(file, cipher)
        except OSError as error:
            raise _damaged() from error

    def remove(self, name: str) -> None:
        """Delete one stream; one that is gone already is no error."""
        self._path(name).unlink(missing_ok=True)

    def destroy(self) -> None:
        """Destroy the key and delete every stream of the round."""
        self._keystore.destroy(_KEY)
        if self._folder.is_dir():
            shutil.rmtree(self._folder)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name.replace('/', '.')}.frames"

    def _cipher(self, key: bytes, name: str, salt: bytes) -> ChaCha20Poly1305:
        return ChaCha20Poly1305(derive(key, "spool", self._round_id, name.encode(), salt))


class SpoolWriter:
    """Writes one stream; use it in a ``with`` block, which makes it whole or leaves nothing."""

    def __init__(self, path: Path, salt: bytes, cipher: ChaCha20Poly1305) -> None:
        """Write to *path* through a temporary file."""
        self._path = path
        self._partial = path.with_suffix(".partial")
        self._salt = salt
        self._cipher = cipher
        self._count = 0
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        """Open the temporary file.

        Raises:
            StorageError: the disk is full or not writable.
        """
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = self._partial.open("wb")
            self._file.write(self._salt)
        except OSError as error:
            raise _no_space() from error
        return self

    def append(self, frame: bytes) -> None:
        """Write the next frame.

        Raises:
            StorageError: the disk is full or not writable.
        """
        self._write(_MORE, frame)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Complete the stream, or drop it where an exception ended the block."""
        if self._file is None:
            return
        try:
            with self._file:
                if kind is None:
                    self._write(_LAST, b"")
                    self._file.flush()
                    os.fsync(self._file.fileno())
            if kind is None:
                self._partial.replace(self._path)
        except OSError as error:
            # Closing writes what is buffered, so it may fail as any write.
            raise _no_space() from error
        finally:
            self._partial.unlink(missing_ok=True)

    def _write(self, mark: bytes, frame: bytes) -> None:
        if self._file is None:
            raise TypeError("a spool writer is used in a with block")
        nonce = self._count.to_bytes(12, "little")
        sealed = self._cipher.encrypt(nonce, frame, framed(b"frame", mark))
        try:
            self._file.write(mark + len(sealed).to_bytes(4, "big") + sealed)
        except OSError as error:
            raise _no_space() from error
        self._count += 1


def _decrypted(file: BinaryIO, cipher: ChaCha20Poly1305) -> Iterator[bytes]:
    count = 0
    while True:
        mark, size = file.read(1), int.from_bytes(file.read(4), "big")
        if mark not in {_MORE, _LAST} or not _TAG_BYTES <= size <= MOST_FRAME_BYTES:
            raise _damaged()
        try:
            nonce = count.to_bytes(12, "little")
            frame = cipher.decrypt(nonce, file.read(size), framed(b"frame", mark))
        except InvalidTag as error:
            raise _damaged() from error
        if mark == _LAST:
            if file.read(1):
                raise _damaged()
            return
        yield frame
        count += 1


def _damaged() -> SpoolError:
    return SpoolError(
        Text(
            "受信済みのファイルが変更されたか、途中で切れています。",
            "A received file was changed or cut.",
        ),
        Text(
            "ディスクを確かめ、このラウンドを取り消してやり直してください。",
            "Check the disk, cancel this round and start another.",
        ),
    )


def _no_space() -> StorageError:
    return StorageError(
        Text("受信した内容をディスクに書けません。", "What was received cannot be written."),
        Text(
            "空き容量と権限を確かめて `round resume` してください。半端なものは残っていません。",
            "Check free space and permissions, then `round resume`; nothing is half-written.",
        ),
    )
