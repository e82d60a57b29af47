from decimal import Decimal

import pytest

from engine.dmn import DecisionResult, ModelRefused, read_dmn
from engine.feel import value_of
from tests.dmn_factory import NOW, decision, definitions, inputs, needs_input, table

_RULES = [
    ["1", '"nein"', "120"],
    ["2", '"nein"', "180"],
    [">= 3", '"nein"', "240"],
    ["-", '"ja"', "600"],
]


def decide(logic: str, names: tuple[str, ...] = ("Anzahl der Hunde", "gefährlich"), **given: object) -> DecisionResult:
    needs = needs_input(*range(len(names)))
    model = read_dmn(definitions(inputs(*names) + decision("Steuer", logic, needs=needs)), name="test.dmn")
    return model.decisions["d"].evaluate({name: value_of(value) for name, value in given.items()}, now=NOW)


def decide_n(logic: str, number: object) -> DecisionResult:
    return decide(logic, ("n",), n=number)


def test_the_one_rule_that_applies_gives_the_result():
    logic = table(["Anzahl der Hunde|number", "gefährlich|string"], _RULES)
    result = decide(logic, **{"Anzahl der Hunde": 2, "gefährlich": "nein"})
    assert result.value == Decimal(180)
    assert result.diagnostics == ()


def test_the_sentence_names_rule_inputs_and_result_in_german():
    logic = table(
        ["Anzahl der Hunde|number", "gefährlich|string|Hund gilt als gefährlich"], _RULES, outputs=["Steuer in EUR"]
    )
    assert decide(logic, **{"Anzahl der Hunde": 2, "gefährlich": "nein"}).sentence == (
        "Regel 2 gilt, weil Anzahl der Hunde = 2 und Hund gilt als gefährlich = nein; Ergebnis: 180,00 EUR"
    )
    assert decide(logic, **{"Anzahl der Hunde": 4, "gefährlich": "nein"}).sentence == (
        "Regel 3 gilt, weil Anzahl der Hunde = 4 (mindestens 3) und Hund gilt als gefährlich = nein; "
        "Ergebnis: 240,00 EUR"
    )
    assert decide(logic, **{"Anzahl der Hunde": 4, "gefährlich": "ja"}).sentence == (
        "Regel 4 gilt, weil Hund gilt als gefährlich = ja; Ergebnis: 600,00 EUR"
    )


def test_no_rule_gives_null_and_says_so():
    logic = table(["Anzahl der Hunde|number", "gefährlich|string"], _RULES)
    result = decide(logic, **{"Anzahl der Hunde": 0, "gefährlich": "nein"})
    assert result.value is None
    assert result.sentence == "Keine Regel gilt für Anzahl der Hunde = 0 und gefährlich = nein; Ergebnis: ohne Angabe"


def test_the_default_is_used_when_no_rule_applies():
    result = decide_n(table(["n|number"], [["1", "10"]], defaults=["99"]), 5)
    assert result.value == Decimal(99)
    assert result.sentence == "Keine Regel gilt für n = 5; es gilt der Standardwert; Ergebnis: 99"


def test_an_overlap_under_unique_is_an_error_never_a_first_match():
    result = decide_n(table(["n|number"], [["> 1", "10"], ["> 2", "20"]]), 3)
    assert result.value is None
    assert "Regeln 1 und 2 gelten zugleich" in result.diagnostics[0].reason
    assert result.sentence.startswith("Die Regeln 1 und 2 gelten zugleich")


def test_first_takes_the_first_in_the_order_of_the_table():
    assert decide_n(table(["n|number"], [["> 1", "10"], ["> 2", "20"]], policy="FIRST"), 3).value == Decimal(10)


def test_any_wants_rules_to_agree():
    agreeing = table(["n|number"], [["> 1", "10"], ["> 2", "5 + 5"]], policy="ANY")
    assert decide_n(agreeing, 3).value == Decimal(10)
    result = decide_n(table(["n|number"], [["> 1", "10"], ["> 2", "20"]], policy="ANY"), 3)
    assert result.value is None
    assert "verschiedenen Ergebnissen" in result.diagnostics[0].reason


