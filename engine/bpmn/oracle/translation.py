"""Put processes to SpiffWorkflow: new BPMN, written from the elements that the reader found.

Only what is in the table of `comparable` is written, element by element and with ids of our own, so that no text of a
model reaches SpiffWorkflow: where it expects Python there stands a key, which the script engine looks up in `parts`.
Flows, starts, boundaries, defaults and loops are taken from the elements and not from the compiled program, so that an
error in compiling shows as a difference.

What is written differently means the same:
- a task that does not wait is a script task with a key; what waits for a worker is a user task;
- asyncBefore is a user task in every flow into the element, asyncAfter one behind it;
- several flows out of an activity or event are a parallel gateway behind it (BPMN 2.0, 13.2.1), with conditions an
  inclusive one that only splits;
- a timer is a message, and every message has a name of its own: who gets it is told by the command;
- an element without outgoing flow has an end event behind it; a collection is a number of instances;
- an empty script task stands in every flow into a join: SpiffWorkflow tells flows by where they come from.
Drawings are left out: SpiffWorkflow would order flows by their place on the page.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lxml import etree

from engine.bpmn.elements import ACTIVITIES, EVENTS, GATEWAYS
from engine.bpmn.nodes import Flow, Node, Program
from engine.bpmn.oracle.comparable import incoming_of
from engine.bpmn.oracle.opinion import NotComparable
from engine.bpmn.reader import BPMN, FALSE, TRUE, Element
from engine.bpmn.specs import definition_name, definitions_of, is_true, local_name

_B: Final = f"{{{BPMN}}}"
ALWAYS: Final = "always"
"""The key of a condition that holds."""


class Role(StrEnum):
    """What an id in the written model stands for."""

    WORK = "work"
    """An activity that is done at once; SpiffWorkflow executes its script."""
    TASK = "task"
    JOB = "job"
    BEFORE = "before"
    AFTER = "after"
    EVENT = "event"
    """A caught event, attached or not."""
    SCOPE = "scope"
    """A sub-process or call activity."""
    PASS = "pass"  # noqa: S105 -- no password
    GLUE = "glue"
    """Written by us, stands for no element."""
    CONDITION = "condition"
    LOOP = "loop"
    COMPLETION = "completion"


MANUAL: Final = frozenset({Role.TASK, Role.JOB, Role.BEFORE, Role.AFTER})


@dataclass(frozen=True, slots=True)
class Part:
    role: Role
    program: Program
    node: Node
    flow: Flow | None = None


@dataclass(frozen=True, slots=True)
class Translation:
    """`root` is for SpiffWorkflow's parser, `main` the id of the process to start."""

    root: etree._Element
    main: str
    parts: Mapping[str, Part]


def translate(
    main: Program, start: str, programs: Mapping[str, Program], processes: Mapping[str, Element]
) -> Translation:
    """Write the main process and all that it calls, by process id; `start` is the start event of the main one.

    Raises NotComparable when a called process is missing.
    """
    writer = _Writer(programs, processes)
    for number, process_id in enumerate(called_from(main, programs)):
        writer.process(process_id, number, start if number == 0 else None)
    return Translation(writer.root, "p0", writer.parts)


def called_from(main: Program, programs: Mapping[str, Program]) -> list[str]:
    """Return the ids of a process and of all that it calls, directly or not; raises NotComparable if one is missing."""
    found: list[str] = []
    pending = [main.process_id]
    while pending:
        current = pending.pop()
        if current not in programs:
            raise NotComparable(f"Der aufgerufene Prozess „{current}“ gehört nicht zu dieser Leistung.")
        if current not in found:
            found.append(current)
            pending.extend(sorted(programs[current].called_elements))
    return found


class _Writer:
    def __init__(self, programs: Mapping[str, Program], processes: Mapping[str, Element]) -> None:
        self.programs = programs
        self.processes = processes
        self.root = etree.Element(f"{_B}definitions", nsmap={"bpmn": BPMN})
        self.parts: dict[str, Part] = {}
        self.numbers: dict[str, int] = {}

    def process(self, process_id: str, number: int, start: str | None) -> None:
        self.numbers[process_id] = number
        program, process = self.programs[process_id], self.processes[process_id]
        written = etree.SubElement(self.root, f"{_B}process", id=f"p{number}", isExecutable="true")
        pending: list[tuple[Element, etree._Element]] = [(process, written)]
        while pending:
            scope, inside = pending.pop()
            level = _Level(self, program, number, inside)
            for element in _flow_nodes(scope):
                if not _other_start(element, start):
                    below = level.element(element, scope)
                    if below is not None:
                        pending.append((element, below))
            start = None

    def message(self, name: str) -> str:
        etree.SubElement(self.root, f"{_B}message", id=f"m.{name}", name=f"m.{name}")
        return f"m.{name}"

    def called(self, process_id: str) -> str:
        return f"p{list(called_order(self.programs, process_id, self.numbers))[0]}"


def called_order(programs: Mapping[str, Program], process_id: str, numbers: Mapping[str, int]) -> Iterable[int]:
    raise NotImplementedError
