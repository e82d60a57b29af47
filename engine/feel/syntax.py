"""The syntax tree of FEEL: what the parser builds and the compiler (or a check of a model) walks.

Every node knows its `position`, a character offset in the expression's text.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Final

from engine.feel.types import Type
from engine.feel.values import Value


@dataclass(frozen=True, slots=True)
class Node:
    position: int


@dataclass(frozen=True, slots=True)
class Literal(Node):
    value: Value


@dataclass(frozen=True, slots=True)
class AtLiteral(Node):
    """`@"2027-01-15"`; the text has no value when it is no date, time or duration."""

    text: str


@dataclass(frozen=True, slots=True)
class Name(Node):
    name: str


@dataclass(frozen=True, slots=True)
class Path(Node):
    base: Node
    member: str


@dataclass(frozen=True, slots=True)
class Filter(Node):
    base: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`names` is None for positional arguments, else one name per argument."""

    function: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """A chain of one precedence, evaluated from the left: `first op1 b op2 c`; each operator has its own position."""

    first: Node
    rest: tuple[tuple[str, int, Node], ...]


@dataclass(frozen=True, slots=True)
class Negation(Node):
    operand: Node


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Junction(Node):
    """All operands of one `and` or `or` chain."""

    operator: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Between(Node):
    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class In(Node):
    value: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class InstanceOf(Node):
    value: Node
    kind: Type


@dataclass(frozen=True, slots=True)
class If(Node):
    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Iteration:
    """`name in source`, or `name in source..end`."""

    name: str
    source: Node
    end: Node | None


@dataclass(frozen=True, slots=True)
class For(Node):
    iterations: tuple[Iteration, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    """`some` or `every` ... satisfies."""

    quantifier: str
    iterations: tuple[Iteration, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    kind: Type | None


@dataclass(frozen=True, slots=True)
class FunctionDefinition(Node):
    parameters: tuple[Parameter, ...]
    body: Node
    external: bool


@dataclass(frozen=True, slots=True)
class ContextLiteral(Node):
    entries: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class ListLiteral(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class RangeLiteral(Node):
    """`[a..b)`; or with an operator `(< 10)` as a value, see `values.Range`."""

    start: Node | None
    end: Node | None
    start_included: bool
    end_included: bool
    operator: str = ""


@dataclass(frozen=True, slots=True)
class OperatorTest(Node):
    """A unary test that begins with an operator: `< 5`, `!= "x"`."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class UnaryTestList(Node):
    """The content of a decision table's input cell; no tests at all means "-", anything."""

    tests: tuple[Node, ...]
    negated: bool


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below `node`, in the order of the text."""
    for name in _parts(type(node)):
        yield from _nodes(getattr(node, name))


def height(node: Node, at_most: int = 1000) -> int:
    """How many nodes the longest path down from `node` has; counting stops at `at_most`."""
    level, count = [node], 0
    while level and count < at_most:
        level = [child for parent in level for child in children(parent)]
        count += 1
    return count


def _parts(kind: type[Node]) -> tuple[str, ...]:
    """The names of the fields that hold what the author wrote; kept, because checks walk every tree."""
    names = _PARTS.get(kind)
    if names is None:
        names = _PARTS[kind] = tuple(field.name for field in fields(kind) if field.name != "position")
    return names


_PARTS: Final[dict[type, tuple[str, ...]]] = {}


def _nodes(content: object) -> Iterator[Node]:
    if isinstance(content, Node):
        yield content
    elif isinstance(content, Iteration):
        yield from _nodes((content.source, content.end))
    elif isinstance(content, tuple):
        for part in content:
            yield from _nodes(part)
