import random
import re
import time
from pathlib import Path

import pytest

from engine.dmn import CheckFinding, Severity, check_model, read_dmn
from tests.dmn_factory import decision, definitions, inputs, literal, needs_input, table
from tests.shared_data import shared


def check(columns: list[str], rows: list[list[str]], **options) -> list[CheckFinding]:
    names = [column.split("|")[0] for column in columns]
    body = inputs(*names) + decision("D", table(columns, rows, **options), needs=needs_input(*range(len(names))))
    return check_model(read_dmn(definitions(body), name="test.dmn"))


def codes(findings: list[CheckFinding]) -> list[str]:
    return [finding.code for finding in findings]


def test_a_complete_table_without_overlap_is_clean():
    rows = [["< 18", '"a"', "1"], [">= 18", '"a"', "2"], ["-", 'not("a")', "3"]]
    assert check(["alter|number", "art|string"], rows) == []
    assert check(["ja|boolean"], [["true", "1"], ["false", "2"]]) == []


def test_an_overlap_under_unique_is_an_error_with_an_example():
    [finding] = check(
        ["alter|number", "art|string"], [["<= 18", "-", "1"], [">= 18", '"a"', "2"], ["> 18", 'not("a")', "3"]]
    )
    assert (finding.code, finding.severity, finding.rules) == ("overlap", Severity.ERROR, (1, 2))
    assert finding.message_de == "Die Regeln 1 und 2 gelten beide, zum Beispiel für alter = 18, art = a"
    assert finding.line


def test_an_overlap_matters_under_any_only_with_other_results():
    assert check(["n|number"], [["> 1", "1"], ["-", "1"]], policy="ANY") == []
    assert codes(check(["n|number"], [["> 1", "1"], ["-", "2"]], policy="ANY")) == ["overlap"]
    assert check(["n|number"], [["> 1", "1"], ["-", "2"]], policy="FIRST") == []


def test_a_gap_is_shown_with_an_input_that_no_rule_covers():
    findings = check(["alter|number", "art|string"], [["< 18", "-", "1"], ["> 18", '"a"', "2"]])
    assert codes(findings) == ["gap", "gap"]
    assert findings[0].severity is Severity.WARNING
    assert findings[0].message_de == "Entscheidung „D“: Keine Regel gilt, zum Beispiel für alter = 18"
    assert "alter = 19, art = ein anderer Text" in findings[1].message_de


def test_cents_between_whole_limits_are_a_gap():
    [finding] = check(["betrag|number|Betrag in EUR"], [["<= 100", "1"], [">= 101", "2"]])
    assert finding.message_de.endswith("zum Beispiel für Betrag in EUR = 100,50 EUR")


def test_there_is_no_gap_with_a_default_or_where_nothing_may_match():
    assert check(["n|number"], [["1", "1"]], defaults=["0"]) == []
    assert check(["n|number"], [["1", "1"]], policy="COLLECT") == []


def test_days_have_no_values_between_them():
    rows = [['<= @"2026-12-31"', "1"], ['>= @"2027-01-01"', "2"]]
    assert check(["am|date"], rows) == []
    assert codes(check(["am|date"], [['< @"2026-12-31"', "1"], ['>= @"2027-01-01"', "2"]])) == ["gap"]


def test_rules_that_never_apply_are_found():
    assert "never_matches" in codes(check(["n|number"], [["[5..1]", "1"], ["-", "2"]]))
    [finding] = check(["n|number"], [["> 1", "1"], ["-", "2"], ["> 5", "3"]], policy="FIRST")
    assert (finding.code, finding.rules) == ("never_reached", (3,))
    assert finding.message_de == "Regel 3 kommt nie zum Zug: Vor ihr gilt immer schon eine andere"


def test_two_rules_together_can_forestall_a_third():
    rows = [["> 1", "1"], ["<= 1", "2"], ["5", "3"]]
    assert codes(check(["n|number"], rows, policy="FIRST")) == ["never_reached"]


