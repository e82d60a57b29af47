"""Evaluates decisions over the requirements graph; never raises, and explains itself when asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

from engine.dmn.boxes import located_null
from engine.dmn.explain import decision_trace
from engine.dmn.graph import DecisionNode, Graph, InputNode, Key, Made, MadeParts, Read, Step
from engine.dmn.run import DecisionRun
from engine.dmn.trace import DecisionTrace
from engine.feel.errors import Diagnostic, LimitExceeded
from engine.feel.types import coerced
from engine.feel.values import Function, Value


class Evaluation:
    """The values of one evaluation, by element; what a decision service is given stands there from the start."""

    __slots__ = ("graph", "inputs", "made", "missing", "run", "values")

    def __init__(self, graph: Graph, inputs: Mapping[str, Value], run: DecisionRun) -> None:
        self.graph = graph
        self.inputs = inputs
        self.run = run
        self.values: dict[InputNode | DecisionNode, Value] = {}
        self.made: list[MadeParts] = []
        self.missing: list[str] = []

    def give(self, key: Key, value: Value) -> None:
        """Take the value as that of the input or decision, whatever the model says."""
        self.values[self.graph.inputs.get(key) or self.graph.decisions[key]] = value

    def decide(self, node: DecisionNode) -> Value:
        """The decision's value; everything it needs is decided first, once."""
        values, run, graph = self.values, self.run, self.graph
        for step in graph.plans.get(node) or graph.plan(node):
            decision = step.node
            if decision in values:
                continue
            records, diagnostics = len(run.records), len(run.diagnostics)
            names = self.names(step)
            value = values[decision] = decision.code(names, run)
            noted = tuple(run.diagnostics[diagnostics:]) if len(run.diagnostics) > diagnostics else ()
            self.made.append((decision, names, value, run.records[records:], noted))
        return values[node]

    def names(self, step: Step) -> Mapping[str, Value]:
        """What the decision sees: just what it requires; where the model declares no input data, what it names."""
        inputs = self.inputs
        names: dict[str, Value] = {}
        for name, sure, node in step.inputs:
            value = inputs.get(name, _MISSING)
            names[name] = value if type(value) in sure else self.input(node)  # type: ignore[assignment]
        for read in step.others:
            self.read(read, names)
        if step.node.open_names:
            self.missing += [name for name in step.node.needed_names if name not in inputs]
            names |= {name: inputs[name] for name in step.node.open_names if name in inputs and name not in names}
        return names

    def read(self, read: Read, names: dict[str, Value]) -> None:
        """Add what a decision reads: a function, the value of a decision, or something of another file."""
        source = read.source
        if isinstance(source, Function):
            value: Value = source
        else:
            value = self.input(source) if isinstance(source, InputNode) else self.values[source]
        if not read.import_name:
            names[read.name] = value
        elif isinstance(imported := names.setdefault(read.import_name, {}), dict):
            imported[read.name] = value

    def input(self, node: InputNode) -> Value:
        """The value of the input data: as given, or what it is converted to; looked at once."""
        if node not in self.values:
            self.values[node] = self.given(node)
        return self.values[node]

    def given(self, node: InputNode) -> Value:
        name = node.qualified if node.qualified in self.inputs else node.name
        place = f"Eingabe „{node.name}“"
        if name not in self.inputs:
            self.missing.append(node.name)
            return located_null(self.run, place, f"Die Eingabe „{node.name}“ fehlt")
        value, fits = coerced(self.inputs[name], node.kind)
        if not fits:
            return located_null(self.run, place, f"Die Eingabe „{node.name}“ passt nicht zu ihrem Typ")
        return value


class _Missing:
    """Stands for "not given", because null is a value."""


_MISSING: Final = _Missing()


@dataclass(eq=False)  # not frozen: to freeze it takes as long as to look up a rule
class DecisionResult:
    """A decision's value and, put together when asked for, why it came out so."""

    value: Value
    evaluation: Evaluation
    key: Key

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        return tuple(self.evaluation.run.diagnostics)

    @property
    def missing_inputs(self) -> tuple[str, ...]:
        """The inputs it takes that were not given at all.

        The standard counts them as null, but whoever decides about people should stop there.
        """
        return tuple(dict.fromkeys(self.evaluation.missing))

    @property
    def made(self) -> list[Made]:
        """Every decision on the way, in the order in which they were made."""
        return [Made(*parts) for parts in self.evaluation.made]

    @cached_property
    def trace(self) -> DecisionTrace:
        return decision_trace(self.made, self.key)

    @property
    def sentence(self) -> str:
        return self.trace.sentence


class Decision:
    """A decision of a model, with everything it needs. Immutable, shared by threads."""

    def __init__(self, graph: Graph, node: DecisionNode) -> None:
        self.graph = graph
        self.node = node
        self.element_id = node.element.element_id
        self.name = node.element.name
        self.variable = node.element.variable.name
        self.place = f"Entscheidung „{self.name}“"

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """The names of the input data that it and its required decisions take, in the order of the model."""
        keys = {need.key for step in self.graph.order(self.node) for need in step.needs}
        return tuple(node.name for key, node in self.graph.inputs.items() if key in keys)

    def evaluate(self, inputs: Mapping[str, Value], *, now: datetime) -> DecisionResult:
        """Decide over the input data by name; never raises. `now` (aware) is what `now()` and `today()` give.

        Where imported models have input data of the same name, "namespace#name" tells them apart.
        """
        run = DecisionRun(now)
        evaluation = Evaluation(self.graph, inputs, run)
        try:
            value = evaluation.decide(self.node)
        except LimitExceeded as reason:
            value = located_null(run, self.place, f"Abgebrochen: {reason}")
        except RecursionError:
            value = located_null(run, self.place, "Abgebrochen: Die Auswertung ist zu tief verschachtelt")
        if type(value) in _HOLDERS and _holds_function(value):
            value = located_null(run, self.place, "Das Ergebnis enthält eine Funktion; die lässt sich nicht speichern")
        return DecisionResult(value, evaluation, self.node.key)


_HOLDERS: Final = frozenset({list, dict, Function})


def _holds_function(value: Value) -> bool:
    if isinstance(value, list):
        return any(map(_holds_function, value))
    if isinstance(value, dict):
        return any(map(_holds_function, value.values()))
    return isinstance(value, Function)
