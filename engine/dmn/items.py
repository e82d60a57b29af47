"""Item definitions as FEEL types."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from engine.dmn.model import ItemDefinition, Text
from engine.feel import Scope, UnaryTests
from engine.feel.errors import LimitExceeded
from engine.feel.frame import Run
from engine.feel.types import ANY, NUMBER, SIMPLE_TYPES, Constrained, ContextOf, FunctionOf, ListOf, Named, Type
from engine.feel.values import Value

# What Camunda's modeler offers for numbers besides the standard's one type.
_VENDOR_TYPES: Final[Mapping[str, Type]] = {"integer": NUMBER, "long": NUMBER, "double": NUMBER}

# Allowed values are constants; a clock in them would make the type of a value change by the hour.
_NO_CLOCK: Final = datetime(2000, 1, 1, tzinfo=UTC)

Refuse = Callable[[int, str, str], None]
ParseTests = Callable[[Text, Scope], UnaryTests | None]


class Types:
    """The types that a model's `typeRef`s may name. `refuse(line, code, message)` takes what is wrong."""

    def __init__(
        self, items: Sequence[ItemDefinition], imported: Mapping[str, Type], parse: ParseTests, refuse: Refuse
    ) -> None:
        self.parse = parse
        self.refuse = refuse
        self.named: dict[str, Type] = dict(imported)
        self.own: dict[str, Named] = {item.name: Named(item.name, ANY) for item in items}
        self.named.update(self.own)
        for item in items:
            self.own[item.name].target = self.built(item)
        for item in items:
            if _endless(self.own[item.name]):
                refuse(item.line, "endless_type", f"Der Typ „{item.name}“ besteht aus sich selbst")
                self.own[item.name].target = ANY

    def find(self, name: str | None, line: int, place: str) -> Type:
        """The type of that name; Any when none is named, and Any with a finding when it does not exist."""
        if name is None:
            return ANY
        kind = self.named.get(name) or SIMPLE_TYPES.get(name) or _VENDOR_TYPES.get(name)
        if kind is None:
            self.refuse(line, "unknown_type", f"{place}: Den Typ „{name}“ gibt es nicht")
            return ANY
        return kind

    def built(self, item: ItemDefinition) -> Type:
        place = f"Typ „{item.name}“"
        if item.function is not None:
            parameters, result = item.function
            kinds = tuple(self.find(parameter.type_ref, item.line, place) for parameter in parameters)
            kind: Type = FunctionOf(kinds, self.find(result, item.line, place))
        elif item.components:
            kind = ContextOf(tuple((part.name, self.built(part)) for part in item.components))
        else:
            kind = self.find(item.type_ref, item.line, place)
        kind = self.constrained(kind, item.allowed)
        return self.constrained(ListOf(kind) if item.is_collection else kind, item.constraint)

    def constrained(self, kind: Type, allowed: Text | None) -> Type:
        if allowed is None or not allowed.text.strip():
            return kind
        tests = self.parse(allowed, Scope())
        return kind if tests is None else Constrained(kind, allows(tests), " ".join(allowed.text.split()))


def allows(tests: UnaryTests) -> Callable[[Value], bool]:
    """Whether a value passes the tests of allowed values."""

    def holds(value: Value) -> bool:
        try:
            return tests.holds(value, {}, Run(_NO_CLOCK)) is True
        except LimitExceeded:
            return False

    return holds


def _endless(start: Named) -> bool:
    """Whether following references alone (no context, no list between) leads back to `start`."""
    kind: Type = start.target
    for _ in range(1000):
        if kind is start:
            return True
        if isinstance(kind, Named):
            kind = kind.target
        elif isinstance(kind, Constrained):
            kind = kind.base
        else:
            return False
    return True
