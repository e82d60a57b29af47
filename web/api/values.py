"""Values of forms and processes as plain JSON: numbers as strings, because readers of JSON make binary floats."""

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal

from engine.feel.values import Json, Value, to_json


def plain(value: Value) -> Json:
    """`Decimal("120.00")` becomes "120.00", a date "2027-01-15"; what a form takes back unchanged."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return plain_object(value)
    tagged = to_json(value)
    return next(iter(tagged.values())) if isinstance(tagged, dict) else tagged


def plain_object(values: Mapping[str, Value]) -> dict[str, Json]:
    return {name: plain(value) for name, value in values.items()}
