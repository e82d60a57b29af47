"""FEEL's types: `instance of`, and conformance of values to declared types (DMN 1.5 10.3.2.9)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Final

from engine.feel.temporal import (
    DaysTimeDuration,
    FarDate,
    FineDateTime,
    FineTime,
    YearsMonthsDuration,
)
from engine.feel.values import Function, Range, Value


@dataclass(frozen=True, slots=True)
class Simple:
    """A type without parameters: number, string, date ..., and Any, Null."""

    name: str


@dataclass(frozen=True, slots=True)
class ListOf:
    item: "Type"


@dataclass(frozen=True, slots=True)
class RangeOf:
    item: "Type"


@dataclass(frozen=True, slots=True)
class ContextOf:
    """A context with at least these members."""

    members: tuple[tuple[str, "Type"], ...]


@dataclass(frozen=True, slots=True)
class FunctionOf:
    parameters: tuple["Type", ...]
    result: "Type"


@dataclass(frozen=True, slots=True)
class Constrained:
    """A named type whose values must also pass `allows`; `wording` says in FEEL what is allowed."""

    base: "Type"
    allows: Callable[[Value], bool]
    wording: str


@dataclass(slots=True, eq=False)
class Named:
    """A type that refers to a definition by name; filled in when all definitions are known."""

    name: str
    target: "Type"


Type = Simple | ListOf | RangeOf | ContextOf | FunctionOf | Constrained | Named

ANY: Final = Simple("Any")
NULL: Final = Simple("Null")
NUMBER: Final = Simple("number")
STRING: Final = Simple("string")
BOOLEAN: Final = Simple("boolean")
DATE: Final = Simple("date")
TIME: Final = Simple("time")
DATE_TIME: Final = Simple("date and time")
DAYS_DURATION: Final = Simple("days and time duration")
MONTHS_DURATION: Final = Simple("years and months duration")

# The names an author writes; the camel case ones come from DMN 1.1 and the XML attribute typeRef.
SIMPLE_TYPES: Final[Mapping[str, Type]] = {
    **{
        kind.name: kind
        for kind in (ANY, NULL, NUMBER, STRING, BOOLEAN, DATE, TIME, DATE_TIME, DAYS_DURATION, MONTHS_DURATION)
    },
    "dateTime": DATE_TIME,
    "dayTimeDuration": DAYS_DURATION,
    "yearMonthDuration": MONTHS_DURATION,
    "list": ListOf(ANY),
    "context": ContextOf(()),
}

_CLASSES: Final[Mapping[str, tuple[type, ...]]] = {
    "number": (Decimal,),
    "string": (str,),
    "boolean": (bool,),
    "date": (date, FarDate),
    "time": (time, FineTime),
    "date and time": (datetime, FineDateTime),
    "days and time duration": (DaysTimeDuration,),
    "years and months duration": (YearsMonthsDuration,),
    "Null": (type(None),),
}

_ALL_CLASSES: Final = frozenset(
    {*(each for classes in _CLASSES.values() for each in classes), list, dict, Range, Function}
)

_GERMAN: Final[Mapping[str, str]] = {
    "number": "Zahl",
    "string": "Text",
    "boolean": "Wahrheitswert",
    "date": "Datum",
    "time": "Uhrzeit",
    "date and time": "Datum mit Uhrzeit",
    "days and time duration": "Dauer in Tagen und Stunden",
    "years and months duration": "Dauer in Jahren und Monaten",
    "list": "Liste",
    "context": "Kontext",
    "range": "Bereich",
    "function": "Funktion",
    "Null": "null (kein Wert)",
    "Any": "beliebiger Wert",
}


def sure_classes(kind: Type) -> frozenset[type]:
    """Python classes whose every value conforms to `kind`, for a quick look before the full check."""
    while isinstance(kind, Named):
        kind = kind.target
    if kind == ANY:
        return _ALL_CLASSES
    return frozenset((*_CLASSES[kind.name], type(None)) if isinstance(kind, Simple) else (type(None),))


def instance_of(value: Value, kind: Type) -> bool:
    """Whether `value` is of the type `kind`; null is of Null only, and allowed values do not count (TCK 0070)."""
    while isinstance(kind, Named | Constrained):
        kind = kind.target if isinstance(kind, Named) else kind.base
    if value is None:
        return kind == NULL
    return conforms(value, kind)


def conforms(value: Value, kind: Type) -> bool:
    """Whether `value` may stand where `kind` is declared: null may stand anywhere."""
    if value is None or kind is ANY:
        return True
    if isinstance(kind, Simple):
        return kind.name == "Any" or type(value) in _CLASSES[kind.name]
    match kind:
        case ListOf(item):
            return isinstance(value, list) and all(conforms(element, item) for element in value)
        case ContextOf(members):
            return isinstance(value, dict) and all(
                name in value and conforms(value[name], member) for name, member in members
            )
        case RangeOf(item):
            return isinstance(value, Range) and conforms(value.start, item) and conforms(value.end, item)
        case FunctionOf(parameters, result):
            return isinstance(value, Function) and _function_conforms(value, parameters, result)
        case Constrained(base, allows):
            return conforms(value, base) and allows(value)
        case Named():
            return conforms(value, kind.target)


def _function_conforms(value: Function, parameters: tuple[Type, ...], result: Type) -> bool:
    signature = value.signature
    if signature is None or len(signature.parameters) != len(parameters):
        return False
    return is_subtype(signature.result, result) and all(
        is_subtype(wanted, declared) for declared, wanted in zip(signature.parameters, parameters, strict=True)
    )


def is_subtype(narrow: Type, wide: Type) -> bool:
    """Whether every value of `narrow` conforms to `wide`; for functions parameters the other way round."""
    if isinstance(narrow, Named):
        return is_subtype(narrow.target, wide)
    if isinstance(wide, Named):
        return is_subtype(narrow, wide.target)
    if wide == ANY or narrow in (NULL, wide):
        return True
    match narrow, wide:
        case Constrained(base), _:
            return is_subtype(base, wide)
        case (ListOf(inner), ListOf(outer)) | (RangeOf(inner), RangeOf(outer)):
            return is_subtype(inner, outer)
        case ContextOf(members), ContextOf(wanted):
            have = dict(members)
            return all(name in have and is_subtype(have[name], member) for name, member in wanted)
        case FunctionOf(has, gives), FunctionOf(takes, wants):
            return (
                len(has) == len(takes)
                and is_subtype(gives, wants)
                and all(is_subtype(taken, had) for taken, had in zip(takes, has, strict=True))
            )
        case _:
            return False


def coerced(value: Value, kind: Type) -> tuple[Value, bool]:
    """`value` after the implicit conversions to `kind`, and whether it conforms; (null, False) where it does not.

    DMN 1.5 10.3.2.9.4: a value becomes a list of one, a list of one its item, a date its midnight UTC.
    """
    if conforms(value, kind):
        return value, True
    base = kind
    while isinstance(base, Constrained | Named):
        base = base.base if isinstance(base, Constrained) else base.target
    if isinstance(base, ListOf) and not isinstance(value, list) and conforms([value], kind):
        return [value], True
    if isinstance(value, list) and len(value) == 1 and conforms(value[0], kind):
        return value[0], True
    if base == DATE_TIME and type(value) is date:
        moment = datetime(value.year, value.month, value.day, tzinfo=UTC)
        return (moment, True) if conforms(moment, kind) else (None, False)
    return None, False


def type_text(kind: Type) -> str:
    """The type as FEEL writes it."""
    match kind:
        case Simple(name):
            return name
        case Named():
            return kind.name
        case ListOf(item):
            return f"list<{type_text(item)}>"
        case RangeOf(item):
            return f"range<{type_text(item)}>"
        case ContextOf(members):
            return "context<" + ", ".join(f"{name}: {type_text(member)}" for name, member in members) + ">"
        case FunctionOf(parameters, result):
            return f"function<{', '.join(map(type_text, parameters))}>->{type_text(result)}"
        case Constrained(base):
            return type_text(base)


def kind_of(value: Value) -> str:
    """The value's kind as FEEL names it, without parameters: "number", "list", "date and time" ..."""
    for name, classes in _CLASSES.items():
        if type(value) in classes:
            return name
    if isinstance(value, list):
        return "list"
    if isinstance(value, dict):
        return "context"
    return "range" if isinstance(value, Range) else "function"


def german_kind(name: str) -> str:
    """What people read for a kind: "Zahl", "Datum" ..."""
    return _GERMAN.get(name, name)
