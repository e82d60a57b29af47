"""Read TOML tables into frozen dataclasses, strictly: an unknown key, a wrong type or a missing key is a finding.

The dataclass is the schema. Fields are `str`, `int`, `bool`, `date`, `datetime`, enumerations, other dataclasses,
`tuple[X, ...]`, `Mapping[str, X]`, `X | None`, or `object` for a value that is taken as TOML gives it.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

from engine.catalog.findings import Findings

_T = TypeVar("_T")
_NO_VALUE: Final = object()
_WORDS: Final[Mapping[object, str]] = {
    str: "ein Text in Anführungszeichen",
    int: "eine ganze Zahl",
    bool: "true oder false",
    date: "ein Datum ohne Anführungszeichen, zum Beispiel 2026-01-15",
    datetime: "ein Zeitpunkt ohne Anführungszeichen, zum Beispiel 2026-01-15T09:30:00+01:00",
}


def parse(data: bytes, findings: Findings) -> Mapping[str, Any] | None:
    """Parse TOML; text that is none gives None and a finding with line and column."""
    try:
        return tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError:
        findings.refuse("", "not_utf8", "Die Datei ist nicht in UTF-8 gespeichert. Speichern Sie sie in UTF-8.")
    except tomllib.TOMLDecodeError as error:
        findings.refuse("", "not_toml", f"Die Datei ist kein gültiges TOML: {error}.")
    return None


def read(table: Mapping[str, Any], shape: type[_T], findings: Findings, place: str = "") -> _T | None:
    """Read `table` as `shape`, a dataclass; None if anything did not fit (it is in the findings then)."""
    value = _dataclass(table, shape, findings, place)
    return None if value is _NO_VALUE else value


def _dataclass(table: object, shape: Any, findings: Findings, place: str) -> Any:
    if not isinstance(table, Mapping):
        findings.refuse(place, "wrong_type", f"„{place}“ muss ein Abschnitt mit Schlüsseln sein.")
        return _NO_VALUE
    types = get_type_hints(shape)
    names = {_key(item.name): item for item in fields(shape)}
    for key in table:
        if key not in names:
            known = ", ".join(sorted(names))
            findings.refuse(
                _join(place, key), "unknown_key", f"Den Schlüssel „{key}“ gibt es hier nicht; möglich sind: {known}."
            )
    values: dict[str, Any] = {}
    for key, item in names.items():
        if key in table:
            values[item.name] = _value(table[key], types[item.name], findings, _join(place, key))
        elif item.default is MISSING and item.default_factory is MISSING:
            findings.refuse(_join(place, key), "missing_key", f"Der Schlüssel „{key}“ fehlt.")
            values[item.name] = _NO_VALUE
    return _NO_VALUE if any(value is _NO_VALUE for value in values.values()) else shape(**values)


def _value(value: object, wanted: Any, findings: Findings, place: str) -> Any:
    if wanted is object or wanted is Any:
        return value
    origin = get_origin(wanted)
    if origin in (Union, UnionType):
        return _value(value, next(part for part in get_args(wanted) if part is not NoneType), findings, place)
    if origin is tuple:
        return _tuple(value, get_args(wanted)[0], findings, place)
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(value, get_args(wanted)[1], findings, place)
    if is_dataclass(wanted):
        return _dataclass(value, wanted, findings, place)
    if isinstance(wanted, type) and issubclass(wanted, StrEnum):
        return _enum(value, wanted, findings, place)
    if type(value) is not wanted:  # exactly: TOML's true is no integer, and a time stamp is no date
        findings.refuse(place, "wrong_type", f"„{place}“ muss {_WORDS[wanted]} sein.")
        return _NO_VALUE
    if wanted is datetime and isinstance(value, datetime) and value.tzinfo is None:
        findings.refuse(place, "wrong_type", f"„{place}“ braucht eine Zeitzone, zum Beispiel +01:00.")
        return _NO_VALUE
    return value


def _tuple(value: object, wanted: Any, findings: Findings, place: str) -> Any:
    if not isinstance(value, list):
        findings.refuse(place, "wrong_type", f"„{place}“ muss eine Liste in eckigen Klammern sein.")
        return _NO_VALUE
    items = tuple(_value(item, wanted, findings, f"{place}[{index}]") for index, item in enumerate(value, start=1))
    return _NO_VALUE if any(item is _NO_VALUE for item in items) else items


def _mapping(value: object, wanted: Any, findings: Findings, place: str) -> Any:
    if not isinstance(value, Mapping):
        findings.refuse(place, "wrong_type", f"„{place}“ muss ein Abschnitt mit Schlüsseln sein.")
        return _NO_VALUE
    items = {key: _value(item, wanted, findings, _join(place, key)) for key, item in value.items()}
    return _NO_VALUE if any(item is _NO_VALUE for item in items.values()) else items


def _enum(value: object, wanted: type[StrEnum], findings: Findings, place: str) -> Any:
    try:
        return wanted(value if isinstance(value, str) else "")
    except ValueError:
        known = ", ".join(f'"{member.value}"' for member in wanted)
        findings.refuse(place, "unknown_value", f"„{place}“ kennt diesen Wert nicht; möglich sind: {known}.")
        return _NO_VALUE


def _join(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _key(name: str) -> str:
    """A field named like a Python word carries an underscore at its end (`class_`)."""
    return name.removesuffix("_")
