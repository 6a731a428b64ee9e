"""The schema as data: round trip, digest, variants, refusals."""

from __future__ import annotations

import json

import pytest

from privacy.canonical import canonical_bytes
from privacy.encoding.hardening import Hardening
from privacy.encoding.schema import Schema, default_schema, is_latin, parse
from privacy.errors import BadInputError, RefusedError

DEFAULT_DIGEST = "79023fdc4d27339d762552950c00d99e2385c2828d6b7d6e962c8fc5bb647f7a"


def _changed(**entries: object) -> str:
    raw = json.loads(canonical_bytes(default_schema().to_json()))
    return json.dumps(raw | entries)


def test_the_default_schema_is_the_published_one() -> None:
    schema = default_schema()
    assert schema.digest.hex() == DEFAULT_DIGEST
    assert schema.view_ids(["first"]) == ("first/all", "first/name", "first/given_address")
    assert [p.fold for p in schema.passes] == [2, 2, 2, 4]
    assert [p.salt for p in schema.passes] == [
        ("birth_date",),
        ("family_kana", "given_kana"),
        ("family", "given"),
        (),
    ]


def test_the_labelled_variant_folds_three_signs_and_has_another_digest() -> None:
    labelled = default_schema(labels=True)
    assert labelled.labels
    assert [p.fold for p in labelled.passes] == [3, 3, 3, 4]
    assert labelled.digest != default_schema().digest


@pytest.mark.parametrize("labels", [False, True])
def test_json_and_back_is_the_same_schema(labels: bool) -> None:
    schema = default_schema(labels=labels)
    assert parse(canonical_bytes(schema.to_json()).decode()) == schema


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        _changed(bits=2048),
        _changed(version=2),
        _changed(length=500),
        _changed(length=0),
        _changed(fields={"shoe_size": {"kind": "qgram", "q": 2, "hashes": 6, "latin_hashes": 6}}),
        _changed(fields={"family": {"kind": "qgram", "q": 2, "hashes": 13, "latin_hashes": 6}}),
        _changed(fields={"family": {"kind": "qgram", "q": 0, "hashes": 6, "latin_hashes": 6}}),
        _changed(fields={"family": {"kind": "word", "q": 2, "hashes": 6, "latin_hashes": 6}}),
        _changed(fields={}),
        _changed(
            passes=[
                {"name": "p", "salt": ["moon"], "hardening": "none", "fold": 1, "views": []},
            ]
        ),
        _changed(
            passes=[
                {"name": "p", "salt": [], "hardening": "magic", "fold": 1, "views": []},
            ]
        ),
    ],
)
def test_what_version_1_cannot_encode_is_refused(text: str) -> None:
    with pytest.raises(BadInputError, match="schema is wrong"):
        parse(text)


def test_a_schema_below_the_policy_floor_is_refused_and_the_pass_named() -> None:
    default_schema().check_floor(Hardening.SHARPEN)
    weaker = _with_hardening("kana", "blip")
    weaker.check_floor(Hardening.XOR_FOLD)
    with pytest.raises(RefusedError, match="Pass kana is hardened by blip"):
        weaker.check_floor(Hardening.SHARPEN)
    with pytest.raises(RefusedError):
        _with_hardening("kana", "none").check_floor(Hardening.BLIP)


def _with_hardening(pass_name: str, hardening: str) -> Schema:
    raw = json.loads(canonical_bytes(default_schema().to_json()))
    for entry in raw["passes"]:
        if entry["name"] == pass_name:
            entry["hardening"] = hardening
    return parse(json.dumps(raw))


def test_latin_script_is_told_from_japanese() -> None:
    assert is_latin("O'NEIL É")
    assert not is_latin("架空")
    assert not is_latin("カクウ")
    assert not is_latin("")
