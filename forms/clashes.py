"""Comparisons that hold in form-js and never here, because values have another kind there.

form-js keeps dates as text, an empty text field as "", and answers as whatever was written. Here a date is a date, an
empty field is null, answers are texts. A comparison that can never be true would hide or show a field for ever.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from engine.feel.syntax import Call, Comparison, Literal, Name, Node, Path, children
from forms.model import (
    Checkbox,
    Choice,
    ChoiceStyle,
    Component,
    Field,
    Group,
    NumberInput,
    Repeat,
    TemporalInput,
    TemporalKind,
    TextInput,
)

_KINDS: Final[Mapping[type, str]] = {str: "ein Text", Decimal: "eine Zahl", bool: "ja oder nein (true, false)"}
_DATES: Final[Mapping[TemporalKind, tuple[str, str]]] = {
    TemporalKind.DATE: ("ein Datum", '@"2027-01-15"'),
    TemporalKind.TIME: ("eine Uhrzeit", '@"10:30:00"'),
    TemporalKind.DATETIME: ("ein Zeitpunkt", '@"2027-01-15T10:30:00"'),
}
_Plain = str | Decimal | bool
_SEVERAL: Final = (ChoiceStyle.CHECKLIST, ChoiceStyle.TAGLIST)

Fields = Mapping[tuple[str, ...], Field]


def fields_by_name(components: tuple[Component, ...]) -> dict[tuple[str, ...], Field]:
    """The fields as expressions name them, those in rows left out (`this.name` is looked up with the row's own)."""
    found: dict[tuple[str, ...], Field] = {}
    for component in components:
        if isinstance(component, Group):
            found |= fields_by_name(component.children)
        elif isinstance(component, Field) and not isinstance(component, Repeat):
            found[component.path] = component
    return found


def clashes(tree: Node, fields: Fields, row: Fields) -> Iterator[str]:
    """A German sentence for every comparison that can never be true, and for every call that a number does not take.

    `row` are the fields of the row the expression stands in.
    """
    nodes = list(_walk(tree))
    compared = [pair for node in nodes if isinstance(node, Comparison) for pair in _sides(node)]
    with_null = {_path(side) for side, other in compared if isinstance(other, Literal) and other.value is None}
    for side, other in compared:
        field = _field(side, fields, row)
        if field is None or not isinstance(other, Literal) or not isinstance(other.value, str | Decimal | bool):
            continue
        if sentence := _clash(field, _shown(side), other.value, asks_for_null=_path(side) in with_null):
            yield sentence
    for node in nodes:
        if isinstance(node, Call) and isinstance(node.function, Name) and node.function.name == "number":
            for argument in node.arguments[:1]:
                if isinstance(_field(argument, fields, row), NumberInput):
                    yield f"„{_shown(argument)}“ ist schon eine Zahl; schreiben Sie es ohne „number“."


def _clash(field: Field, shown: str, value: _Plain, *, asks_for_null: bool) -> str:
    if isinstance(field, TemporalInput):
        kind, example = _DATES[field.kind]
        return f"„{shown}“ ist {kind} und wird mit {_kind(value)} verglichen. Schreiben Sie zum Beispiel {example}."
    expected = _expected(field)
    if expected is None:
        return ""
    if not isinstance(value, expected):
        return f"„{shown}“ ist {_KINDS[expected]} und wird mit {_kind(value)} verglichen; das gilt nie."
    if value == "" and not asks_for_null:
        return f'Ein leeres Feld ist hier null. Schreiben Sie „{shown} = null“ statt „{shown} = ""“.'
    return ""


def _expected(field: Field) -> type | None:
    match field:
        case NumberInput():
            return Decimal
        case Checkbox():
            return bool
        case TextInput():
            return str
        case Choice() if field.style not in _SEVERAL:
            return str
        case _:
            return None


def _kind(value: _Plain) -> str:
    return {str: "einem Text", Decimal: "einer Zahl", bool: "true oder false"}[type(value)]


def _walk(tree: Node) -> Iterator[Node]:
    yield tree
    for child in children(tree):
        yield from _walk(child)


def _sides(node: Comparison) -> tuple[tuple[Node, Node], tuple[Node, Node]]:
    return (node.left, node.right), (node.right, node.left)


def _field(node: Node, fields: Fields, row: Fields) -> Field | None:
    path = _path(node)
    if path and path[0] in {"this", "_this_"}:
        return row.get(path[1:])
    return fields.get(path)


def _path(node: Node) -> tuple[str, ...]:
    """The names of `a.b.c`; empty for anything else."""
    if isinstance(node, Name):
        return (node.name,)
    base = _path(node.base) if isinstance(node, Path) else ()
    return (*base, node.member) if isinstance(node, Path) and base else ()


def _shown(node: Node) -> str:
    return ".".join(_path(node))
