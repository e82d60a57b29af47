"""Finds the reference data that lies beside the repository; tests skip with a clear message where it is absent."""

from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2] / "shared"


def shared(relative: str) -> Path:
    """Return `../shared/data/<relative>` or skip the calling test."""
    path = _ROOT / "data" / relative
    if not path.exists():
        pytest.skip(f"reference data not present: shared/data/{relative}")
    return path
