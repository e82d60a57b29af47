"""Builds the trace of a decision from what its evaluation left behind."""

from collections.abc import Sequence

from engine.dmn.german import is_equality, wording
from engine.dmn.graph import Key, Made
from engine.dmn.run import TableRecord
from engine.dmn.trace import Condition, DecisionTrace, RuleTrace, TableTrace
from engine.feel.values import Function, Value


def decision_trace(made: Sequence[Made], key: Key) -> DecisionTrace:
    """The trace of one decision; one that was cut off by a limit has no record of its own."""
    traces: dict[Key, DecisionTrace] = {}
    for step in made:
        required = tuple(traces[need.key] for need in step.node.needs if need.key in traces)
        traces[step.node.key] = DecisionTrace(
            step.node.element.element_id,
            step.node.element.name,
            step.node.element.question,
            tuple((name, value) for name, value in step.names.items() if not isinstance(value, Function)),
            tuple(_table_trace(record) for record in step.tables),
            step.value,
            step.diagnostics,
            required,
        )
    return traces.get(key) or DecisionTrace(key[1], key[1], "", (), (), None, (), ())


def _table_trace(record: TableRecord) -> TableTrace:
    table = record.table
    rules = zip(record.rules, record.outputs, strict=True)
    return TableTrace(
        table.source.place,
        table.source.hit_policy,
        table.source.aggregation,
        tuple((clause.label, value) for clause, value in zip(table.inputs, record.inputs, strict=False)),
        tuple(_rule_trace(record, index, row) for index, row in rules),
        record.default_used,
        record.value,
        tuple(output.label or table.source.output_label for output in table.outputs),
        record.problem,
    )


def _rule_trace(record: TableRecord, index: int, row: tuple[Value, ...]) -> RuleTrace:
    table = record.table
    rule = table.source.rules[index]
    conditions = tuple(
        Condition(
            clause.label,
            value,
            " ".join(tests.text.split()),
            "" if is_equality(tests.tree) else wording(tests.tree, tests.text, clause.label),
        )
        for clause, value, tests in zip(table.inputs, record.inputs, table.cells[index], strict=True)
        if tests.tree.tests
    )
    outputs = tuple((output.label or output.name, value) for output, value in zip(table.outputs, row, strict=True))
    return RuleTrace(rule.number, rule.rule_id, conditions, outputs, rule.annotations)
