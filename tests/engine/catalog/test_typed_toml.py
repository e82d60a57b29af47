from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import pytest

from engine.catalog import typed_toml
from engine.catalog.findings import Findings


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Inner:
    day: date
    class_: str = "none"


@dataclass(frozen=True, slots=True)
class Outer:
    name: str
    colour: Colour
    inner: tuple[Inner, ...]
    counts: Mapping[str, int]
    at: datetime | None = None


GOOD = """
name = "x"
colour = "red"
counts = { a = 1 }
at = 2026-01-15T09:30:00+01:00
[[inner]]
day = 2026-01-15
class = "steuer"
"""


def read(text: str) -> tuple[Outer | None, list[str]]:
    findings = Findings("procedure.toml")
    table = typed_toml.parse(text.encode(), findings)
    assert table is not None
    value = typed_toml.read(table, Outer, findings)
    return value, [f"{finding.place} {finding.code}" for finding in findings.found]


def test_a_table_becomes_the_dataclass() -> None:
    value, findings = read(GOOD)
    assert findings == []
    assert value is not None
    assert value.inner == (Inner(date(2026, 1, 15), "steuer"),)
    assert (value.colour, value.counts) == (Colour.RED, {"a": 1})


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ('name = "x"', "", "name missing_key"),
        ('name = "x"', "name = 1", "name wrong_type"),
        ('name = "x"', 'name = "x"\nnmae = "y"', "nmae unknown_key"),
        ('"red"', '"green"', "colour unknown_value"),
        ('"red"', "7", "colour unknown_value"),
        ("a = 1", "a = true", "counts.a wrong_type"),
        ("a = 1", "a = 1.5", "counts.a wrong_type"),
        ("counts = { a = 1 }", "counts = [1]", "counts wrong_type"),
        ("day = 2026-01-15", 'day = "2026-01-15"', "inner[1].day wrong_type"),
        ("day = 2026-01-15", "day = 2026-01-15T00:00:00", "inner[1].day wrong_type"),
        ("+01:00", "", "at wrong_type"),
        ('class = "steuer"', 'class_ = "steuer"', "inner[1].class_ unknown_key"),
    ],
)
def test_what_does_not_fit_is_a_finding_with_its_place(old: str, new: str, finding: str) -> None:
    value, findings = read(GOOD.replace(old, new))
    assert finding in findings
    assert value is None or "unknown_key" in finding


@pytest.mark.parametrize(
    ("data", "code"), [(b"name = ", "not_toml"), (b"name = 'x'\nname = 'y'", "not_toml"), (b"\xff\xfe", "not_utf8")]
)
def test_text_that_is_no_toml_is_a_finding(data: bytes, code: str) -> None:
    findings = Findings("procedure.toml")
    assert typed_toml.parse(data, findings) is None
    assert [finding.code for finding in findings.found] == [code]
