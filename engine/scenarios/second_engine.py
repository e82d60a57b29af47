"""The port to the second engine: what it says about a procedure's models after replaying the scenarios."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine.catalog import Procedure
from engine.runtime.commands import Command


class Verdict(StrEnum):
    AGREES = "agrees"
    DIFFERS = "differs"
    NOT_COMPARABLE = "not_comparable"


@dataclass(frozen=True, slots=True)
class Opinion:
    """The verdict on one process of a procedure; `reason` is a German sentence, "" where it agrees."""

    process_id: str
    verdict: Verdict
    reason: str = ""


SecondEngine = Callable[[Procedure, Sequence[Sequence[Command]]], Sequence[Opinion]]
"""Replays the commands of each case on another engine and compares what waits after every step."""
