"""Our four import names are generic: prove that they are ours."""

import importlib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

DIST = "enishi"
PACKAGES = ["nodes", "coordinator", "privacy", "protos", "deploy"]


@pytest.mark.parametrize("name", PACKAGES)
def test_no_other_distribution_ships_our_import_name(name: str) -> None:
    assert set(packages_distributions().get(name, [DIST])) == {DIST}


def test_our_packages_come_from_one_place() -> None:
    homes = {Path(importlib.import_module(n).__file__ or "").parent.parent for n in PACKAGES}
    assert len(homes) == 1, homes
