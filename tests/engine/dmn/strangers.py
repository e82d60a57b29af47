"""Feeds the language and the reader of models with what a stranger might send; run as a program, to measure its memory.

    python strangers.py feel|unary|dmn SECONDS SEED

Prints as JSON how many inputs it tried, how many were well-formed, and the most memory it ever held, in megabytes.
Whatever escapes but the documented errors ends it, with the shortest such input that Hypothesis finds.
"""

import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from engine.dmn import inspect_dmn
from engine.dmn.findings import ModelRefused
from engine.feel import FeelSyntaxError, parse_expression, parse_unary_tests
from engine.feel.builtins import STANDARD

NOW = datetime(2027, 1, 15, 9, 30, tzinfo=UTC)
CONTEXT = {"x": None, "Anzahl der Hunde": "zwei"}
MODELS = [path.read_text("utf-8") for path in sorted((Path(__file__).parents[3] / "processes").glob("*/*.dmn"))]
EXAMPLES_AT_ONCE = 200
PIECES = [
    *STANDARD.functions,
    *"()[]{}.,:=<>!+-*/?@\"'\\#\n\t ",
    *("..", "**", "<=", "!=", "//", "/*", "*/", "->", "[..", "for", "in", "return", "some", "every", "satisfies", "if"),
    *("then", "else", "and", "or", "not", "between", "instance of", "function", "external", "null", "true", "item"),
    *("0", "1", "1e9", "9" * 40, ".5", "1..1000000000", '"a"', '"\\u12"', '@"2020-01-01"', "@", "x"),
    *("Anzahl der Hunde", "\x00", "\ud800", "\u202e", "\U0001f415", "\u00e4", "\ufeff", "\u2028", "list<number>"),
    *("range<", "context<a:", "(" * 5_000, "[" * 50),
]
GOOD = [
    "for i in 1..3 return i * 2",
    "{a: 1, b: a + 1}.b",
    'if x = null then "a" else x',
    "[1, 2][item > 1]",
    "every y in [1] satisfies y instance of number",
    "(function(a, b) a + b)(b: 1, a: 2)",
    'split("a;b", ";")[1]',
]
Change = tuple[float, int, str]
"""Where in a text (as a share of it), how many characters go, and what comes instead."""

_piece = st.sampled_from(PIECES) | st.text(max_size=3)
_changes = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), _piece), min_size=1, max_size=5)
_pieces = st.tuples(st.sampled_from(["", " "]), st.lists(_piece, max_size=60)).map(
    lambda found: found[0].join(found[1])
)


def spoiled(good: str, changes: list[Change]) -> str:
    """The text with a few places cut or overwritten."""
    for place, length, put in changes:
        start = round(place * len(good))
        good = good[:start] + put + good[start + length :]
    return good


def evaluate(text: str) -> bool:
    try:
        expression = parse_expression(text, CONTEXT)
    except FeelSyntaxError as error:
        str(error)
        return False
    expression.evaluate(CONTEXT, now=NOW)
    return True


def match(text: str) -> bool:
    try:
        tests = parse_unary_tests(text, CONTEXT)
    except FeelSyntaxError as error:
        str(error)
        return False
    tests.evaluate(text, CONTEXT, now=NOW)
    return True


def decide(text: str) -> bool:
    try:
        read, findings = inspect_dmn({"modell.dmn": text.encode("utf-8", "surrogatepass")})
    except ModelRefused as error:
        str(error)
        return False
    for decision in read["modell.dmn"].decisions.values():
        decision.evaluate({"hund": None, "festsetzungen": []}, now=NOW)
    return not any(findings.values())


EXPRESSIONS = _pieces | st.text() | st.builds(spoiled, st.sampled_from(GOOD), _changes)
KINDS: dict[str, tuple[st.SearchStrategy[str], Callable[[str], bool]]] = {
    "feel": (EXPRESSIONS, evaluate),
    "unary": (EXPRESSIONS, match),
    "dmn": (st.builds(spoiled, st.sampled_from(MODELS), _changes), decide),
}


def main(kind: str, seconds: float, first_seed: int) -> None:
    texts, take = KINDS[kind]
    tried: Counter[bool] = Counter()

    @settings(max_examples=EXAMPLES_AT_ONCE, deadline=10_000, database=None, suppress_health_check=list(HealthCheck))
    @given(texts)
    def nothing_escapes(text: str) -> None:
        tried[take(text)] += 1

    until, number = time.monotonic() + seconds, first_seed
    while time.monotonic() < until:
        seed(number)(nothing_escapes)()
        number += 1
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"tried": tried.total(), "good": tried[True], "peak_mb": round(peak_mb)}))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
