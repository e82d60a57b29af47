"""What the checks say of random tables is what happens when every case of a fine grid is decided."""

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from itertools import product
from random import Random

import pytest

from engine.dmn import Severity, check_model, read_dmn
from engine.feel.values import Value
from tests.dmn_factory import NOW, decision, definitions, inputs, needs_input, table

TABLES = 120
# By type: constants that cells name, and a grid that has every constant, what lies between, and what lies outside.
KINDS: dict[str, tuple[list[str], list[Value]]] = {
    "number": (["-2", "0", "1", "1.5", "7"], [Decimal(number) / 4 for number in range(-16, 40)]),
    "string": (['"a"', '"b"', '"ja"'], ["", "a", "a ", "aa", "b", "b!", "c", "ja", "ja ", "z", "ein anderer Text"]),
    "date": (
        ['@"2026-01-01"', 'date("2026-01-03")', '@"2026-02-01"'],
        [date(2025, 12, 30), *(date(2026, 1, day) for day in range(1, 32)), *(date(2026, 2, day) for day in (1, 2))],
    ),
    "time": (['@"08:00:00"', '@"12:30:00"'], [time(hour, minute) for hour in range(24) for minute in (0, 15, 30)]),
    "dateTime": (
        ['@"2026-01-01T08:00:00"', '@"2026-01-01T10:00:00"'],
        [datetime(2026, 1, 1, hour, minute) for hour in range(24) for minute in (0, 30)],  # noqa: DTZ001 - as the cells
    ),
    "boolean": (["true", "false"], [True, False]),
}


def cell(dice: Random, kind: str) -> str:
    constants = KINDS[kind][0]
    one = dice.choice(constants)
    choices = ["-", "-", one, one, f"not({one})", f"{one}, {dice.choice(constants)}", "null", "not(null)"]
    if kind != "boolean":
        low, high = sorted(dice.sample(range(len(constants)), 2))
        start, end = constants[low], constants[high]
        choices += [
            f"{dice.choice(['<', '<=', '>', '>=', '!='])} {one}",
            f"{dice.choice('[](')}{start}..{end}{dice.choice('][)')}",
        ]
        choices += [f"not(< {one})", f"not({start}, > {end})"]
    return dice.choice(choices)


def matches(kinds: Sequence[str], rows: Sequence[list[str]]) -> dict[tuple[Value, ...], tuple[int, ...]]:
    """The rules that apply, for every case of the grid."""
    names = [f"e{number}" for number in range(len(kinds))]
    columns = [f"{name}|{kind}" for name, kind in zip(names, kinds, strict=True)]
    logic = table(columns, list(rows), policy="RULE ORDER")
    model = read_dmn(
        definitions(inputs(*names) + decision("D", logic, needs=needs_input(*range(len(names))))), name="x"
    )
    decided = model.decisions["d"]
    found = {}
    for case in product(*([*KINDS[kind][1], None] for kind in kinds)):
        result = decided.evaluate(dict(zip(names, case, strict=True)), now=NOW)
        found[case] = tuple(rule.number for rule in result.trace.tables[0].rules)
    return found


@pytest.mark.parametrize("seed", range(TABLES))
def test_findings_are_what_cases_show(seed: int) -> None:
    dice = Random(seed)
    kinds = dice.choices([*KINDS], k=dice.choice([1, 1, 2]))
    rows = [[*(cell(dice, kind) for kind in kinds), str(number)] for number in range(dice.randint(1, 5))]
    cases = matches(kinds, rows)
    # Whoever speaks of null in a column means it; else a missing value is nobody's overlap or gap.
    speaks = [any("null" in row[position] for row in rows) for position in range(len(kinds))]
    meant = {
        case: rules
        for case, rules in cases.items()
        if all(value is not None or speaks[position] for position, value in enumerate(case))
    }

    names = [f"e{number}" for number in range(len(kinds))]
    columns = [f"{name}|{kind}" for name, kind in zip(names, kinds, strict=True)]
    logic = table(columns, rows)
    model = read_dmn(
        definitions(inputs(*names) + decision("D", logic, needs=needs_input(*range(len(names))))), name="x"
    )
    findings = check_model(model)

    of = {code: [one for one in findings if one.code == code] for code in ("overlap", "gap", "never_matches")}
    pairs = {(a, b) for rules in meant.values() for a in rules for b in rules if a < b}
    said = {one.rules for one in of["overlap"]}
    assert all(one.severity is Severity.ERROR for one in of["overlap"]), rows
    assert said <= pairs, rows
    assert said == pairs or len(said) == 5, rows
    assert bool(of["gap"]) == any(not rules for rules in meant.values()), rows
    reached = {rule for rules in cases.values() for rule in rules}
    assert {one.rules[0] for one in of["never_matches"]} == set(range(1, len(rows) + 1)) - reached, rows