@pytest.mark.parametrize(
    ("aggregation", "value"),
    [("", [5, 15, 10]), ("SUM", 30), ("MIN", 5), ("MAX", 15), ("COUNT", 3)],
)
def test_collect_gathers_or_aggregates(aggregation, value):
    rows = [["> 0", "5"], ["> 1", "15"], ["> 2", "10"], ["> 3", "99"]]
    assert decide_n(table(["n|number"], rows, policy="COLLECT", aggregation=aggregation), 3).value == value_of(value)


def test_collect_says_for_each_rule_why():
    rows = [["> 0", "5"], ["> 1", "15"]]
    result = decide_n(table(["n|number|Hunde"], rows, policy="COLLECT", aggregation="SUM"), 3)
    assert result.sentence == (
        "Die Regeln 1 und 2 gelten: Regel 1, weil Hunde = 3 (über 0); Regel 2, weil Hunde = 3 (über 1); Ergebnis: 20"
    )


@pytest.mark.parametrize(("aggregation", "value"), [("", []), ("COUNT", 0), ("SUM", None), ("MAX", None)])
def test_collect_of_nothing(aggregation, value):
    logic = table(["n|number"], [["1", "5"]], policy="COLLECT", aggregation=aggregation)
    assert decide_n(logic, 3).value == value_of(value)


def test_sum_of_other_than_numbers_is_an_error():
    logic = table(["n|number"], [["> 0", '"a"'], ["> 1", "2"]], policy="COLLECT", aggregation="SUM")
    result = decide_n(logic, 3)
    assert result.value is None
    assert "SUM zählt nur Zahlen" in result.diagnostics[0].reason


def test_rule_order_lists_in_the_order_of_the_table():
    rows = [["> 0", '"c"'], ["> 1", '"a"'], ["> 2", '"b"']]
    assert decide_n(table(["n|number"], rows, policy="RULE ORDER"), 3).value == ["c", "a", "b"]


def test_priority_and_output_order_follow_the_allowed_values():
    rows = [["> 0", '"niedrig"'], ["> 1", '"hoch"'], ["> 2", '"mittel"']]
    values = ['"hoch", "mittel", "niedrig"']
    assert decide_n(table(["n|number"], rows, policy="PRIORITY", output_values=values), 3).value == "hoch"
    ordered = table(["n|number"], rows, policy="OUTPUT ORDER", output_values=values)
    assert decide_n(ordered, 3).value == ["hoch", "mittel", "niedrig"]


def test_several_outputs_are_a_context():
    logic = table(["n|number"], [["1", "120", '"erster Hund"']], outputs=["Betrag in EUR", "Satz"])
    result = decide_n(logic, 1)
    assert result.value == {"Betrag in EUR": Decimal(120), "Satz": "erster Hund"}
    assert result.sentence == "Regel 1 gilt, weil n = 1; Ergebnis: Betrag 120,00 EUR, Satz erster Hund"


def test_a_wrong_type_is_no_match_but_an_error():
    result = decide_n(table(["n|number"], [["-", "1"]]), "zwei")
    assert result.value is None
    assert "passt nicht zum Typ Zahl" in result.diagnostics[0].reason
    result = decide_n(table(["n|number"], [["-", "1"]], output_values=["2, 3"]), 1)
    assert result.value is None
    assert "erlaubten Werten" in result.diagnostics[0].reason


