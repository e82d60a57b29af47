"""Plays a model in tests: short BPMN text in, tasks completed by element id, waiting elements out."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.bpmn.nodes import Program
from engine.bpmn.program import compile_program
from engine.bpmn.reader import read_bpmn
from engine.feel.values import Value, value_of
from engine.runtime import commands, execute
from engine.runtime.effects import FlowTaken, Moved
from engine.runtime.state import State

START = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="test">
"""


def bpmn(body: str, process_id: str = "p", *, roots: str = "") -> bytes:
    """Wrap the content of one process; `roots` are messages, errors and further processes."""
    return f'{_HEAD}{roots}<process id="{process_id}" isExecutable="true">{body}</process></definitions>'.encode()


def compiled(data: bytes, decisions: Mapping[str, Any] | None = None) -> dict[str, Program]:
    """Compile all processes of a file; returns them by process id."""
    model = read_bpmn(data, name="test.bpmn")
    return {process.id: compile_program(model, process.id, decisions or {}) for process in model.executable()}


class Play:
    """One instance; every step also checks that the given state stays as it was and that its JSON is exact."""

    def __init__(self, data: bytes, process_id: str = "p", *, decisions: Mapping[str, Any] | None = None) -> None:
        self.by_id = compiled(data, decisions)
        self.programs = {program.hash: program for program in self.by_id.values()}
        self.bindings = {name: program.hash for name, program in self.by_id.items()}
        self.process_id = process_id
        self.state: State | None = None
        self.effects: tuple[Any, ...] = ()
        self.all_effects: list[Any] = []
        self.commands: list[commands.Command] = []
        self.at = START

    def start(self, message: str | None = None, **variables: Any) -> "Play":
        program = self.by_id[self.process_id].hash
        return self.do(commands.Start(program, self.at, _values(variables), message, self.bindings))

    def complete(self, element: str, **variables: Any) -> "Play":
        return self.do(commands.CompleteTask(self.wait(element, "task"), self.at, _values(variables), self.bindings))

    def finish_job(self, element: str, **variables: Any) -> "Play":
        return self.do(commands.CompleteJob(self.wait(element, "job"), self.at, _values(variables), self.bindings))

    def fail_job(self, element: str, code: str, **variables: Any) -> "Play":
        return self.do(commands.FailJob(self.wait(element), self.at, code, _values(variables), self.bindings))

    def fire(self, element: str) -> "Play":
        wait = self.wait(element)
        self.at = max(self.at, self.waits[wait].due_at)
        return self.do(commands.FireTimer(wait, self.at, self.bindings))

    def deliver(self, element: str, **variables: Any) -> "Play":
        return self.do(commands.DeliverMessage(self.wait(element), self.at, _values(variables), self.bindings))

    def do(self, command: commands.Command) -> "Play":
        before = self.state.to_json() if self.state else None
        self.at += timedelta(milliseconds=1)
        outcome = execute(self.programs, self.state, command)
        assert (self.state.to_json() if self.state else None) == before
        document = outcome.state.to_json()
        again = State.from_json(document)
        assert again == outcome.state
        assert again.to_json() == document
        self.state = again
        self.effects = outcome.effects
        self.all_effects += outcome.effects
        self.commands.append(command)
        return self

    @property
    def waits(self) -> dict[str, Any]:
        return self.state.waits

    def wait(self, element: str, kind: str | None = None) -> str:
        """The oldest wait of an element (of this kind)."""
        return next(
            wait for wait, found in self.waits.items() if found.element == element and kind in {None, found.kind}
        )

    @property
    def waiting(self) -> dict[str, int]:
        """Elements that wait, with how often."""
        return dict(Counter(found.element for found in self.waits.values()))

    def moved(self, how: str) -> list[str]:
        """Elements that moved so far, without processes."""
        ids = set(self.by_id)
        return [
            item.element
            for item in self.all_effects
            if isinstance(item, Moved) and item.how == how and item.element not in ids
        ]

    @property
    def flows(self) -> list[str]:
        return [item.flow for item in self.all_effects if isinstance(item, FlowTaken)]

    def variables(self) -> dict[str, Value]:
        return self.state.variables()

    def effect(self, kind: type) -> Any:
        """The one effect of this kind in the last step."""
        [found] = [item for item in self.effects if isinstance(item, kind)]
        return found


def _values(variables: Mapping[str, Any]) -> dict[str, Value]:
    return {name: value_of(value) for name, value in variables.items()}
