"""How built-in functions are declared, found and given their arguments.

A declaration is the signature as `docs/feel.md` prints it, an example and its result (a test runs every one):

    @library.add("substring(string: string, start position: number, length: number?): string",
                 'substring("foobar", 3)', '"obar"')
    def substring(string, start, length): ...

`?` marks an argument that may be missing or null, `...` one that takes any number of values (or, for `list`, one list).
Arguments are converted as DMN 1.5 10.3.2.9.4 says (a list of one to its item, a value to a list of one) before the
function runs.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from engine.feel.errors import NoValue
from engine.feel.limits import STEP_SIZE
from engine.feel.temporal import FineDateTime
from engine.feel.types import ANY, SIMPLE_TYPES, conforms, german_kind, kind_of, sure_classes
from engine.feel.values import Function, Range, Value


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    kind: str
    optional: bool = False
    variadic: bool = False


@dataclass(frozen=True, slots=True)
class Builtin:
    """One signature of a built-in function; `run` gets the frame first where `framed`, `norm` is what it follows."""

    name: str
    parameters: tuple[Parameter, ...]
    result: str
    run: Callable[..., Value]
    framed: bool
    group: str
    signature: str
    examples: tuple[tuple[str, str], ...]
    norm: str = ""

    def bind(self, arguments: Sequence[Value]) -> "list[Value] | Misfit":
        """The arguments as `run` takes them, or why they do not fit."""
        parameters = self.parameters
        if parameters and parameters[-1].variadic:
            arguments = _gathered(arguments, len(parameters) - 1, parameters[-1].kind)
        if len(arguments) > len(parameters):
            return Misfit(0, f"„{self.name}“ nimmt höchstens {len(parameters)} Argumente, nicht {len(arguments)}")
        bound: list[Value] = []
        for index, parameter in enumerate(parameters):
            value = arguments[index] if index < len(arguments) else None
            if value is None and parameter.optional:
                bound.append(None)
                continue
            if index >= len(arguments):
                return Misfit(0, f"„{self.name}“ fehlt das Argument „{parameter.name}“")
            accepted, converted = _accept(parameter.kind, value)
            if not accepted:
                return Misfit(1, _mismatch(self.name, parameter, value))
            bound.append(converted)
        return bound

    def bind_named(self, arguments: Mapping[str, Value]) -> "list[Value] | Misfit":
        """As `bind`, for named arguments."""
        names = [parameter.name for parameter in self.parameters]
        for name in arguments:
            if name not in names:
                return Misfit(0, f"„{self.name}“ hat kein Argument „{name}“, sondern: {', '.join(names)}")
        for parameter in self.parameters:
            if parameter.name not in arguments and not (parameter.optional or parameter.kind == "any"):
                return Misfit(0, f"„{self.name}“ fehlt das Argument „{parameter.name}“")
        return self.bind([arguments.get(name) for name in names])


class Misfit(NamedTuple):
    """Why arguments do not fit, in German; of several signatures the highest `rank` was closest."""

    rank: int
    reason: str


def _gathered(arguments: Sequence[Value], fixed: int, kind: str) -> list[Value]:
    """The values of a variadic parameter as one list; for "list" a single list given is that list itself."""
    rest = list(arguments[fixed:])
    if not rest:
        return list(arguments)
    gathered = rest[0] if kind == "list" and len(rest) == 1 and isinstance(rest[0], list) else rest
    return [*arguments[:fixed], gathered]


def _mismatch(function: str, parameter: Parameter, value: Value) -> str:
    wanted = _KIND_TEXTS.get(parameter.kind) or german_kind(parameter.kind)
    return f"„{function}“ braucht als „{parameter.name}“: {wanted}, nicht: {german_kind(kind_of(value))}"


_MOMENT_TYPES: Final = (datetime, FineDateTime)
_KIND_TEXTS: Final[Mapping[str, str]] = {
    "comparable": "einen vergleichbaren Wert",
    "lists": "Listen, keine davon null",
    "items": "Werte",
    "temporal": "Datum, Uhrzeit oder Datum mit Uhrzeit",
    "day": "Datum oder Datum mit Uhrzeit",
    "duration": "Dauer",
}
_UNIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "temporal": ("date", "time", "date and time"),
    "day": ("date", "date and time"),
    "duration": ("days and time duration", "years and months duration"),
}


# Classes of values that fit a kind as they are.
_CLASSES: Final[Mapping[str, frozenset[type]]] = {
    "any": sure_classes(ANY),
    "list": frozenset({list}),
    **{
        kind: sure_classes(SIMPLE_TYPES[kind]) - {type(None)}
        for kind in ("number", "string", "boolean", "date", "time", "date and time")
    },
    "context": frozenset({dict}),
    "range": frozenset({Range}),
    "function": frozenset({Function}),
}


def _accept(kind: str, value: Value) -> tuple[bool, Value]:
    """Whether `value` fits the kind, and the value after implicit conversion."""
    if kind == "any":
        return True, value
    if value is None:
        return False, None
    if kind in {"list", "items"}:
        return True, value if isinstance(value, list) else [value]
    if kind == "lists":
        assert isinstance(value, list)  # noqa: S101 - gathered before
        return None not in value, [item if isinstance(item, list) else [item] for item in value]
    if _fits(kind, value):
        return True, value
    if isinstance(value, list) and len(value) == 1 and value[0] is not None and _fits(kind, value[0]):
        return True, value[0]
    return False, None


def _fits(kind: str, value: Value) -> bool:
    if kind in _UNIONS:
        return any(conforms(value, SIMPLE_TYPES[name]) for name in _UNIONS[kind])
    if kind == "comparable":
        return not isinstance(value, list | dict | bool | Range | Function)
    if kind == "range":
        return isinstance(value, Range)
    if kind == "function":
        return isinstance(value, Function)
    return conforms(value, SIMPLE_TYPES[kind])


class Library:
    """Built-in functions by name; each name has one or more signatures, tried in order.

    `namespaces` are what stands before the dot in names of functions: with a dot behind it, it is no other name.
    """

    def __init__(self, functions: Mapping[str, tuple[Builtin, ...]] | None = None) -> None:
        self.functions: dict[str, tuple[Builtin, ...]] = dict(functions or {})
        self.namespaces = {name.split(".", 1)[0] for name in self.functions if "." in name}

    def add(
        self,
        signature: str,
        example: str,
        result: str,
        *more: str,
        group: str = "",
        norm: str = "",
        framed: bool = False,
    ) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
        """Declare the decorated function; `more` are further pairs of example and result."""
        name, parameters, kind = _parsed(signature)
        examples = ((example, result), *zip(more[::2], more[1::2], strict=True))

        def register(run: Callable[..., Value]) -> Callable[..., Value]:
            builtin = Builtin(name, parameters, kind, run, framed, group, signature, examples, norm)
            self.functions[name] = (*self.functions.get(name, ()), builtin)
            self.namespaces.update(name.split(".", 1)[:1] if "." in name else ())
            return run

        return register

    def joined(self, other: "Library") -> "Library":
        """Both libraries' functions, for a host that offers its own. Names must not collide."""
        clash = self.functions.keys() & other.functions.keys()
        if clash:
            raise ValueError(f"declared twice: {sorted(clash)}")
        return Library({**self.functions, **other.functions})


