"""What the second engine says about one process."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    AGREES = "agrees"
    DIFFERS = "differs"
    NOT_COMPARABLE = "not_comparable"


@dataclass(frozen=True, slots=True)
class Opinion:
    """The verdict on one process; `reason` is a German sentence, "" where it agrees."""

    process_id: str
    verdict: Verdict
    reason: str = ""


class NotComparable(Exception):
    """SpiffWorkflow cannot run this case as BPMN wants; the message is a German sentence."""


class Disagreement(Exception):
    """The engines do not do the same; the message is a German sentence."""
