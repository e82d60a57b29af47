"""The port for service tasks: handlers registered under a topic, called by the worker after the commit.

A handler may write objects and call the outside world; what it wants to have in the database it returns, and the
worker writes that together with the completion of the job. `Call.job_id` is the idempotency key: a handler can be
called again with the same one after a crash and must then do no harm.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from engine.feel.values import Value
from storage.steps import Step


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a service task; `at` is the worker's clock, UTC. `wait` is where the instance waits for it."""

    job_id: UUID
    tenant_id: str
    instance_id: UUID
    wait: str
    vorgang_id: UUID | None
    topic: str
    inputs: Mapping[str, Value]
    at: datetime


@dataclass(frozen=True, slots=True)
class Result:
    """What a handler gives back: output variables, and writes that go into the step that completes the job."""

    variables: Mapping[str, Value] = field(default_factory=dict)
    writes: Sequence[Callable[[Step], None]] = ()


class BpmnError(Exception):
    """A failure that the model may catch with an error boundary event; never for technical trouble."""

    def __init__(self, error_code: str, variables: Mapping[str, Value] | None = None) -> None:
        super().__init__(error_code)
        self.error_code = error_code
        self.variables: Mapping[str, Value] = variables or {}


class Connector(Protocol):
    """A service task's handler; any exception but `BpmnError` counts as a failed try of the job."""

    def __call__(self, call: Call) -> Result: ...


Registry = Mapping[str, Connector]