def test_a_last_row_that_only_catches_missing_values_is_no_error():
    rows = [["true", "1"], ["false", "2"], ["-", "3"]]
    [finding] = check(["ja|boolean"], rows, policy="FIRST")
    assert (finding.code, finding.severity, finding.rules) == ("only_without_value", Severity.WARNING, (3,))
    assert finding.message_de == "Regel 3 gilt nur, wenn eine Angabe fehlt; sonst gilt vor ihr schon eine andere"
    assert check(["n|number"], [["null", "1"], ["< 5", "2"], [">= 5", "3"]]) == []


def test_allowed_values_bound_the_search():
    columns = ["art"]
    body = (
        '<itemDefinition name="tArt"><typeRef>string</typeRef><allowedValues><text>"ja", "nein"</text></allowedValues>'
        "</itemDefinition>" + inputs("art")
    )
    rows = [['"ja"', "1"], ['"nein"', "2"]]
    logic = table(["art|tArt"], rows)
    assert check_model(read_dmn(definitions(body + decision("D", logic, needs=needs_input(0))), name="x")) == []
    logic = table(["art|tArt"], [*rows, ['"vielleicht"', "3"]])
    [finding] = check_model(read_dmn(definitions(body + decision("D", logic, needs=needs_input(0))), name="x"))
    assert (finding.code, finding.rules, finding.column) == ("never_matches", (3,), "art")
    assert codes(check(columns, rows)) == ["gap"]


def test_type_clashes_and_dead_columns_name_row_and_column():
    findings = check(["n|number", "m|number"], [['"a"', "-", "1"], ["-", "-", "2"]], policy="FIRST")
    clash = next(finding for finding in findings if finding.code == "type_clash")
    assert clash.message_de == "Regel 1, Spalte „n“: Text passt nicht zum Typ der Spalte (Zahl)"
    dead = next(finding for finding in findings if finding.code == "dead_column")
    assert dead.column == "m"


def test_cells_that_read_like_something_else_are_pointed_out():
    findings = check(["n|number"], [["2,5", "1"], ["18-25", "2"], ["3, 4", "3"]])
    messages = [finding.message_de for finding in findings if finding.code == "misleading_cell"]
    assert messages == [
        "Regel 1, Spalte „n“: „2,5“ sind zwei Werte; Dezimalzahlen schreibt FEEL mit Punkt",
        "Regel 2, Spalte „n“: „18-25“ ist eine Rechnung; ein Bereich heißt [1..9]",
    ]


def test_unknown_names_are_errors_where_the_model_declares_its_inputs():
    body = inputs("a") + decision("D", literal("a + b"), needs=needs_input(0))
    [finding] = check_model(read_dmn(definitions(body), name="x"))
    assert (finding.code, finding.severity) == ("unknown_name", Severity.ERROR)
    assert finding.message_de == "Entscheidung „D“: Den Namen „b“ gibt es hier nicht"
    assert check_model(read_dmn(definitions(decision("D", literal("a + b"))), name="x")) == []


def test_nothing_is_claimed_about_cells_that_are_more_than_constants():
    rows = [["> grenze", "1"], ["5", "2"], ["odd(?)", "3"]]
    body = inputs("n", "grenze") + decision("D", table(["n|number"], rows), needs=needs_input(0, 1))
    assert check_model(read_dmn(definitions(body), name="x")) == []


@pytest.mark.parametrize(
    ("kind", "limit"),
    [("time", '@"12:00:00"'), ("dateTime", '@"2027-01-15T12:00:00"'), ("dateTime", '@"2027-01-15T12:00:00Z"')],
)
def test_times_and_moments_have_regions_as_numbers_do(kind, limit):
    assert check([f"z|{kind}"], [[f"< {limit}", "1"], [f">= {limit}", "2"]]) == []
    assert codes(check([f"z|{kind}"], [[f"<= {limit}", "1"], [f">= {limit}", "2"]])) == ["overlap"]
    assert codes(check([f"z|{kind}"], [[f"< {limit}", "1"], [f"> {limit}", "2"]])) == ["gap"]


