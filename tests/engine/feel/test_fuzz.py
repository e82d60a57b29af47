"""Random but well-formed expressions: nothing escapes, whatever is computed. AMTSWEG_FUZZ_S runs it longer."""

import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from engine.feel import FeelSyntaxError, from_json, parse_expression, to_json, value_of
from engine.feel.builtins import STANDARD
from engine.feel.text import text_of
from engine.feel.values import Function, NotAValue

NOW = datetime(2027, 1, 15, 9, 30, tzinfo=UTC)
_CONTEXT = {"x": value_of(4), "y": value_of(["b", 2, None])}
_LEAVES = """1|0|-3|2.5|1e30|"a"|"abc"|"2020-01-01"|true|false|null|x|y|[1,2,3]|[]|{}|{a:1,b:[2]}|@"2020-02-29"
@"10:00:00@Europe/Berlin"|@"2020-02-29T10:00:00Z"|@"P1D"|@"P1Y"|@"99999-01-01"|[1..5]|(<3)|item|?|partial""".replace(
    "\n", "|"
).split("|")
_OPERATORS = ["+", "-", "*", "/", "**", "=", "!=", "<", ">=", "and", "or", "in"]
_MEMBERS = ["a", "year", "start", "days", "time offset", "b c"]
_TYPES = ["number", "list<number>", "context<a: number>", "Any", "function<number>->number"]


class Writer:
    """Writes an expression of a given depth."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def expression(self, depth: int) -> str:
        pick = self.random.choice
        if depth <= 0:
            return pick(_LEAVES)
        part = [self.expression(depth - 1 - self.random.randrange(2)) for _ in range(3)]
        return pick(
            [
                f"{pick(sorted(STANDARD.functions))}({', '.join(part[: self.random.randrange(4)])})",
                f"({part[0]} {pick(_OPERATORS)} {part[1]})",
                f"[{part[0]}, {part[1]}]",
                f"{{a: {part[0]}, b c: {part[1]}}}",
                f"(if {part[0]} then {part[1]} else {part[2]})",
                f"(for x in {part[0]} return {part[1]})",
                f"({pick(['some', 'every'])} x in {part[0]} satisfies {part[1]})",
                f"{part[0]}[{part[1]}]",
                f"({part[0]}).{pick(_MEMBERS)}",
                f"(function(x, y) {part[0]})({part[1]}, {part[2]})",
                f"({part[0]} instance of {pick(_TYPES)})",
                f"({part[0]} between {part[1]} and {part[2]})",
                f"[{part[0]}..{part[1]}]",
            ]
        )


@pytest.mark.parametrize("seed", range(4))
def test_no_expression_raises(seed):
    writer = Writer(seed)
    until = time.monotonic() + float(os.environ.get("AMTSWEG_FUZZ_S", "0.7"))
    while time.monotonic() < until:
        text = writer.expression(writer.random.randrange(6))
        evaluate(text)


def evaluate(text: str) -> None:
    try:
        expression = parse_expression(text)
    except FeelSyntaxError:
        return
    value, diagnostics = expression.evaluate(_CONTEXT, now=NOW)
    assert all(diagnostic.line == 1 and diagnostic.column >= 1 and diagnostic.reason for diagnostic in diagnostics)
    text_of(value)
    if not holds_function(value):
        assert to_json(from_json(to_json(value))) == to_json(value)


def holds_function(value) -> bool:
    try:
        to_json(value)
    except NotAValue:
        return True
    return isinstance(value, Function)


def test_threads_share_an_expression():
    text = "{f: function(n) if n = 0 then 0 else n + f(n - 1), r: sum(for i in 1..20 return f(i))[item > 0][1] + x}.r"
    expression = parse_expression(text, ["x"])
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda number: expression.evaluate({"x": value_of(number)}, now=NOW).value, range(200)))
    assert results == [value_of(1540 + number) for number in range(200)]
