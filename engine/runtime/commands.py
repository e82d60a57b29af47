"""What can happen to an instance. Commands are stored with every step, so that a history can be replayed.

A command carries everything that is not in the model or the state: the time (aware, UTC), the values and the program
of every process that a call activity may start ("bindings": process id to program hash, resolved by the shell).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from engine.feel import values as feel
from engine.feel.values import Value

Json = Any
Variables = Mapping[str, Value]
Bindings = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Start:
    """Start `program` (a hash) at its none start event, or at the start event of `message`."""

    program: str
    at: datetime
    variables: Variables = field(default_factory=dict)
    message: str | None = None
    bindings: Bindings = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CompleteTask:
    """A person finished a user or manual task; `variables` stay local to the task but for its output parameters."""

    wait: str
    at: datetime
    variables: Variables = field(default_factory=dict)
    bindings: Bindings = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CompleteJob:
    """A worker finished a job, or the shell goes on after an asynchronous continuation."""

    wait: str
    at: datetime
    variables: Variables = field(default_factory=dict)
    bindings: Bindings = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FailJob:
    """A person or worker reports a BPMN error at a task; technical trouble never reaches the model."""

    wait: str
    at: datetime
    error_code: str
    variables: Variables = field(default_factory=dict)
    bindings: Bindings = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Escalate:
    """A person or worker reports an escalation at a task, which stays open unless the catcher interrupts it."""

    wait: str
    at: datetime
    code: str
    variables: Variables = field(default_factory=dict)
    bindings: Bindings = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FireTimer:
    """A timer is due. `at` is the clock of the worker, which may be later than the due time."""

    wait: str
    at: datetime
    bindings: Bindings = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeliverMessage:
    """A message was correlated to exactly this waiting place."""

    wait: str
    at: datetime
    variables: Variables = field(default_factory=dict)
    bindings: Bindings = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cancel:
    """End the instance from outside, for example because the Antrag was withdrawn."""

    at: datetime
    reason: str


Command = Start | CompleteTask | CompleteJob | FailJob | Escalate | FireTimer | DeliverMessage | Cancel


def to_json(command: Command) -> dict[str, Json]:
    """Return the command as JSON; empty values are left out."""
    document: dict[str, Json] = {"do": _NAMES[type(command)], "at": command.at.astimezone(UTC).isoformat()}
    for name in ("program", "wait", "message", "error_code", "code", "reason"):
        value = getattr(command, name, None)
        if value is not None:
            document[name] = value
    variables = getattr(command, "variables", None)
    if variables:
        document["variables"] = {name: feel.to_json(value) for name, value in variables.items()}
    bindings = getattr(command, "bindings", None)
    if bindings:
        document["bindings"] = dict(bindings)
    return document


def from_json(document: Mapping[str, Json]) -> Command:
    """Read what `to_json` wrote; raises KeyError or ValueError for anything else."""
    arguments = {name: value for name, value in document.items() if name != "do"}
    arguments["at"] = datetime.fromisoformat(document["at"])
    if "variables" in document:
        arguments["variables"] = {name: feel.from_json(value) for name, value in document["variables"].items()}
    return _KINDS[document["do"]](**arguments)


_KINDS: Mapping[str, Callable[..., Command]] = {
    "start": Start,
    "complete_task": CompleteTask,
    "complete_job": CompleteJob,
    "fail_job": FailJob,
    "escalate": Escalate,
    "fire_timer": FireTimer,
    "deliver_message": DeliverMessage,
    "cancel": Cancel,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