def test_texts_have_an_order():
    assert check(["z|string"], [['> "x"', "1"], ['<= "x"', "2"]]) == []
    assert codes(check(["z|string"], [['["a".."m"]', "1"], ['["m".."z"]', "2"], ['not(["a".."z"])', "3"]])) == [
        "overlap"
    ]


def test_a_missing_value_counts_where_the_table_speaks_of_it():
    assert check(["n|number"], [["null", "1"], ["not(null)", "2"]]) == []
    [overlap, _gap] = check(["a|number", "b|string"], [["null", "-", "1"], ["-", '"x"', "2"]])
    assert overlap.message_de.endswith("gelten beide, zum Beispiel für a = ohne Angabe, b = x")


def test_columns_that_ask_for_the_same_are_one():
    rows = [["< 10", "-", "1"], ["-", "> 20", "2"], ["[10..20]", "-", "3"]]
    assert check(["alter|number", "alter|number"], rows) == []


def test_columns_that_hang_together_make_an_overlap_a_question():
    rows = [["< 18", "-", "1"], ["-", "true", "2"], [">= 18", "false", "3"]]
    body = inputs("alter") + decision("D", table(["alter|number", "alter >= 18|boolean"], rows), needs=needs_input(0))
    [finding] = check_model(read_dmn(definitions(body), name="x"))
    assert (finding.code, finding.severity, finding.rules) == ("overlap", Severity.WARNING, (1, 2))
    assert finding.message_de.endswith("die Spalten hängen zusammen, prüfen Sie, ob das vorkommt")


def test_rules_without_any_condition_overlap():
    assert codes(check([], [["1"], ["2"]])) == ["overlap"]


def test_rules_that_are_written_alike_overlap_whatever_they_ask():
    body = inputs("n", "grenze") + decision(
        "D", table(["n|number"], [["> grenze", "1"], [">  grenze", "2"]]), needs=needs_input(0, 1)
    )
    [finding] = check_model(read_dmn(definitions(body), name="x"))
    assert (finding.code, finding.rules) == ("overlap", (1, 2))


def test_under_any_the_same_result_may_be_written_otherwise():
    assert check(["n|number"], [["> 1", "2.0"], ["-", "2"]], policy="ANY") == []
    [finding] = check(["n|number"], [["> 1", "1 + 1"], ["-", "2"]], policy="ANY")
    assert (finding.code, finding.severity) == ("overlap", Severity.WARNING)


def test_what_a_type_allows_by_more_than_constants_makes_no_rule_dead():
    body = (
        '<itemDefinition name="tName"><typeRef>string</typeRef><allowedValues><text>starts with(?, "A")</text>'
        "</allowedValues></itemDefinition>" + inputs("name")
    )
    logic = table(["name|tName"], [['"Anna"', "1"], ['not("Anna")', "2"]])
    assert check_model(read_dmn(definitions(body + decision("D", logic, needs=needs_input(0))), name="x")) == []


def test_results_that_can_never_be_given_are_errors():
    body = inputs("n") + decision(
        "D",
        table(["n|number"], [["< 5", '"gruen"', "1"], [">= 5", '"rot"', "2"]], outputs=["farbe", "stufe"]).replace(
            '<output name="farbe" label="farbe"/>', ""
        ),
        needs=needs_input(0),
    )
    typed = body.replace(
        'label="farbe">', 'label="farbe" typeRef="string"><outputValues><text>"rot"</text></outputValues>'
    )
    typed = typed.replace('label="stufe">', 'label="stufe" typeRef="string">')
    found = [(one.code, one.rules, one.column) for one in check_model(read_dmn(definitions(typed), name="x"))]
    assert ("not_allowed", (1,), "farbe") in found
    assert ("type_clash", (1,), "stufe") in found
    assert ("type_clash", (2,), "stufe") in found
    assert len(found) == 3


