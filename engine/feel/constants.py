"""Which expressions are constants, known before anything runs; tables index them and checks reason about them."""

from typing import Final

from engine.feel.syntax import AtLiteral, Literal, Node
from engine.feel.temporal import parse_date, parse_datetime, parse_duration, parse_time
from engine.feel.values import Value


class NotConstant:
    """Stands for "no constant", because null is one."""


NOT_CONSTANT: Final = NotConstant()


def constant(node: Node) -> Value | NotConstant:
    """The value of a literal or `@"..."`; NOT_CONSTANT for everything else."""
    if isinstance(node, Literal):
        return node.value
    value = at_value(node.text) if isinstance(node, AtLiteral) else None
    return NOT_CONSTANT if value is None else value


def at_value(text: str) -> Value:
    """The value of `@"text"`, None where it has none."""
    return parse_date(text) or parse_datetime(text) or parse_time(text) or parse_duration(text)
