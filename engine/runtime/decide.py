"""Business rule tasks: evaluate a decision, report why it came out so, and give its result the form Camunda names."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from engine.bpmn.nodes import DecisionSpec, Node, spec_of
from engine.feel.values import Value
from engine.runtime.effects import Decided
from engine.runtime.state import Activation
from engine.runtime.step import Step, label


def decide(step: Step, scope: Activation, node: Node, local: dict[str, Value]) -> bool:
    """Evaluate the decision over what is visible; a decision that fails stops the step, it is never just null."""
    spec = spec_of(node, DecisionSpec)
    if spec.decision is None:
        raise step.failure("decision_missing", node, f"Die Entscheidung „{spec.ref}“ von {label(node)} fehlt.")
    view = step.view(scope.id, local)
    result = spec.decision.evaluate(view, now=step.at)
    _check(step, node, spec, result)
    step.effects.append(
        Decided(
            element=node.id,
            decision=spec.ref,
            inputs={name: view[name] for name in spec.decision.inputs if name in view},
            value=result.value,
            trace=result.trace.to_json(),
            sentence=result.sentence,
            process=step.process_id(scope),
        )
    )
    if spec.result:
        step.assign(scope, local, spec.result, _mapped(step, node, spec, result))
    return True


def _check(step: Step, node: Node, spec: DecisionSpec, result: Any) -> None:
    problems = _table_problems(result.trace)
    if result.missing_inputs:
        # The standard counts a missing input as null, and a rule full of "-" would decide all the same.
        problems.append(f"Diese Angaben fehlen im Vorgang: {', '.join(result.missing_inputs)}")
    if result.value is None and result.diagnostics:
        problems += [str(found) for found in result.diagnostics]
    if problems:
        raise step.failure(
            "decision_failed",
            node,
            f"Die Entscheidung „{spec.ref}“ von {label(node)} hat kein Ergebnis. {'; '.join(problems)}.",
        )


def _table_problems(trace: Any) -> list[str]:
    """Collect what is wrong in this decision's tables and in those of the decisions that it needs."""
    problems: list[str] = []
    pending = [trace]
    while pending:
        current = pending.pop()
        problems += [table.problem for table in current.tables if table.problem]
        pending.extend(current.required)
    return problems


def _mapped(step: Step, node: Node, spec: DecisionSpec, result: Any) -> Value:
    """Bring a DMN value into the form of mapDecisionResult; what has no such form is an error."""
    value, found = result_value(spec, result)
    if found:
        return value
    raise step.failure(
        "decision_mapping",
        node,
        f'Das Ergebnis von „{spec.ref}“ passt nicht zu mapDecisionResult="{spec.mapping}" von {label(node)}.',
    )


def result_value(spec: DecisionSpec, result: Any) -> tuple[Value, bool]:
    """Return a decision's value in the form of mapDecisionResult, and whether it has that form."""
    return _MAPPINGS[spec.mapping](result.value, _columns(result.trace))


def _columns(trace: Any) -> int:
    """Return how many outputs the decision's own table has; 0 where it has none."""
    return len(trace.tables[-1].labels) if trace.tables else 0


def _single_entry(value: Value, columns: int) -> tuple[Value, bool]:
    """One value, or null where no rule applied; a decision without a table may well give a list."""
    if isinstance(value, list) and columns:
        return (value[0] if value else None), len(value) <= 1 and columns <= 1
    return value, value is None or columns <= 1


def _single_result(value: Value, columns: int) -> tuple[Value, bool]:  # noqa: ARG001 -- one shape for all
    """One context, or null where no rule applied."""
    if isinstance(value, list) and len(value) <= 1:
        value = value[0] if value else None
    return value, value is None or isinstance(value, dict)


def _collect_entries(value: Value, columns: int) -> tuple[Value, bool]:
    """A list of values, one for each rule that applied."""
    return _as_list(value), columns <= 1


def _result_list(value: Value, columns: int) -> tuple[Value, bool]:  # noqa: ARG001 -- one shape for all
    """A list of contexts, one for each rule that applied."""
    rows = _as_list(value)
    return rows, all(isinstance(row, dict) for row in rows)


def _as_list(value: Value) -> list[Value]:
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


_MAPPINGS: Final[Mapping[str, Callable[[Value, int], tuple[Value, bool]]]] = {
    "singleEntry": _single_entry,
    "singleResult": _single_result,
    "collectEntries": _collect_entries,
    "resultList": _result_list,
}