@pytest.mark.parametrize(
    ("cell", "hits"),
    [
        ("-", {None, 0, 1, 2, 3, 5}),
        ("", {None, 0, 1, 2, 3, 5}),
        ("2", {2}),
        ("1, 3", {1, 3}),
        ("< 2", {0, 1}),
        ("[1..3)", {1, 2}),
        ("(1..3]", {2, 3}),
        ("]1..3[", {2}),
        ("[1..2], [2..3]", {1, 2, 3}),
        ("0, > 3", {0, 5}),
        ("not(2)", {None, 0, 1, 3, 5}),
        ("not(< 2, 5)", {2, 3}),
        ("null", {None}),
        ("? > 1 and ? < 5", {2, 3}),
        ("grenze", {3}),
        ("< grenze", {0, 1, 2}),
        ("[1, 2]", {1, 2}),
        ("odd(?)", {1, 3, 5}),
        ('"2"', set()),
        ("!= 2", {None, 0, 1, 3, 5}),
    ],
)
def test_a_cell_takes_the_values_it_names(cell, hits):
    logic = table(["n"], [[cell, "true"]])
    for number in (None, 0, 1, 2, 3, 5):
        result = decide(logic, ("n", "grenze"), n=number, grenze=3)
        assert (result.value is True) == (number in hits), (cell, number)


def test_dates_and_strings_are_ordered_in_cells():
    rows = [['< date("2027-01-01")', '"alt"'], ['[@"2027-01-01"..@"2027-12-31"]', '"neu"']]
    assert decide_n(table(["n|date"], rows), value_of(NOW.date())).value == "neu"
    assert decide_n(table(["n|string"], [['["a".."c")', "1"]]), "bz").value == Decimal(1)


def test_the_indexed_table_decides_as_plain_evaluation_does():
    rows = [
        [
            f"[{low}..{low + 4}]",
            f'"{chr(97 + low % 3)}", not("x")' if low % 7 == 0 else f'"{chr(97 + low % 3)}"',
            str(low),
        ]
        for low in range(60)
    ]
    plain = [[row[0], f"? in ({row[1]})" if "not" not in row[1] else row[1].split(",")[0], row[2]] for row in rows]
    columns = ["Anzahl der Hunde", "gefährlich"]
    for number in (0, 3, 17, 63, 64):
        for letter in "abc":
            given = {"Anzahl der Hunde": number, "gefährlich": letter}
            expected = [low for low in range(60) if low <= number <= low + 4 and chr(97 + low % 3) == letter]
            assert decide(table(columns, plain, policy="RULE ORDER"), **given).value == value_of(expected)


def test_the_trace_is_json_and_holds_rule_inputs_and_annotation():
    logic = table(["n|number|Hunde"], [["> 2", "5"]]).replace(
        "</rule>", "<annotationEntry><text>§ 5</text></annotationEntry></rule>"
    )
    trace = decide_n(logic, 3).trace.to_json()
    [used] = trace["tables"]
    assert used["inputs"] == [{"name": "Hunde", "value": {"n": "3"}}]
    assert used["rules"] == [
        {
            "number": 1,
            "rule": "r1",
            "conditions": [{"label": "Hunde", "value": {"n": "3"}, "test": "> 2", "wanted": "über 2"}],
            "outputs": [{"name": "Ergebnis", "value": {"n": "5"}}],
            "annotations": ["§ 5"],
        }
    ]


@pytest.mark.parametrize(
    ("logic", "code", "message"),
    [
        (table(["n"], [["1", "1"]], policy="MAYBE"), "hit_policy", "Trefferregel „MAYBE“"),
        (table(["n"], [["1", "1"]], policy="COLLECT", aggregation="AVG"), "aggregation", "„AVG“"),
        (table(["n"], [["1", "1", "2"]], policy="COLLECT", aggregation="SUM", outputs=["a", "b"]), "aggregation", "2"),
        (table(["n"], [["1", "2", "3"]]), "rule_length", "Regel 1"),
        (table(["n"], [["1 +", "1"]]), "feel_syntax", "Regel 1, Spalte „n“: Zeile 1, Spalte 4"),
        (
            table(["n"], [["1", "1"]], outputs=[""]).replace("<output ", "<output/><output "),
            "output_without_name",
            "Namen",
        ),
    ],
)
def test_a_table_that_cannot_be_read_exactly_is_refused(logic, code, message):
    with pytest.raises(ModelRefused) as refused:
        decide_n(logic, 1)
    assert any(finding.code == code and message in finding.message_de for finding in refused.value.findings)
    assert all(finding.line for finding in refused.value.findings)
