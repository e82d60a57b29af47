"""Which expressions are constants, known before anything runs; tables index them and checks reason about them."""

from collections.abc import Callable, Mapping
from typing import Final

from engine.feel import temporal
from engine.feel.compiler import at_value
from engine.feel.syntax import AtLiteral, Call, Literal, Name, Node
from engine.feel.values import Value


class NotConstant:
    """Stands for "no constant", because null is one."""


NOT_CONSTANT: Final = NotConstant()

_PARSERS: Final[Mapping[str, Callable[[str], Value]]] = {
    "date": temporal.parse_date,
    "time": temporal.parse_time,
    "date and time": temporal.parse_datetime,
    "duration": temporal.parse_duration,
}


def constant(node: Node) -> Value | NotConstant:
    """The value of a literal, `@"..."` or `date("...")` and its like; NOT_CONSTANT for everything else."""
    if isinstance(node, Literal):
        return node.value
    value: Value = None
    if isinstance(node, AtLiteral):
        value = at_value(node.text)
    elif isinstance(node, Call) and isinstance(node.function, Name) and len(node.arguments) == 1:
        parse, argument = _PARSERS.get(node.function.name), node.arguments[0]
        if parse is not None and isinstance(argument, Literal) and isinstance(argument.value, str):
            value = parse(argument.value)
    return NOT_CONSTANT if value is None else value
