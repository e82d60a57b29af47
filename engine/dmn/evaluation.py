"""Evaluates decisions over the requirements graph; never raises, and explains itself when asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from engine.dmn.boxes import located_null
from engine.dmn.explain import decision_trace
from engine.dmn.graph import DecisionNode, Graph, InputNode, Key, Made, Need
from engine.dmn.run import DecisionRun
from engine.dmn.trace import DecisionTrace
from engine.feel.errors import Diagnostic, LimitExceeded
from engine.feel.types import coerced
from engine.feel.values import Function, Value


class Evaluation:
    """The values of one evaluation, by element; what a decision service is given stands there from the start."""

    def __init__(self, graph: Graph, inputs: Mapping[str, Value], run: DecisionRun) -> None:
        self.graph = graph
        self.inputs = inputs
        self.run = run
        self.values: dict[Key, Value] = {}
        self.made: dict[Key, Made] = {}
        self.missing: list[str] = []

    def decide(self, node: DecisionNode) -> Value:
        """The decision's value; everything it needs is decided first, once."""
        for step in self.graph.order(node):
            if step.key not in self.values:
                self.values[step.key] = self.made_now(step)
        return self.values[node.key]

    def made_now(self, node: DecisionNode) -> Value:
        run = self.run
        records, diagnostics = len(run.records), len(run.diagnostics)
        names = self.names(node)
        value = node.code(names, run)
        self.made[node.key] = Made(
            node, names, value, tuple(run.records[records:]), tuple(run.diagnostics[diagnostics:])
        )
        return value

    def names(self, node: DecisionNode) -> Mapping[str, Value]:
        """What the decision sees: just what it requires; where the model declares no input data, what it names."""
        names: dict[str, Value] = {name: self.inputs[name] for name in node.open_names if name in self.inputs}
        self.missing += [name for name in node.needed_names if name not in self.inputs]
        for need in node.needs:
            value = self.needed(need)
            if need.import_name:
                imported = names.setdefault(need.import_name, {})
                if isinstance(imported, dict):
                    imported[need.name] = value
            else:
                names[need.name] = value
        return names

    def needed(self, need: Need) -> Value:
        if need.key in self.graph.functions:
            return self.graph.functions[need.key]
        if need.key not in self.values:
            node = self.graph.inputs[need.key]
            self.values[need.key] = self.given(node)
        return self.values[need.key]

    def given(self, node: InputNode) -> Value:
        name = node.qualified if node.qualified in self.inputs else node.name
        if name not in self.inputs:
            self.missing.append(node.name)
            return located_null(self.run, f"Eingabe „{node.name}“", f"Die Eingabe „{node.name}“ fehlt")
        given = self.inputs[name]
        if type(given) in node.sure:
            return given
        value, fits = coerced(given, node.kind)
        if not fits:
            return located_null(
                self.run, f"Eingabe „{node.name}“", f"Die Eingabe „{node.name}“ passt nicht zu ihrem Typ"
            )
        return value


@dataclass(frozen=True)
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
        place = f"Entscheidung „{self.name}“"
        value = _guarded(lambda: evaluation.decide(self.node), run, place)
        if _holds_function(value):
            value = located_null(run, place, "Das Ergebnis enthält eine Funktion; die lässt sich nicht speichern")
        missing = tuple(dict.fromkeys(evaluation.missing))
        return DecisionResult(value, tuple(run.diagnostics), missing, evaluation.made, self.node.key)


def _guarded(decide: Callable[[], Value], run: DecisionRun, place: str) -> Value:
    try:
        return decide()
    except LimitExceeded as reason:
        return located_null(run, place, f"Abgebrochen: {reason}")
    except RecursionError:
        return located_null(run, place, "Abgebrochen: Die Auswertung ist zu tief verschachtelt")


def _holds_function(value: Value) -> bool:
    if isinstance(value, list):
        return any(map(_holds_function, value))
    if isinstance(value, dict):
        return any(map(_holds_function, value.values()))
    return isinstance(value, Function)
