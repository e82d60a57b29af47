"""Dataclasses as the one truth of the interface: their JSON Schema, their JSON, and reading them from JSON.

A field's help is its annotation: `Annotated[str, "what it is"]`. A field with a default may be left out.
"""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from forms.text import TextRefused, clean_line, printable

Schema = dict[str, Any]
LONGEST_TEXT: Final = 500

_PLAIN: Final[Mapping[Any, Schema]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    UUID: {"type": "string", "format": "uuid"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    NoneType: {"type": "null"},
    Any: {},
}


def schema_of(kind: Any, known: dict[str, Schema]) -> Schema:
    """Return the JSON Schema of a type; dataclasses are put into `known` by name and referred to."""
    if get_origin(kind) is Annotated:
        inner, help_text = get_args(kind)
        return schema_of(inner, known) | {"description": help_text}
    if kind in _PLAIN:
        return dict(_PLAIN[kind])
    if get_origin(kind) in {Union, UnionType}:
        return {"anyOf": [schema_of(one, known) for one in get_args(kind)]}
    if get_origin(kind) is tuple:
        return {"type": "array", "items": schema_of(get_args(kind)[0], known)}
    if get_origin(kind) is dict:
        return {"type": "object", "additionalProperties": schema_of(get_args(kind)[1], known)}
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return {"type": "string", "enum": [one.value for one in kind]}
    if not (isinstance(kind, type) and is_dataclass(kind)):
        raise TypeError(f"the interface has no shape for {kind}")
    if kind.__name__ not in known:
        known[kind.__name__] = {}
        known[kind.__name__] |= _object_schema(kind, known)
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


def hints_of(kind: Any) -> dict[str, Any]:
    """Return the types of a dataclass's fields, with their help."""
    return get_type_hints(kind, include_extras=True)


def to_json(value: Any) -> Any:
    """Return the JSON of an answer."""
    if is_dataclass(value):
        return {one.name: to_json(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    if isinstance(value, Mapping):
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID | StrEnum) else value


def read(kind: Any, sent: Mapping[str, object]) -> tuple[Any, dict[str, str]]:
    """Return the dataclass that was sent, and a German sentence per field that does not fit (then None)."""
    hints = hints_of(kind)
    errors = {printable(name): "Dieses Feld gibt es hier nicht." for name in sent if name not in hints}
    values: dict[str, object] = {}
    for one in fields(kind):
        if one.name in sent:
            value, error = _read_value(hints[one.name], sent[one.name])
            if error:
                errors[one.name] = error
            values[one.name] = value
        elif is_required(one):
            errors[one.name] = "Dieses Feld fehlt."
    return (None if errors else kind(**values)), errors


def is_required(one: Field[Any]) -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def _object_schema(kind: Any, known: dict[str, Schema]) -> Schema:
    hints = hints_of(kind)
    return {
        "type": "object",
        "description": (kind.__doc__ or "").strip(),
        "properties": {name: schema_of(hint, known) for name, hint in hints.items()},
        "required": [one.name for one in fields(kind) if is_required(one)],
        "additionalProperties": False,
    }


def _read_value(kind: Any, raw: object) -> tuple[object, str]:
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if kind is Any or get_origin(kind) is dict:
        return raw, ""  # a form's values: judged by the form
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        allowed = [one.value for one in kind]
        return (kind(raw), "") if raw in allowed else (None, f"Möglich sind: {', '.join(allowed)}.")
    if not isinstance(raw, str):
        return None, "Hier wird ein Text erwartet."
    if kind is int:
        fits = raw.isascii() and raw.isdigit() and len(raw) <= 6
        return (int(raw), "") if fits else (None, "Hier wird eine ganze Zahl erwartet.")
    if len(raw) > LONGEST_TEXT:
        return None, f"Der Text hat mehr als {LONGEST_TEXT} Zeichen."
    try:
        return clean_line(raw), ""
    except TextRefused as error:
        return None, str(error)
