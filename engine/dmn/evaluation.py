"""Evaluates decisions over the requirements graph; never raises, and explains itself when asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

from engine.dmn.boxes import located_null
from engine.dmn.explain import decision_trace
from engine.dmn.graph import DecisionNode, Graph, InputNode, Key, Made, Step
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
        self.values: dict[InputNode | DecisionNode | Function, Value] = {}
        self.made: dict[Key, Made] = {}
        self.missing: list[str] = []

    def give(self, key: Key, value: Value) -> None:
        """Take the value as that of the input or decision, whatever the model says."""
        self.values[self.graph.inputs.get(key) or self.graph.decisions[key]] = value

    def decide(self, node: DecisionNode) -> Value:
        """The decision's value; everything it needs is decided first, once."""
        values = self.values
        for step in self.graph.plan(node):
            if step.node not in values:
                values[step.node] = self.made_now(step)
        return values[node]

    def made_now(self, step: Step) -> Value:
        node, run = step.node, self.run
        records, diagnostics = len(run.records), len(run.diagnostics)
        names = self.names(step)
        value = node.code(names, run)
        self.made[node.key] = Made(
            node, names, value, tuple(run.records[records:]), tuple(run.diagnostics[diagnostics:])
        )
        return value

    def names(self, step: Step) -> Mapping[str, Value]:
        """What the decision sees: just what it requires; where the model declares no input data, what it names."""
        names: dict[str, Value] = self.open_names(step.node) if step.node.open_names else {}
        values = self.values
        for name, import_name, source in step.reads:
            if source in values:
                value = values[source]
            elif isinstance(source, InputNode):
                value = values[source] = self.given(source)
            else:
                assert isinstance(source, Function)  # noqa: S101 - decisions have their values by now
                value = source
            if not import_name:
                names[name] = value
            elif isinstance(imported := names.setdefault(import_name, {}), dict):
                imported[name] = value
        return names

    def open_names(self, node: DecisionNode) -> dict[str, Value]:
        self.missing += [name for name in node.needed_names if name not in self.inputs]
        return {name: self.inputs[name] for name in node.open_names if name in self.inputs}

    def given(self, node: InputNode) -> Value:
        given = self.inputs.get(node.qualified, _MISSING)
        if given is _MISSING:
            given = self.inputs.get(node.name, _MISSING)
        if type(given) in node.sure:
            return given  # type: ignore[return-value]
        place = f"Eingabe „{node.name}“"
        if isinstance(given, _Missing):
            self.missing.append(node.name)
            return located_null(self.run, place, f"Die Eingabe „{node.name}“ fehlt")
        value, fits = coerced(given, node.kind)
        if not fits:
            return located_null(self.run, place, f"Die Eingabe „{node.name}“ passt nicht zu ihrem Typ")
        return value


class _Missing:
    """Stands for "not given", because null is a value."""


_MISSING: Final = _Missing()


@dataclass(eq=False)  # not frozen: to freeze it takes as long as to look up a rule
class DecisionResult:
    """A decision's value and, built when asked for, why it came out so.

    `missing_inputs` are the inputs it takes that were not given at all; the standard counts them as null, but whoever
    decides about people should stop there.
    """

    value: Value
    diagnostics: tuple[Diagnostic, ...]
    missing_inputs: tuple[str, ...]
    made: Mapping[Key, Made]
    key: Key

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
        missing = tuple(dict.fromkeys(evaluation.missing)) if evaluation.missing else ()
        return DecisionResult(value, tuple(run.diagnostics), missing, evaluation.made, self.node.key)


_HOLDERS: Final = frozenset({list, dict, Function})


def _holds_function(value: Value) -> bool:
    if isinstance(value, list):
        return any(map(_holds_function, value))
    if isinstance(value, dict):
        return any(map(_holds_function, value.values()))
    return isinstance(value, Function)
