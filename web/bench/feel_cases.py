"""What `amtsweg bench feel` evaluates: tables as DMN, their inputs, and expressions that every FEEL engine knows."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from engine.feel import Value, value_of

Inputs = Mapping[str, Value]

_NAMESPACE: Final = "https://www.omg.org/spec/DMN/20191111/MODEL/"
_COLUMNS: Final = (("rang", "number"), ("gefaehrlich", "boolean"), ("ermaessigung", "string"))

SIX_RULES: Final[Sequence[Sequence[str]]] = (
    ("1", "false", "-", "120"),
    ("2", "false", "-", "180"),
    (">= 3", "false", '"keine"', "240"),
    (">= 3", "false", '"tierheim"', "120"),
    ("-", "true", '"keine"', "600"),
    ("-", "true", '"tierheim"', "650"),
)
"""The dog tax of `processes/hundesteuer_anmelden`, in one table."""
SIX_INPUTS: Final[Sequence[Inputs]] = tuple(
    value_of({"rang": rang, "gefaehrlich": dangerous, "ermaessigung": relief})  # type: ignore[misc]
    for rang, dangerous, relief in (
        (1, False, "keine"),
        (2, False, "tierheim"),
        (4, False, "keine"),
        (3, False, "tierheim"),
        (1, True, "keine"),
        (2, True, "tierheim"),
    )
)
"""One for every rule, in their order."""


def six_rules() -> bytes:
    return dmn(SIX_RULES)


def six_rules_in_python() -> bytes:
    """The same table as SpiffWorkflow reads it: Python in the cells, nothing where FEEL has a dash."""
    python = {"true": "True", "false": "False", "-": ""}
    return dmn([[python.get(cell, cell) for cell in row] for row in SIX_RULES])


def equalities(rules: int) -> bytes:
    """A table whose every rule names one number and one text."""
    return dmn([[str(number), "-", f'"art {number % 7}"', str(number)] for number in range(rules)])


def ranges(rules: int) -> bytes:
    """A table whose rules are tariff steps, one above the other."""
    return dmn([[f"[{10 * number}..{10 * number + 9}]", "-", "-", str(number)] for number in range(rules)])


def spread_inputs(rules: int, *, width: int) -> list[Inputs]:
    """Ten inputs, each hitting another rule of such a table from its first to its last."""
    hit = [rules * tenth // 10 for tenth in range(10)]
    return [{"rang": value_of(width * rule), "gefaehrlich": False, "ermaessigung": f"art {rule % 7}"} for rule in hit]


def dmn(rows: Sequence[Sequence[str]]) -> bytes:
    """A table over the three inputs; a row holds a test for each, then the result."""
    inputs = "".join(
        f'<inputData id="in_{name}" name="{name}">'
        f'<variable id="var_{name}" name="{name}" typeRef="{kind}"/></inputData>'
        for name, kind in _COLUMNS
    )
    needs = "".join(
        f'<informationRequirement id="need_{name}"><requiredInput href="#in_{name}"/></informationRequirement>'
        for name, _ in _COLUMNS
    )
    columns = "".join(
        f'<input id="column_{name}" label="{name}"><inputExpression id="expression_{name}" typeRef="{kind}">'
        f"<text>{name}</text></inputExpression></input>"
        for name, kind in _COLUMNS
    )
    rules = "".join(_rule(number, row) for number, row in enumerate(rows))
    return (
        f'<definitions xmlns="{_NAMESPACE}" id="bench" name="Messung" namespace="urn:amtsweg:bench">{inputs}'
        f'<decision id="steuer" name="Steuer"><variable id="var_steuer" name="Steuer"/>{needs}'
        f'<decisionTable id="tabelle" hitPolicy="UNIQUE">{columns}'
        f'<output id="out" name="betrag" label="Betrag" typeRef="number"/>{rules}</decisionTable>'
        "</decision></definitions>"
    ).encode()


def _rule(number: int, row: Sequence[str]) -> str:
    *tests, result = row
    cells = "".join(
        f'<inputEntry id="cell_{number}_{position}"><text>{escape(test, quote=False)}</text></inputEntry>'
        for position, test in enumerate(tests)
    )
    return (
        f'<rule id="rule_{number}">{cells}<outputEntry id="result_{number}"><text>{result}</text></outputEntry></rule>'
    )


EXPRESSIONS: Final[Sequence[str]] = (
    "rang >= 3",
    'not(gefaehrlich) and ermaessigung = "tierheim"',
    "satz * 12 - nachlass / 2",
    "if alter < 16 then 0 else if alter < 18 then satz / 2 else satz",
    "alter in [16..67]",
    "sum(for h in hunde return h.betrag)",
    "count(hunde[rang > 1])",
    'some h in hunde satisfies h.art = "Mastiff"',
    'upper case(substring(ermaessigung, 1, 4)) + "-" + string(rang)',
    "max(satz, 120, nachlass) <= 600",
)
"""Conditions, fees and lists as procedures write them; both engines give the same values."""
CONTEXT: Final[Inputs] = value_of(  # type: ignore[assignment]
    {
        "rang": 3,
        "gefaehrlich": False,
        "ermaessigung": "tierheim",
        "satz": 120,
        "nachlass": 30,
        "alter": 17,
        "hunde": [
            {"art": "Dackel", "betrag": 120, "rang": 1},
            {"art": "Mastiff", "betrag": 600, "rang": 2},
            {"art": "Pudel", "betrag": 240, "rang": 3},
        ],
    }
)
