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


# A record as it is left behind: a plain tuple is made in a fifth of the time, and read when the trace is asked for.
RecordParts = tuple[
    "CompiledTable", tuple[Value, ...], tuple[int, ...], tuple[tuple[Value, ...], ...], bool, Value, str
]


class DecisionRun(Run):
    """`records` grows with every table that is used; a decision takes those of its own time."""

    __slots__ = ("records",)

    def __init__(self, now: datetime) -> None:
        Run.__init__(self, now)  # super() costs a tenth of the whole decision's start
        self.records: list[RecordParts] = []


# What every boxed expression compiles to: a value over the names in scope.
Code = Callable[[Mapping[str, Value], DecisionRun], Value]
