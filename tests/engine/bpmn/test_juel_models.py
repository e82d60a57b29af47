"""Every `${...}` of the reference models is read, or refused with a sentence that says why."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from lxml import etree

from engine.bpmn import juel_functions
from engine.bpmn.expressions import compile_condition, compile_value
from engine.bpmn.juel import ExpressionRefused, has_expression
from engine.feel import parse_expression
from tests.shared_data import shared

NOW = datetime(2027, 1, 15, tzinfo=UTC)
_OF_JAVA = re.compile(r"Methoden und Funktionen|Objekt der Java-Engine")


def expressions() -> Iterator[tuple[str, str]]:
    """Kind ("condition" or "value") and text of everything with `${` or `#{` in attributes and texts."""
    for path in sorted(shared("bpmn").rglob("*")):
        if path.suffix not in {".bpmn", ".xml"}:
            continue
        for element in etree.parse(path, etree.XMLParser(resolve_entities=False)).iter(etree.Element):
            kind = "condition" if etree.QName(element).localname in {"conditionExpression", "condition"} else "value"
            for text in (element.text or "", *element.attrib.values()):
                if has_expression(text):
                    yield kind, text.strip()


def read(kind: str, text: str) -> str:
    """ "read", or the sentence of the refusal."""
    try:
        compile_condition(text) if kind == "condition" else compile_value(text)
    except ExpressionRefused as refused:
        return str(refused)
    return "read"


def test_every_expression_of_the_reference_models_is_read_or_refused_with_a_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = list(expressions())
    answers = {one: read(*one) for one in set(found)}
    counts = Counter((kind, "read" if answers[kind, text] == "read" else "refused") for kind, text in found)
    with capsys.disabled():
        shown = ", ".join(f"{kind} {answer}: {count}" for (kind, answer), count in sorted(counts.items()))
        print(f"\n{len(found)} expressions of the reference models, {len(answers)} different: {shown}")
    for (kind, text), answer in answers.items():
        if answer != "read":
            assert text.split("{")[0] in answer, answer
            assert answer.startswith("Der Ausdruck „") and answer.endswith("."), answer  # noqa: PT018 - one sentence
            assert _OF_JAVA.search(answer), (kind, text, answer)
    assert counts["condition", "read"] > 50
    assert counts["condition", "refused"] == 0


@pytest.mark.parametrize(
    ("text", "result"),
    [
        pair
        for found in juel_functions.SCOPE.library.functions.values()
        for one in found
        for pair in one.examples
    ],
)  # fmt: skip
def test_the_examples_of_the_functions_are_true(text: str, result: str) -> None:
    found = parse_expression(text, scope=juel_functions.SCOPE).evaluate({}, now=NOW)
    assert not found.diagnostics
    assert found.value == parse_expression(result).evaluate({}, now=NOW).value
