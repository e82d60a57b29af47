"""Where a scenario is played: the port between the script and whatever runs the process."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import unescape
from typing import Final, Protocol

from engine.feel.values import Value
from engine.runtime.commands import Command
from storage.models.vorgang import Kanal

_TAG: Final = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class StageTask:
    """An open task; `id` is the stage's own."""

    id: str
    element: str
    form_key: str | None
    candidate_groups: tuple[str, ...]
    inputs: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class StageLetter:
    """A letter that was made, as plain text with single blanks; `template` is empty where nobody named one."""

    template: str
    text: str


@dataclass(frozen=True, slots=True)
class Moves:
    """What one step moved: elements entered, flows taken, tasks opened (element ids, in order)."""

    entered: Sequence[str]
    flows: Sequence[str]
    tasks: Sequence[str]


def plain_text(html: str) -> str:
    """Return the words of a page, with single blanks; good enough to look for words, never shown to anybody."""
    body = html[html.find("<body") :]
    return " ".join(unescape(_TAG.sub(" ", body)).replace("\u00ad", "").split())


class Stage(Protocol):
    """One case on stage. Every method may raise EngineError, as the use cases do."""

    def take_over(self, values: Mapping[str, Value], bestand: Sequence[Value], *, at: datetime) -> None:
        """Let the person of the form have a Bestand already."""
        ...

    def start(self, values: Mapping[str, Value], *, channel: Kanal, signed_in: bool, at: datetime) -> None:
        """Hand in the clean values of the start form."""
        ...

    def pass_time(self, at: datetime) -> None:
        """Do everything that is due until `at`: timers, connectors, continuations."""
        ...

    def open_tasks(self) -> Sequence[StageTask]:
        """Return the open tasks, oldest first."""
        ...

    def complete(self, task: StageTask, values: Mapping[str, Value], *, by: str, at: datetime) -> None:
        """Complete a task as the person whom the scenario calls `by` ("" for whoever is in charge)."""
        ...

    def answer(self, task: StageTask, texts: Sequence[str], *, at: datetime) -> None:
        """Answer the items of the task's Rückfrage in order, "" leaves one out; the last one ends the task."""
        ...

    def extend(self, task: StageTask, day: date, *, by: str, at: datetime) -> None:
        """Give the party more time to answer the task's Rückfrage."""
        ...

    def moves(self) -> Sequence[Moves]:
        """Return what happened so far, step by step."""
        ...

    def commands(self) -> Sequence[Command]:
        """Return the commands so far, for another engine to replay."""
        ...

    def variables(self) -> Mapping[str, Value]:
        """Return the variables of the process."""
        ...

    def letters(self) -> Sequence[StageLetter]:
        """Return the letters made so far, in order."""
        ...
