"""Reads the package's own dated tables, once, at import.

A row of a table names a jurisdiction ("DE" or "DE-HE") and may bound its validity by `valid_from` and `valid_to`
(both inclusive). `in_force` picks the rows that answer for a place and a day; the more special jurisdiction wins.
"""

import tomllib
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Protocol, TypeVar

_FOLDER = Path(__file__).parent / "tables"


class Dated(Protocol):
    """What every row of a dated table has."""

    @property
    def jurisdiction(self) -> str: ...
    @property
    def valid_from(self) -> date | None: ...
    @property
    def valid_to(self) -> date | None: ...


Row = TypeVar("Row", bound=Dated)


def read(name: str) -> dict[str, Any]:
    """Return the table file `name` (without ".toml") of this package."""
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def lineage(jurisdiction: str) -> list[str]:
    """Return the jurisdiction and its parents, most special first: ["DE-HE", "DE"]."""
    parts = jurisdiction.split("-")
    return ["-".join(parts[:count]) for count in range(len(parts), 0, -1)]


def is_in_force(row: Dated, on: date) -> bool:
    return (row.valid_from is None or row.valid_from <= on) and (row.valid_to is None or on <= row.valid_to)


def in_force(rows: Iterable[Row], *, jurisdiction: str, on: date) -> Sequence[Row]:
    """Return the rows of the most special jurisdiction that has any in force on that day; empty if none has."""
    valid = [row for row in rows if is_in_force(row, on)]
    for place in lineage(jurisdiction):
        found = [row for row in valid if row.jurisdiction == place]
        if found:
            return found
    return []
