"""The compiled requirements graph: inputs, decisions and functions by key, and what deciding leaves behind."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.dmn.model import DecisionElement, Knowledge, Text
from engine.dmn.run import Code, RecordParts, TableRecord
from engine.dmn.table import CompiledTable
from engine.feel.errors import Diagnostic
from engine.feel.types import Type
from engine.feel.values import Function, Value

Key = tuple[str, str]  # namespace and id


@dataclass(frozen=True, slots=True)
class Need:
    """Something an element requires: under `name`, or under `import_name.name` when it comes from another file."""

    key: Key
    import_name: str
    name: str


@dataclass(eq=False)
class InputNode:
    """Input data; `qualified` names it where files have input data of the same name."""

    key: Key
    name: str
    qualified: str
    kind: Type
    sure: frozenset[type]


@dataclass(eq=False)
class DecisionNode:
    """A compiled decision.

    `tables` and `unknown_names` are kept for checks. `open_names` are what it takes, and `needed_names` what it cannot
    do without, where the model declares no input data.
    """

    key: Key
    element: DecisionElement
    needs: tuple[Need, ...]
    code: Code
    tables: tuple[CompiledTable, ...]
    unknown_names: tuple[tuple[Text, str], ...]
    open_names: frozenset[str]
    needed_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KnowledgeNode:
    """What a business knowledge model's function was compiled from, kept for checks and for showing its tables."""

    element: Knowledge
    tables: tuple[CompiledTable, ...]
    unknown_names: tuple[tuple[Text, str], ...]


@dataclass(eq=False)
class Graph:
    """All elements of the files that belong together."""

    inputs: dict[Key, InputNode] = field(default_factory=dict)
    decisions: dict[Key, DecisionNode] = field(default_factory=dict)
    functions: dict[Key, Function] = field(default_factory=dict)
    knowledge: dict[Key, KnowledgeNode] = field(default_factory=dict)
    open_models: set[str] = field(default_factory=set)
    orders: dict[Key, tuple[DecisionNode, ...]] = field(default_factory=dict)
    plans: dict[DecisionNode, tuple["Step", ...]] = field(default_factory=dict)

    def order(self, node: DecisionNode) -> tuple[DecisionNode, ...]:
        """All decisions below `node` and itself, each after what it needs; found once."""
        order = self.orders.get(node.key)
        if order is None:
            order = self.orders[node.key] = order_below(node, self.decisions)
        return order

    def plan(self, node: DecisionNode) -> tuple["Step", ...]:
        """The same order, each decision with what it reads; found once."""
        plan = self.plans.get(node)
        if plan is None:
            plan = self.plans[node] = tuple(map(self.step, self.order(node)))
        return plan

    def step(self, node: DecisionNode) -> "Step":
        counts = Counter(source.name for source in self.inputs.values())
        inputs, others = [], []
        for need in node.needs:
            source = self.source(need.key)
            if isinstance(source, InputNode) and not need.import_name:
                # Where the name alone does not tell which input is meant, none is taken without a look at it.
                sure = source.sure if counts[source.name] == 1 else frozenset()
                inputs.append((need.name, sure, source))
            else:
                others.append(Read(need.name, need.import_name, source))
        return Step(node, tuple(inputs), tuple(others))

    def source(self, key: Key) -> InputNode | DecisionNode | Function:
        return self.functions.get(key) or self.inputs.get(key) or self.decisions[key]


class Read(NamedTuple):
    """What a decision sees, under `name` or under `import_name.name`."""

    name: str
    import_name: str
    source: InputNode | DecisionNode | Function


class Step(NamedTuple):
    """A decision with the inputs it reads by name, each with the classes that need no look at it, and other reads."""

    node: DecisionNode
    inputs: tuple[tuple[str, frozenset[type], InputNode], ...]
    others: tuple[Read, ...]


class Made(NamedTuple):
    """What deciding left behind."""

    node: DecisionNode
    names: Mapping[str, Value]
    value: Value
    records: Sequence[RecordParts]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def tables(self) -> list[TableRecord]:
        """The tables that were used, in order."""
        return [TableRecord(*parts) for parts in self.records]


# As it is left behind; see RecordParts.
MadeParts = tuple[DecisionNode, Mapping[str, Value], Value, Sequence[RecordParts], tuple[Diagnostic, ...]]


def order_below(node: DecisionNode, decisions: Mapping[Key, DecisionNode]) -> tuple[DecisionNode, ...]:
    """The order in which to decide, without recursion: models may be deep."""
    order: list[DecisionNode] = []
    seen: set[Key] = set()
    stack: list[tuple[DecisionNode, bool]] = [(node, False)]
    while stack:
        current, ready = stack.pop()
        if ready:
            order.append(current)
        elif current.key not in seen:
            seen.add(current.key)
            stack.append((current, True))
            needed = [decisions[need.key] for need in reversed(current.needs) if need.key in decisions]
            stack += [(below, False) for below in needed]
    return tuple(order)
