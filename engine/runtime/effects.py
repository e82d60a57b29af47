"""What a step wants from the shell, in the order in which it happened.

`wait` is a string that is unique in the instance and never used again ("w17"). `scope` names the enclosing scope (an
activation id) and is empty directly in the instance's own process; `process` is the id of the process in which the
element stands, so that steps inside a called process can be told apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

from engine.feel.values import Value

WaitKind = Literal["task", "job", "timer", "message", "signal", "condition"]


@dataclass(frozen=True, slots=True)
class TaskOpened:
    """A person has something to do.

    `inputs` are the input parameters; `properties` are the modeller's `camunda:properties`. `element_index` is the
    position in a multi-instance activity (0-based), else None.
    """

    wait: str
    element: str
    name: str
    kind: Literal["user", "manual"]
    form_key: str | None = None
    assignee: str | None = None
    candidate_users: tuple[str, ...] = ()
    candidate_groups: tuple[str, ...] = ()
    due_at: datetime | None = None
    follow_up_at: datetime | None = None
    priority: int = 50
    lane: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, Value] = field(default_factory=dict)
    process: str = ""
    element_index: int | None = None


@dataclass(frozen=True, slots=True)
class JobRequested:
    """A worker has something to do after the commit.

    `external`: call the connector of `topic` with `inputs`. `continue`: go on with the instance (asyncBefore,
    asyncAfter); `topic` is empty. `retry_cycle` is the modeller's text, for example "R3/PT10M".
    """

    wait: str
    element: str
    kind: Literal["external", "continue"]
    topic: str = ""
    inputs: Mapping[str, Value] = field(default_factory=dict)
    retry_cycle: str | None = None
    priority: int = 0
    process: str = ""


@dataclass(frozen=True, slots=True)
class TimerSet:
    """Fire `wait` at `due_at` (UTC) or as soon as possible after it."""

    wait: str
    element: str
    due_at: datetime
    process: str = ""


@dataclass(frozen=True, slots=True)
class MessageExpected:
    """The instance waits for message `name`; `key` None means that the business key of the instance correlates."""

    wait: str
    element: str
    name: str
    key: str | None = None
    process: str = ""


@dataclass(frozen=True, slots=True)
class MessageThrown:
    """Send a message to whoever waits for it, after the commit; `key` None means the business key of the instance."""

    element: str
    name: str
    key: str | None = None
    variables: Mapping[str, Value] = field(default_factory=dict)
    process: str = ""


@dataclass(frozen=True, slots=True)
class WaitClosed:
    """Nobody waits there any more; later commands for this wait raise `WaitGone`."""

    wait: str
    kind: WaitKind
    how: Literal["completed", "canceled"]


class Moved(NamedTuple):
    """A token entered an element, or the element ended. A step has dozens: a tuple is made in half the time."""

    element: str
    how: Literal["entered", "completed", "canceled"]
    scope: str = ""
    process: str = ""


class FlowTaken(NamedTuple):
    """A token took a sequence flow; a flow without id is named "source->target"."""

    flow: str
    process: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision was evaluated; `trace` is JSON, `sentence` is German and says which rule applied."""

    element: str
    decision: str
    inputs: Mapping[str, Value]
    value: Value
    trace: Any
    sentence: str
    process: str = ""


@dataclass(frozen=True, slots=True)
class InstanceEnded:
    """The instance is over; `error` means an error end event that nobody catches."""

    how: Literal["completed", "terminated", "error", "canceled"]
    error_code: str | None = None


Effect = (
    TaskOpened
    | JobRequested
    | TimerSet
    | MessageExpected
    | MessageThrown
    | WaitClosed
    | Moved
    | FlowTaken
    | Decided
    | InstanceEnded
)
