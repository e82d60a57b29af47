"""The compiled form of a process: a flat table of nodes and flows that point at each other by number.

The numbers live in memory only; whatever is stored names BPMN ids. `nodes[0]` is the process itself; a sub-process is a
node whose children name it as their `scope`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, auto
from typing import Any, Literal, Protocol, TypeVar

from engine.bpmn.expressions import Feel, Term
from engine.bpmn.timers import Cycle, Duration
from engine.feel.values import Value

NONE = -1
"""The number of no node and no flow."""


class Kind(IntEnum):
    PROCESS = 0
    START = auto()
    PASS = auto()
    USER = auto()
    JOB = auto()
    SCRIPT = auto()
    DECISION = auto()
    THROW_MESSAGE = auto()
    CATCH_MESSAGE = auto()
    CATCH_TIMER = auto()
    EXCLUSIVE = auto()
    PARALLEL = auto()
    INCLUSIVE = auto()
    EVENT_GATEWAY = auto()
    LINK = auto()
    ESCALATION = auto()
    COMPENSATE = auto()
    SUB_PROCESS = auto()
    EVENT_SUB_PROCESS = auto()
    CALL = auto()
    BOUNDARY = auto()
    END = auto()
    END_ERROR = auto()
    END_TERMINATE = auto()
    END_CANCEL = auto()


class Decision(Protocol):
    """What a business rule task needs of a decision (`engine.dmn.Decision`); `inputs` are the names it asks for."""

    @property
    def inputs(self) -> tuple[str, ...]: ...
    def evaluate(self, inputs: Mapping[str, Value], *, now: datetime) -> Any: ...


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    term: Term


@dataclass(frozen=True, slots=True)
class UserSpec:
    """Texts of a user task; `due` and `follow_up` give a moment, a date, or a duration from now."""

    form_key: Term | None = None
    assignee: Term | None = None
    candidate_users: tuple[Term, ...] = ()
    candidate_groups: tuple[Term, ...] = ()
    due: Term | None = None
    follow_up: Term | None = None
    priority: Term | None = None


@dataclass(frozen=True, slots=True)
class JobSpec:
    topic: str
    priority: int = 0


@dataclass(frozen=True, slots=True)
class ScriptSpec:
    """`result` None: the expression gives a context, and each of its entries is assigned."""

    expression: Feel
    result: str | None


@dataclass(frozen=True, slots=True)
class DecisionSpec:
    """`decision` is None only while the gate looks at a model without its decisions."""

    ref: str
    decision: Decision | None
    result: str | None
    mapping: Literal["singleEntry", "singleResult", "collectEntries", "resultList"]


@dataclass(frozen=True, slots=True)
class MessageSpec:
    name: Term
    key: Term | None = None


@dataclass(frozen=True, slots=True)
class TimerSpec:
    """Either fixed when compiled, or an expression whose value is read as this kind."""

    kind: Literal["date", "duration", "cycle"]
    fixed: datetime | Duration | Cycle | None
    expression: Feel | None = None


@dataclass(frozen=True, slots=True)
class ErrorSpec:
    """`code` None catches every error."""

    code: str | None
    message: str | None = None
    code_variable: str | None = None
    message_variable: str | None = None


@dataclass(frozen=True, slots=True)
class EscalationSpec:
    """`code` None catches every escalation."""

    code: str | None
    code_variable: str | None = None


@dataclass(frozen=True, slots=True)
class CancelSpec:
    """A boundary event by which a cancelled transaction is left."""


Event = TimerSpec | MessageSpec | ErrorSpec | EscalationSpec | CancelSpec
"""What a boundary event or the start event of an event sub-process waits for."""


@dataclass(frozen=True, slots=True)
class CallSpec:
    """`business_key` None: the called process has the key of the caller (same instance, same Vorgang)."""

    called: str
    inputs: tuple[Parameter, ...] = ()
    outputs: tuple[Parameter, ...] = ()
    all_in: bool = False
    all_out: bool = False
    business_key: Term | None = None


@dataclass(frozen=True, slots=True)
class ScopeSpec:
    """`start` is the node where a sub-process begins; for a process NONE when only messages start it.

    `handlers` are the start events of the event sub-processes in this scope; `undo` is the event sub-process that
    compensates it.
    """

    start: int
    handlers: tuple[int, ...] = ()
    undo: int = NONE


@dataclass(frozen=True, slots=True)
class BoundarySpec:
    host: int
    interrupting: bool
    event: Event


@dataclass(frozen=True, slots=True)
class EventStartSpec:
    """The start event of an event sub-process, whose node is `handler`."""

    handler: int
    interrupting: bool
    event: Event


@dataclass(frozen=True, slots=True)
class LinkSpec:
    """A throwing link event; `target` is the catching one of the same name."""

    target: int


@dataclass(frozen=True, slots=True)
class CompensateSpec:
    """Compensate what was done in the scope, or only `activity` (a BPMN id)."""

    activity: str | None


@dataclass(frozen=True, slots=True)
class JoinSpec:
    """An inclusive gateway: for each incoming flow the nodes from which a token can still come by it.

    Paths through the gateway itself do not count (BPMN 2.0, 13.4.3).
    """

    reach: tuple[frozenset[int], ...]


Spec = (
    UserSpec
    | JobSpec
    | ScriptSpec
    | DecisionSpec
    | MessageSpec
    | TimerSpec
    | ErrorSpec
    | CallSpec
    | ScopeSpec
    | BoundarySpec
    | EventStartSpec
    | EscalationSpec
    | LinkSpec
    | JoinSpec
    | CompensateSpec
    | None
)


@dataclass(frozen=True, slots=True)
class LoopSpec:
    """A multi-instance activity over `collection`, or `cardinality` times."""

    sequential: bool

    collection: Term | None
    cardinality: Feel | None
    element: str | None
    completion: Feel | None
    async_before: bool = False
    async_after: bool = False


@dataclass(frozen=True, slots=True)
class Flow:
    index: int
    id: str
    source: int
    target: int
    condition: Feel | None


@dataclass(frozen=True, slots=True)
class Node:
    """One element.

    `outgoing` is in document order and without the default flow; `boundaries` are the nodes of its boundary events;
    `undo` is the activity that compensates it; `ends` marks end events of every kind.
    """

    index: int
    id: str
    name: str
    line: int
    kind: Kind
    scope: int
    spec: Spec = None
    incoming: tuple[int, ...] = ()
    outgoing: tuple[int, ...] = ()
    default: int = NONE
    conditional: bool = False
    boundaries: tuple[int, ...] = ()
    undo: int = NONE
    inputs: tuple[Parameter, ...] = ()
    outputs: tuple[Parameter, ...] = ()
    loop: LoopSpec | None = None
    async_before: bool = False
    async_after: bool = False
    lane: str | None = None
    retry_cycle: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    ends: bool = False


_S = TypeVar("_S")


def spec_of(node: Node, kind: type[_S]) -> _S:
    """Return the node's spec, which the compiler made of this kind."""
    if not isinstance(node.spec, kind):
        raise TypeError(f"{node.id} has no {kind.__name__}")
    return node.spec


@dataclass(frozen=True, slots=True)
class UserTask:
    """What a procedure's other files have to fit to; `form_key` is None where it is missing or an expression."""

    id: str
    name: str
    form_key: str | None
    candidate_groups: tuple[str, ...]
    lane: str | None
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Program:
    """A process, ready to run. `hash` names it: the same model file, process and fingerprint give the same hash.

    `message_starts` maps a message name to the id of its start event; `topics`, `called_elements`, `decision_refs` and
    `messages` (those that are thrown) are what the process needs around it.
    """

    hash: str
    process_id: str
    name: str
    nodes: tuple[Node, ...]
    flows: tuple[Flow, ...]
    index: Mapping[str, int]
    flow_index: Mapping[str, int]
    message_starts: Mapping[str, str]
    user_tasks: tuple[UserTask, ...]
    topics: frozenset[str]
    called_elements: frozenset[str]
    decision_refs: frozenset[str]
    messages: frozenset[str]
    inclusive_joins: tuple[int, ...]

    def node(self, element_id: str) -> Node:
        """Return the node of a BPMN id; raises KeyError."""
        return self.nodes[self.index[element_id]]
