"""Addresses in Latin script: capitals, one form of each street word, the house number apart."""

from __future__ import annotations

import re

from privacy.normalise.latin import plain_letters

_ABBREVIATIONS = {
    word: short
    for short, words in {
        "ST": "STREET STR SAINT",
        "RD": "ROAD",
        "AVE": "AVENUE AV AVN",
        "DR": "DRIVE DRV",
        "LN": "LANE",
        "CT": "COURT CRT",
        "PL": "PLACE",
        "CRES": "CRESCENT CR CRESC CRS",
        "CCT": "CIRCUIT CIRCT",
        "CIR": "CIRCLE CIRC",
        "CL": "CLOSE CLS",
        "TCE": "TERRACE TER TERR",
        "PDE": "PARADE",
        "HWY": "HIGHWAY HWAY",
        "PKWY": "PARKWAY PKY",
        "BLVD": "BOULEVARD BVD BOUL",
        "SQ": "SQUARE",
        "GR": "GROVE GRV",
        "WY": "WAY",
        "MT": "MOUNT",
        "FT": "FORT",
        "N": "NORTH",
        "S": "SOUTH",
        "E": "EAST",
        "W": "WEST",
        "HTS": "HEIGHTS",
        "PT": "POINT",
        "PK": "PARK",
        "GDNS": "GARDENS GDN",
    }.items()
    for word in words.split()
}
_UNIT = re.compile(
    r"\b(?:UNIT|APT|APARTMENT|FLAT|SUITE|STE|ROOM|RM|LOT|VILLA|SHOP|LEVEL|FLOOR|BLDG|BUILDING|NO)"
    r"\W*(\d+[A-Z]?|[A-Z]\b)|#\s*(\w+)"
)
_UNIT_SLASH = re.compile(r"\b(\d+[A-Z]?)\s*/\s*(?=\d)")
_NUMBER = re.compile(r"\b(\d+(?:\s?-\s?\d+)?[A-Z]?)\b")
_WORD = re.compile(r"[A-Z0-9]+")


def parse_latin_address(text: str) -> tuple[str, str, str]:
    """Split a cleaned address into (town, block, building).

    Town: every word but the numbers, street words abbreviated; block: the house number;
    building: units, flats, and further numbers.
    """
    value = plain_letters(text).replace("'", "")
    units: list[str] = []

    def set_apart(found: re.Match[str]) -> str:
        units.append(next(group for group in found.groups() if group))
        return " "

    value = _UNIT_SLASH.sub(set_apart, _UNIT.sub(set_apart, value))
    numbers = _NUMBER.findall(value)
    words = _WORD.findall(_NUMBER.sub(" ", value))
    town = " ".join(_ABBREVIATIONS.get(word, word) for word in words)
    block = numbers[0].replace(" ", "") if numbers else ""
    return town, block.lstrip("0"), " ".join((*units, *numbers[1:]))
