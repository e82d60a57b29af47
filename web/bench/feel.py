"""Measures decisions and expressions beside other engines, in rounds of short blocks that take turns.

A figure is the median over the rounds, a ratio the median of the ratios within each round: a slow moment of the machine
meets everybody in that round alike.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from time import perf_counter
from typing import Final

from engine.dmn import Decision, read_dmn
from engine.feel import Expression, parse_expression
from web.bench import feel_cases, feelin, spiff_table
from web.bench.feel_cases import CONTEXT, EXPRESSIONS, SIX_INPUTS, SIX_RULES, Inputs

NOW: Final = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TEN, THOUSAND = 10, 1000
_BLOCK: Final = 50
"""Times each subject runs in a block: about a millisecond, long enough to be warm and seldom interrupted."""
_COMPILATIONS: Final = 5


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` in `unit`, and what it should be: at most or at least `goal`, None for what is only told."""

    key: str
    label: str
    value: float
    unit: str
    goal: float | None = None
    at_least: bool = False

    @property
    def met(self) -> bool | None:
        if self.goal is None:
            return None
        return self.value >= self.goal if self.at_least else self.value <= self.goal


@dataclass(frozen=True, slots=True)
class FeelReport:
    """One run; `missing` says what was not measured and why."""

    figures: Sequence[Figure]
    missing: Sequence[str]


def measure(*, rounds: int) -> FeelReport:
    """Measure everything in one run."""
    missing: list[str] = []
    with ExitStack() as stack:
        try:
            node = stack.enter_context(feelin.started(EXPRESSIONS, CONTEXT))
        except feelin.Absent as reason:
            node = None
            missing.append(f"{reason}, so expressions are not compared with it")
        tables, expressions = _tables(), _expressions()
        _agree(node)
        seconds: dict[str, list[float]] = {}
        subjects = {**tables, **expressions, **_in_node(node)}
        for number in range(rounds):
            # The order turns, so that nobody always comes after the same one.
            turn = number % len(subjects)
            for name in [*subjects][turn:] + [*subjects][:turn]:
                seconds.setdefault(name, []).append(subjects[name]())
    figures = [*_table_figures(seconds), *_compile_figures(), *_expression_figures(seconds)]
    return FeelReport(figures, missing)


_Subject = Callable[[], float]
"""Runs one block and returns the seconds for one evaluation."""


def _timed(work: Callable[[], object], evaluations: int) -> _Subject:
    def block() -> float:
        began = perf_counter()
        for _ in range(_BLOCK):
            work()
        return (perf_counter() - began) / _BLOCK / evaluations

    return block


# Tables.


def _tables() -> Mapping[str, _Subject]:
    six, spiff = _decision(feel_cases.six_rules()), spiff_table.six_rules()
    ours = _deciding(six, SIX_INPUTS)
    results = [int(row[-1]) for row in SIX_RULES]
    if ours() != results or spiff() != results:
        raise RuntimeError("the engines do not agree on the table that is measured")
    subjects = {"six": _timed(ours, len(SIX_INPUTS)), "spiff": _timed(spiff, len(SIX_INPUTS))}
    for kind, written, width in (("equal", feel_cases.equalities, 1), ("range", feel_cases.ranges, 10)):
        for rules in (TEN, THOUSAND):
            inputs = feel_cases.spread_inputs(rules, width=width)
            subjects[f"{kind}_{rules}"] = _timed(_deciding(_decision(written(rules)), inputs), len(inputs))
    return subjects


def _decision(data: bytes) -> Decision:
    return read_dmn(data, name="bench.dmn").decisions["steuer"]


def _deciding(decision: Decision, inputs: Sequence[Inputs]) -> Callable[[], list[object]]:
    return lambda: [decision.evaluate(one, now=NOW).value for one in inputs]


