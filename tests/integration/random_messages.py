"""Requests that no sender of ours would make, drawn from a fixed seed: bytes and half-messages."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

_TEXTS = (
    "", "x", "school", "coordinator", "../../etc/passwd", "\u0000", "縁" * 50, "a" * 5_000,
    "first", "kana", "kanji", "inputs", "group", "listed", "2026-07-05", "{}", "[1]", "'; DROP",
)  # fmt: skip
_LENGTHS = (0, 1, 16, 31, 32, 33, 64, 65, 1_000)
_NUMBERS = (0, 1, 2, 7, 255, 65_536, 2**31 - 1, 2**32 - 1, 2**63 - 1)
_DEEPEST = 4


class Garbage:
    """Draws requests; *known* are byte strings that mean something, such as plan digests."""

    def __init__(self, seed: int, known: Sequence[bytes]) -> None:
        """Start at *seed*."""
        self._random = random.Random(seed)
        self._known = known

    def requests(self, descriptor: Any, count: int) -> list[bytes]:
        """Return *count* serialised requests: nothing, noise, damaged and half-filled messages."""
        made = [b"", b"\xff" * 64, self._random.randbytes(200)]
        while len(made) < count:
            body = self.message(descriptor).SerializeToString()
            made.append(body)
            if body:
                made.append(body[: self._random.randrange(len(body))])
        return made[:count]

    def message(self, descriptor: Any, depth: int = 0) -> Message:
        """Return a message with some fields set to values of the right type."""
        message: Message = GetMessageClass(descriptor)()
        for field in descriptor.fields:
            if self._random.random() < 0.3 or depth >= _DEEPEST:
                continue
            self._fill(message, field, depth)
        return message

    def _fill(self, message: Message, field: Any, depth: int) -> None:
        kind = field.message_type
        if kind is not None and kind.GetOptions().map_entry:
            _, value = kind.fields
            target = getattr(message, field.name)
            for text in ("school", "x"):
                if value.message_type is None:
                    target[text] = self._value(value)
                else:
                    target[text].CopyFrom(self.message(value.message_type, depth + 1))
        elif field.is_repeated:
            target = getattr(message, field.name)
            for _ in range(self._random.randrange(4)):
                if kind is None:
                    target.append(self._value(field))
                else:
                    target.add().CopyFrom(self.message(kind, depth + 1))
        elif kind is not None:
            getattr(message, field.name).CopyFrom(self.message(kind, depth + 1))
        else:
            setattr(message, field.name, self._value(field))

    def _value(self, field: Any) -> object:
        draw = self._random
        if field.type == FieldDescriptor.TYPE_STRING:
            return draw.choice(_TEXTS)
        if field.type == FieldDescriptor.TYPE_BYTES:
            if self._known and draw.random() < 0.6:
                return draw.choice(self._known)
            return draw.randbytes(draw.choice(_LENGTHS))
        if field.type == FieldDescriptor.TYPE_BOOL:
            return draw.random() < 0.5
        if field.type == FieldDescriptor.TYPE_ENUM:
            return draw.choice([value.number for value in field.enum_type.values])
        most = 2**31 - 1 if field.type == FieldDescriptor.TYPE_INT32 else 2**32 - 1
        wide = field.type in (FieldDescriptor.TYPE_UINT64, FieldDescriptor.TYPE_INT64)
        number = draw.choice(_NUMBERS)
        return number if wide else min(number, most)
