"""One evaluation of a decision: FEEL's run, plus what was looked up in tables, for the trace."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from engine.feel.frame import Run
from engine.feel.values import Value

if TYPE_CHECKING:
    from engine.dmn.table import CompiledTable


class TableRecord(NamedTuple):
    """One lookup; `rules` are indexes into the table's rules, `problem` says in German why there is no result."""

    table: "CompiledTable"
    inputs: tuple[Value, ...]
    rules: tuple[int, ...]
    outputs: tuple[tuple[Value, ...], ...]
    default_used: bool
    value: Value
    problem: str


class DecisionRun(Run):
    """`records` grows with every table that is used; a decision takes those of its own time."""

    __slots__ = ("records",)

    def __init__(self, now: datetime) -> None:
        super().__init__(now)
        self.records: list[TableRecord] = []


# What every boxed expression compiles to: a value over the names in scope.
Code = Callable[[Mapping[str, Value], DecisionRun], Value]