_SIGNATURE: Final = re.compile(r"(?P<name>[^(]+)\((?P<parameters>.*)\): (?P<result>.+)")


def _parsed(signature: str) -> tuple[str, tuple[Parameter, ...], str]:
    match = _SIGNATURE.fullmatch(signature)
    if match is None:
        raise ValueError(f"not a signature: {signature}")
    parameters = [_parameter(text) for text in match["parameters"].split(", ") if text]
    return match["name"], tuple(parameters), match["result"]


def _parameter(text: str) -> Parameter:
    name, kind = text.split(": ")
    variadic = name.endswith("...")
    return Parameter(name.removesuffix("..."), kind.removesuffix("?"), kind.endswith("?"), variadic)


def call(frame: Any, overloads: tuple[Builtin, ...], arguments: Sequence[Value]) -> Value:
    """Run the first signature that takes the arguments. Raises NoValue with the reason of the closest one."""
    return _first_fitting(frame, overloads, (builtin.bind(arguments) for builtin in overloads))


def direct_call(overloads: tuple[Builtin, ...], count: int) -> Callable[[Any, list[Value]], Value]:
    """`call` for a known number of arguments, quick where the first signature takes exactly them as they are."""
    builtin = overloads[0]
    if count != len(builtin.parameters) or any(parameter.variadic for parameter in builtin.parameters):
        return lambda frame, arguments: call(frame, overloads, arguments)
    classes = [_CLASSES.get(parameter.kind, frozenset()) for parameter in builtin.parameters]

    def called(frame: Any, arguments: list[Value]) -> Value:
        for value, fitting in zip(arguments, classes, strict=True):
            if type(value) not in fitting:
                return call(frame, overloads, arguments)
        return _run(frame, builtin, arguments)

    return called


def call_named(frame: Any, overloads: tuple[Builtin, ...], arguments: Mapping[str, Value]) -> Value:
    """As `call`, with named arguments."""
    return _first_fitting(frame, overloads, (builtin.bind_named(arguments) for builtin in overloads))


def _first_fitting(frame: Any, overloads: tuple[Builtin, ...], bindings: Iterator[list[Value] | Misfit]) -> Value:
    closest: Misfit | None = None
    for builtin, bound in zip(overloads, bindings, strict=True):
        if not isinstance(bound, Misfit):
            return _run(frame, builtin, bound)
        if closest is None or bound.rank > closest.rank:
            closest = bound
    raise NoValue("" if closest is None else closest.reason)


def _run(frame: Any, builtin: Builtin, arguments: list[Value]) -> Value:
    cost = 1
    for value in arguments:
        if isinstance(value, str | list):
            cost += len(value) // STEP_SIZE
    frame.run.spend(cost)
    return builtin.run(frame, *arguments) if builtin.framed else builtin.run(*arguments)