def _table_figures(seconds: Mapping[str, Sequence[float]]) -> list[Figure]:
    return [
        Figure("six_rules_us", "6 rules, 3 inputs", 1e6 * median(seconds["six"]), "us", 10),
        Figure("spiff_us", "the same in SpiffWorkflow, cells compiled", 1e6 * median(seconds["spiff"]), "us"),
        Figure("spiff_ratio", "times as fast as SpiffWorkflow", _ratio(seconds, "spiff", "six"), "x", 4, at_least=True),
        *(
            figure
            for kind, label in (("equal", "equalities"), ("range", "ranges"))
            for figure in (
                Figure(f"{kind}_1000_us", f"1,000 rules of {label}", 1e6 * median(seconds[f"{kind}_{THOUSAND}"]), "us"),
                Figure(
                    f"{kind}_ratio",
                    "times as long as 10 rules",
                    _ratio(seconds, f"{kind}_{THOUSAND}", f"{kind}_{TEN}"),
                    "x",
                    5,
                ),
            )
        ),
    ]


def _ratio(seconds: Mapping[str, Sequence[float]], one: str, other: str) -> float:
    return median(a / b for a, b in zip(seconds[one], seconds[other], strict=True))


def _compile_figures() -> list[Figure]:
    return [
        Figure(f"compile_{kind}_s", f"reading and compiling 1,000 rules of {label}", _compile_s(data), "s", 1)
        for kind, label, data in (
            ("equal", "equalities", feel_cases.equalities(THOUSAND)),
            ("range", "ranges", feel_cases.ranges(THOUSAND)),
        )
    ]


def _compile_s(data: bytes) -> float:
    taken = []
    for _ in range(_COMPILATIONS):
        began = perf_counter()
        read_dmn(data, name="bench.dmn")
        taken.append(perf_counter() - began)
    return median(taken)


# Expressions.


def _expressions() -> Mapping[str, _Subject]:
    compiled = [parse_expression(text, CONTEXT) for text in EXPRESSIONS]
    subjects: dict[str, _Subject] = {}
    for number, (text, expression) in enumerate(zip(EXPRESSIONS, compiled, strict=True)):
        subjects[f"ours_{number}"] = _timed(_evaluating(expression), 1)
        subjects[f"parsed_{number}"] = _timed(_parsing(text), 1)
    return subjects


def _evaluating(expression: Expression) -> Callable[[], object]:
    return lambda: expression.evaluate(CONTEXT, now=NOW)


def _parsing(text: str) -> Callable[[], object]:
    return lambda: parse_expression(text, CONTEXT).evaluate(CONTEXT, now=NOW)


def _in_node(node: feelin.Feelin | None) -> Mapping[str, _Subject]:
    if node is None:
        return {}

    def timed(index: int) -> _Subject:
        return lambda: node.time_s(index, _BLOCK) / _BLOCK

    return {f"feelin_{number}": timed(number) for number in range(len(EXPRESSIONS))}


def _agree(node: feelin.Feelin | None) -> None:
    ours = [parse_expression(text, CONTEXT).evaluate(CONTEXT, now=NOW).value for text in EXPRESSIONS]
    if None in ours or (node is not None and node.values != ours):
        raise RuntimeError("the engines do not agree on the expressions that are measured")


def _expression_figures(seconds: Mapping[str, Sequence[float]]) -> list[Figure]:
    """A round's time is the sum over all expressions; feelin has no compiled form and parses each time."""
    sums = {
        name: [sum(times) for times in zip(*(seconds[f"{name}_{n}"] for n in range(len(EXPRESSIONS))), strict=True)]
        for name in ("ours", "parsed", "feelin")
        if f"{name}_0" in seconds
    }
    count = len(EXPRESSIONS)
    figures = [
        Figure("expression_us", f"one of {count} expressions, compiled", 1e6 * median(sums["ours"]) / count, "us"),
        Figure("parsed_us", "the same, parsed each time", 1e6 * median(sums["parsed"]) / count, "us"),
    ]
    if "feelin" in sums:
        figures += [
            Figure("feelin_us", f"the same in feelin {feelin.version()}", 1e6 * median(sums["feelin"]) / count, "us"),
            Figure("feelin_ratio", "times as fast as feelin", _ratio(sums, "feelin", "ours"), "x", 2, at_least=True),
            Figure("feelin_parsed_ratio", "times as fast, parsed each time", _ratio(sums, "feelin", "parsed"), "x"),
        ]
    return figures
