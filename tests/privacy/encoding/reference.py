"""PROTOCOL 2 steps 1 to 3 written straight from the text: slow, plain Python, no caches.

Second implementation of the encoder, for the tests: it shares only the key derivation
and the schema's settings with the first.
"""

from __future__ import annotations

import hashlib

from Crypto.Cipher import AES

from privacy.encoding.schema import FieldKind, FieldSpec, Pass, Schema, View
from privacy.keys import LinkKeys, derive
from privacy.normalise.person import Person


def code(schema: Schema, keys: LinkKeys, salt_pass: Pass, view: View, person: Person) -> list[int]:
    """The bits of a sharpened view; all zero where the record is missing in it."""
    view_id = f"{salt_pass.name}/{view.name}"
    salt_parts = [getattr(person, name) for name in salt_pass.salt]
    specs = {spec.name: spec for spec in schema.fields}
    text_grams = sum(
        len(grams(specs[name], getattr(person, name)))
        for name in view.fields
        if specs[name].kind is FieldKind.QGRAM
    )
    required = all(any(getattr(person, name) for name in group) for group in view.requires)
    if not all(salt_parts) or text_grams < schema.min_grams or not required:
        return [0] * schema.length
    if salt_pass.order_free:
        salt_parts.sort()
    position_key = derive(keys.salt(view_id), "position", "|".join(salt_parts).encode())
    cipher = AES.new(position_key, AES.MODE_ECB)
    bits = [0] * 1024
    for name in view.fields:
        value = getattr(person, name)
        for gram in grams(specs[name], value):
            text = f"{'any' if view.order_free else name}|{gram}".encode()
            gram_id = hashlib.blake2b(text, digest_size=16, key=keys.ngram()).digest()
            number = int.from_bytes(cipher.encrypt(gram_id), "little")
            latin = all(ord(letter) < 0x250 for letter in value)
            hashes = specs[name].latin_hashes if latin else specs[name].hashes
            for t in range(hashes):
                bits[(number >> (10 * t)) & 1023] = 1
    return sharpen(bits, keys.sharpening(view_id), schema.length, salt_pass.fold)


def grams(spec: FieldSpec, value: str) -> set[str]:
    if not value:
        return set()
    if spec.kind is FieldKind.WHOLE:
        return {value}
    if spec.kind is FieldKind.DATE:
        return {letter + part for letter, part in zip("ymd", value.split("-"), strict=True)}
    padded = "\x02" + value + "\x03"
    return {padded[at : at + 2] for at in range(len(padded) - 1)}


def sharpen(bits: list[int], key: bytes, length: int, fold: int) -> list[int]:
    width = length * fold
    stream = AES.new(key, AES.MODE_CTR, nonce=b"").encrypt(bytes(1024 * width // 8))
    sums, column_sums = [0] * width, [0] * width
    for i in range(1024):
        row = int.from_bytes(stream[i * width // 8 : (i + 1) * width // 8], "little")
        for j in range(width):
            sign = 1 if (row >> j) & 1 else -1
            column_sums[j] += sign
            sums[j] += sign * bits[i]
    weight = sum(bits)
    signs = [1024 * sums[j] - weight * column_sums[j] >= 0 for j in range(width)]
    return [sum(signs[j + layer * length] for layer in range(fold)) % 2 for j in range(length)]
