"""Towns that several tests read; made once per run."""

from pathlib import Path

import pytest

from deploy.town.generate import generate
from deploy.town.manifest import Manifest


@pytest.fixture(scope="session")
def small_town(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    return generate(tmp_path_factory.mktemp("small"), children=300, departments=7, seed=3)


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    return generate(tmp_path_factory.mktemp("town"), children=6000, departments=7, seed=1)


@pytest.fixture(scope="session")
def town_folder(town: Manifest) -> Path:
    return town.out
