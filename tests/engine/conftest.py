"""Use cases are tested in a whole house, on both databases."""

from pathlib import Path

import pytest

from engine.house import House
from storage.db import Database
from tests.houses import make_house


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    return make_house(database, tmp_path)
