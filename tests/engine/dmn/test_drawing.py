from decimal import Decimal

import pytest

from engine.dmn import drawing, read_dmn
from engine.feel import Value
from tests.dmn_factory import NOW, decision, definitions, inputs, needs_input, table


def drawn(logic: str, names: tuple[str, ...], *, width: int = 100, **values: Value) -> list[str]:
    body = inputs(*names) + decision("Steuer", logic, needs=needs_input(*range(len(names))))
    result = read_dmn(definitions(body), name="t").decisions["d"].evaluate(values, now=NOW)
    [record] = [record for made in result.made for record in made.tables]
    lines = drawing.draw(record, width=width)
    assert all(len(line) <= width for line in lines)
    return lines


def test_the_rules_that_apply_are_marked_and_the_given_values_stand_on_top():
    rows = [["1", "60"], ["> 1", "90"], ["> 2", "120"]]
    logic = table(["Anzahl|number"], rows, policy="COLLECT", aggregation="SUM")
    assert drawn(logic, ("Anzahl",), Anzahl=Decimal(3)) == [
        "  COLLECT SUM │ Anzahl ║ Ergebnis",
        "  Eingabe     │ 3      ║",
        "──────────────┼────────╫─────────",
        "  1           │ 1      ║ 60",
        "> 2           │ > 1    ║ 90",
        "> 3           │ > 2    ║ 120",
    ]  # fmt: skip


def test_the_default_is_a_row_of_its_own():
    lines = drawn(table(["n|number"], [["1", "60"]], defaults=["0"]), ("n",), n=Decimal(3))
    assert lines[-1].split() == [">", "sonst", "│", "║", "0"]
    assert lines[-2].startswith("  1")


def test_a_table_that_stopped_at_its_input_is_drawn_without_a_mark():
    lines = drawn(table(["n|number", "m|number"], [["1", "2", "60"]]), ("n", "m"), n="x", m=Decimal(2))
    assert not any(line.startswith(">") for line in lines)
    assert lines[1].split() == ["Eingabe", "│", "│", "║"]


def test_wide_cells_are_wrapped_between_words():
    text = " ".join(["Sozialleistungen"] * 12)
    lines = drawn(table(["n|number|Ein langer Kopf"], [["1", f'"{text}"']], outputs=[text]), ("n",), n=Decimal(1))
    assert sum(line.count("Sozialleistungen") for line in lines) == 24


@pytest.mark.parametrize("width", [40, 60, 100])
def test_many_columns_are_drawn_in_parts_that_fit(width):
    names = tuple(f"Eingabe{number}" for number in range(40))
    row = ["x" * 50 if number % 3 else "-" for number in range(40)]
    cells = [f'"{cell}"' if cell != "-" else cell for cell in row]
    lines = drawn(
        table([f"{name}|string" for name in names], [[*cells, "1"]]),
        names,
        width=width,
        **dict.fromkeys(names, "x" * 50),
    )
    heads = [line for line in lines if "UNIQUE" in line]
    assert len(heads) > 2
    assert sum(line.startswith("> 1") for line in lines) == len(heads)


def test_of_a_long_table_only_what_is_near_the_hit_is_drawn():
    rows = [[str(number), str(number)] for number in range(1, 1001)]
    lines = drawn(table(["n|number"], rows), ("n",), n=Decimal(500))
    numbers = [line.split("│")[0].split() for line in lines[3:]]
    assert numbers == [
        ["1"],
        ["2"],
        ["..."],
        ["498"],
        ["499"],
        [">", "500"],
        ["501"],
        ["502"],
        ["..."],
        ["999"],
        ["1000"],
    ]


def test_nothing_in_a_cell_steers_the_terminal():
    lines = drawn(table(["n|string"], [['"\\u001b[2J\u009b"', "1"]]), ("n",), n="\u001b[2J\u009b")
    assert "> 1" in lines[-1]
    assert all(line.isprintable() for line in lines)