def test_a_mistyped_value_among_others_is_pointed_out():
    columns = ["art|tArt"]
    body = (
        '<itemDefinition name="tArt"><typeRef>string</typeRef><allowedValues><text>"ja", "nein"</text></allowedValues>'
        "</itemDefinition>" + inputs("art")
    )
    logic = table(columns, [['"ja", "Nein"', "1"], ['"nein"', "2"]])
    [finding] = check_model(read_dmn(definitions(body + decision("D", logic, needs=needs_input(0))), name="x"))
    assert (finding.code, finding.severity, finding.rules) == ("not_allowed", Severity.WARNING, (1,))
    assert finding.message_de == "Regel 1, Spalte „art“: „Nein“ gehört nicht zu den erlaubten Werten der Spalte"


def test_a_text_without_quotation_marks_is_explained():
    findings = check(["z|string"], [["nein", "1"]])
    assert findings[0].code == "unknown_name"
    assert findings[0].message_de == (
        "Entscheidung „D“, Regel 1, Spalte „z“: Den Namen „nein“ gibt es hier nicht; "
        'ein Text steht in Anführungszeichen: "nein"'
    )


def test_tables_of_business_knowledge_models_are_checked_too():
    logic = table(["n|number"], [["<= 5", "1"], [">= 5", "fehlt"]])
    body = (
        '<businessKnowledgeModel id="k" name="Wissen"><variable name="Wissen"/><encapsulatedLogic>'
        f'<formalParameter name="n"/>{logic}</encapsulatedLogic></businessKnowledgeModel>'
    )
    findings = check_model(read_dmn(definitions(body), name="x"))
    assert [(one.code, one.decision_id, one.decision) for one in findings] == [
        ("unknown_name", "k", "Wissen"),
        ("overlap", "k", "Wissen"),
    ]


def test_a_thousand_rules_over_eight_columns_are_checked_in_seconds():
    dice = random.Random(1)
    cells = ("> {}", "< {}", "!= {}", "not({})", "[{}..2000]", "-", "? > {} and odd(?)")
    rows = [[*(dice.choice(cells).format(dice.randint(0, 2000)) for _ in range(8)), str(n)] for n in range(1000)]
    logic = table([f"{name}|number" for name in "abcdefgh"], rows)
    body = inputs(*"abcdefgh") + decision("D", logic, needs=needs_input(*range(8)))
    model = read_dmn(definitions(body), name="x")
    began = time.process_time()
    assert "overlap" in codes(check_model(model))
    assert time.process_time() - began < 20


def test_a_large_table_is_checked_in_reasonable_time():
    rows = [[f"[{n * 10}..{n * 10 + 9}]", f'"{n % 7}"', str(n)] for n in range(300)]
    findings = check(["n|number", "art|string"], rows)
    assert codes(findings)[:2] == ["gap", "gap"]


def test_a_table_made_to_defeat_the_search_ends_and_says_so():
    rows = [[f"> {n}", f"< {n * 7 % 400}", f"!= {n}", str(n)] for n in range(400)]
    rows.append(["<= 0", "-", "-", "0"])
    began = time.process_time()
    findings = check(["a|number", "b|number", "c|number"], rows, policy="PRIORITY")
    assert time.process_time() - began < 20
    assert set(codes(findings)) <= {"gap", "gaps_unchecked"}


@pytest.mark.parametrize("folder", ["0004-simpletable-U", "0010-multi-output-U", "0108-first-hitpolicy"])
def test_tables_of_the_tck_can_be_checked(folder):
    path = shared(f"dmn-tck/compliance-level-2/{folder}/{folder}.dmn")
    findings = check_model(read_dmn(path.read_bytes(), name=path.name))
    assert "overlap" not in codes(findings)


def test_the_page_for_authors_lists_every_finding():
    root = Path(__file__).resolve().parents[3]
    source = (root / "engine" / "dmn" / "checks.py").read_text("utf-8")
    page = (root / "docs" / "decisions.md").read_text("utf-8")
    listed = re.findall(r"^\| `(\w+)` \| (?:Fehler|Hinweis)", page, re.MULTILINE)
    assert sorted(listed) == sorted(set(re.findall(r'[sS]everity(?:\.\w+)?, "(\w+)"', source)))
