"""What a compiled expression runs in: the names it sees, its local values, and the run's budget and diagnostics."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from engine.feel.errors import Diagnostic, LimitExceeded
from engine.feel.limits import MAX_DIAGNOSTICS, MAX_FRAMES, MAX_STEPS
from engine.feel.values import Function, Value


class Run:
    """One evaluation: its clock, what it may still use, and what it reports. Shared by all frames of it."""

    __slots__ = ("depth", "diagnostics", "now", "steps")

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.steps = MAX_STEPS
        self.depth = MAX_FRAMES
        self.diagnostics: list[Diagnostic] = []

    def spend(self, steps: int) -> None:
        self.steps -= steps
        if self.steps < 0:
            raise LimitExceeded(f"Die Auswertung braucht mehr als {MAX_STEPS} Schritte")

    def note(self, line: int, column: int, reason: str) -> None:
        if len(self.diagnostics) < MAX_DIAGNOSTICS:
            self.diagnostics.append(Diagnostic(line, column, reason))

    def null(self, line: int, column: int, reason: str) -> Value:
        """FEEL's null, with a diagnostic."""
        self.note(line, column, reason)
        return None


class Frame:
    """`names` holds the global names, `slots` the local values by number (the compiler assigns them)."""

    __slots__ = ("names", "run", "slots")

    def __init__(self, names: Mapping[str, Value], slots: list[Value], run: Run) -> None:
        self.names = names
        self.slots = slots
        self.run = run

    def call(self, function: Function, arguments: Sequence[Value]) -> Value:
        """Call a FEEL function with positional arguments. Raises NoValue or LimitExceeded."""
        self.run.spend(1)
        return function.invoke(self, arguments)
