"""Feeds the language and the reader of models with what a stranger might send; run as a program, to measure its memory.

    python strangers.py feel|unary|dmn SECONDS SEED

Prints as JSON how many inputs it tried, how many were well-formed, and the most memory it ever held, in megabytes.
Whatever escapes but the documented errors ends it.
"""

import json
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from engine.dmn import inspect_dmn
from engine.dmn.findings import ModelRefused
from engine.feel import FeelSyntaxError, parse_expression, parse_unary_tests
from engine.feel.builtins import STANDARD

NOW = datetime(2027, 1, 15, 9, 30, tzinfo=UTC)
CONTEXT = {"x": None, "Anzahl der Hunde": "zwei"}
MODELS = Path(__file__).parents[3] / "processes"
PIECES = [
    *STANDARD.functions,
    *"()[]{}.,:=<>!+-*/?@\"'\\#\n\t ",
    *("..", "**", "<=", "!=", "//", "/*", "*/", "->", "[..", "for", "in", "return", "some", "every", "satisfies", "if"),
    *("then", "else", "and", "or", "not", "between", "instance of", "function", "external", "null", "true", "item"),
    *(
        "0",
        "1",
        "1e9",
        "9" * 40,
        ".5",
        "1..1000000000",
        '"a"',
        '"\\u12"',
        '@"2020-01-01"',
        "@",
        "x",
        "Anzahl der Hunde",
    ),
    *("\x00", "\ud800", "\u202e", "\U0001f415", "\u00e4", "\ufeff", "\u2028", "list<number>", "range<", "context<a:"),
]


def pieces(chance: random.Random) -> str:
    """Pieces of the language in any order, some of them deep."""
    many = chance.choice([1, 3, 8, 20, 60])
    text = chance.choice(["", " "]).join(chance.choice(PIECES) for _ in range(many))
    return text if chance.random() < 0.95 else chance.choice("([{-") * chance.choice([50, 5_000]) + text


def characters(chance: random.Random) -> str:
    return "".join(chr(chance.choice([chance.randrange(128), chance.randrange(0x11_0000)])) for _ in range(40))


def spoiled(chance: random.Random, text: str) -> str:
    """The text with a few places cut, doubled, swapped or overwritten."""
    for _ in range(chance.choice([1, 1, 2, 5])):
        start, end = sorted(chance.randrange(len(text) + 1) for _ in range(2))
        end = min(end, start + chance.choice([1, 4, 40]))
        put = chance.choice(["", text[start:end] * 2, chance.choice(PIECES), characters(chance)[:3]])
        text = text[:start] + put + text[end:]
    return text


def expressions(chance: random.Random) -> Iterator[str]:
    good = ["for i in 1..3 return i * 2", "{a: 1, b: a + 1}.b", 'if x = null then "a" else x', "[1, 2][item > 1]"]
    good += [
        "every y in [1] satisfies y instance of number",
        "(function(a, b) a + b)(b: 1, a: 2)",
        'split("a;b", ";")[1]',
    ]
    while True:
        yield chance.choice([pieces, characters, lambda c: spoiled(c, c.choice(good))])(chance)


def models(chance: random.Random) -> Iterator[str]:
    good = [path.read_text("utf-8") for path in sorted(MODELS.glob("*/*.dmn"))]
    while True:
        yield spoiled(chance, chance.choice(good))


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


KINDS: dict[str, tuple[Callable[[random.Random], Iterator[str]], Callable[[str], bool]]] = {
    "feel": (expressions, evaluate),
    "unary": (expressions, match),
    "dmn": (models, decide),
}


def main(kind: str, seconds: float, seed: int) -> None:
    texts, take = KINDS[kind]
    until, tried, good = time.monotonic() + seconds, 0, 0
    for text in texts(random.Random(seed)):
        if time.monotonic() > until:
            break
        began = time.monotonic()
        try:
            good += take(text)
        except BaseException:
            print("escaped from:", json.dumps(text), file=sys.stderr)
            raise
        if time.monotonic() - began > 10:
            raise TimeoutError(f"took too long: {json.dumps(text)}")
        tried += 1
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"tried": tried, "good": good, "peak_mb": round(peak_mb)}))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
