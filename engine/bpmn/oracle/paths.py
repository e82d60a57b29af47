"""Further paths through a process, made from played cases: other orders, timers and answers at each element."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from engine.bpmn.nodes import Program
from engine.runtime import execute
from engine.runtime.commands import Command, CompleteJob, CompleteTask, DeliverMessage, FailJob, FireTimer, Start
from engine.runtime.errors import ExecutionFailed
from engine.runtime.state import State, Wait

MAX_STEPS: Final = 80
_PAUSE: Final = timedelta(minutes=1)

Answer = CompleteTask | CompleteJob | FailJob | DeliverMessage
Answers = Mapping[str, Sequence[Answer]]


def paths(
    programs: Mapping[str, Program], cases: Sequence[Sequence[Command]], count: int
) -> Iterator[tuple[Command, ...]]:
    """Yield `count` paths, always the same for the same cases; `programs` are by process id.

    At each element somebody answers as somebody did there in one of the cases; where nobody ever did, nobody does.
    Raises ExecutionFailed where a case cannot be replayed.
    """
    by_hash = {program.hash: program for program in programs.values()}
    starts = [case[0] for case in cases if case and isinstance(case[0], Start)]
    answers = _answers(by_hash, cases)
    for number in range(count if starts else 0):
        yield _path(by_hash, starts[number % len(starts)], answers, number)


def _answers(programs: Mapping[str, Program], cases: Sequence[Sequence[Command]]) -> Answers:
    found: dict[str, list[Answer]] = {}
    for case in cases:
        state: State | None = None
        for command in case:
            if state is not None and isinstance(command, Answer):
                found.setdefault(state.waits[command.wait].element, []).append(command)
            state = execute(programs, state, command).state
    return found


def _path(programs: Mapping[str, Program], start: Start, answers: Answers, number: int) -> tuple[Command, ...]:
    state = execute(programs, None, start).state
    path: list[Command] = [start]
    at = start.at
    while state.ended is None and len(path) < MAX_STEPS:
        dice = {name: _dice(number, len(path), name) for name in state.waits}
        for name in sorted(dice, key=dice.__getitem__):
            wait = state.waits[name]
            command = _command(name, wait, max(at + _PAUSE, wait.due_at or at), start, answers, dice[name])
            try:
                outcome = execute(programs, state, command) if command else None
            except ExecutionFailed:  # an answer of another case need not fit here
                outcome = None
            if command and outcome:
                state, at = outcome.state, command.at
                path.append(command)
                break
        else:
            break
    return tuple(path)


def _dice(*thrown: object) -> int:
    """A number that looks like chance and is the same everywhere."""
    return int.from_bytes(hashlib.sha256(repr(thrown).encode()).digest()[:6])


def _command(name: str, wait: Wait, at: datetime, start: Start, answers: Answers, dice: int) -> Command | None:
    if wait.kind == "timer":
        return FireTimer(name, at, start.bindings)
    if wait.stage:
        return CompleteJob(name, at, bindings=start.bindings)
    known = answers.get(wait.element, ())
    if known:
        return replace(known[dice % len(known)], wait=name, at=at)
    return DeliverMessage(name, at, bindings=start.bindings) if wait.kind == "message" else None
