import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.feel import from_json, value_of
from tests.dmn_factory import decision, definitions, inputs, literal, needs_decision, needs_input, table
from web.cli import main

_DOG_TAX = Path(__file__).parents[3] / "processes" / "hundesteuer_anmelden" / "steuer.dmn"
_FEE = table(
    ["Anzahl|number", "Klasse|string", "Seit|date"],
    [["1", "-", "-", "60"], ["> 1", '"A"', '< @"2027-01-01"', "90"], ["> 1", 'not("A")', "-", "600"]],
    outputs=["Betrag in EUR"],
)


def decide(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["decide", *arguments])


@pytest.fixture
def fee(tmp_path: Path) -> str:
    file = tmp_path / "gebühr.dmn"
    file.write_bytes(
        definitions(
            inputs("Anzahl", "Klasse", "Seit")
            + decision("Gebühr", _FEE, needs=needs_input(0, 1, 2))
            + decision("Doppelt", literal("Gebühr * 2"), needs=needs_decision("d"), element_id="doppelt")
        )
    )
    return str(file)


def test_decide_prints_inputs_tables_reasons_and_result(fee: str) -> None:
    result = decide(fee, "--input", "Anzahl=3", "--input", "Klasse=Kampfhund", "--input", "Seit=2026-05-01")
    assert result.exit_code == 0
    assert "Doppelt (doppelt) aus „Modell“" in result.output
    assert '  Klasse = "Kampfhund"' in result.output
    assert "\n> 3       │ > 1" in result.output
    assert "Gebühr: Regel 3 gilt, weil Anzahl = 3 (über 1)" in " ".join(result.output.split())
    assert result.output.endswith("Ergebnis\n  1200\n")
    assert all(len(line) <= 100 for line in result.output.splitlines())


def test_decide_prints_json_for_programs(fee: str) -> None:
    given = ["--input", "Anzahl=2", "--input", "Klasse=A", "--input", 'Seit=@"2026-05-01"']
    document = json.loads(decide(fee, "--decision", "d", "--json", *given).output)
    assert from_json(document["value"]) == value_of(90)
    assert (document["decision"], document["name"], document["feel"]) == ("d", "Gebühr", "90")
    assert document["inputs"]["Seit"] == {"d": "2026-05-01"}
    assert [rule["number"] for rule in document["trace"]["tables"][0]["rules"]] == [2]
    assert document["sentence"].startswith("Regel 2 gilt")
    assert (document["diagnostics"], document["missing_inputs"]) == ([], [])


def test_decide_finds_a_decision_by_name_and_offers_what_there_is(fee: str) -> None:
    assert decide(fee, "--decision", "Gebühr", "--input", "Anzahl=1").output.endswith("Ergebnis\n  60\n")
    unknown = decide(fee, "--decision", "gebuehr")
    assert unknown.exit_code == 2
    assert "Die Entscheidung „gebuehr“ gibt es nicht. Meinten Sie „Gebühr“?" in unknown.output
    assert "d        Gebühr  (Anzahl: Zahl, Klasse: Text, Seit: Datum)" in unknown.output


def test_decide_asks_which_decision_when_several_stand_alone() -> None:
    result = decide(str(_DOG_TAX))
    assert result.exit_code == 2
    assert "Wählen Sie mit --decision eine Entscheidung:\n  jahresbetrag    Jahresbetrag  (hund)" in result.output


def test_decide_draws_every_table_on_the_way() -> None:
    dog = 'hund={rang: 3, gefaehrlich: "nein", ermaessigung: "tierheim"}'
    result = decide(str(_DOG_TAX), "--decision", "jahresbetrag", "--input", dog)
    assert "Tabelle: Entscheidung „Regelsatz“" in result.output
    assert "Tabelle: Entscheidung „Vergünstigung“" in result.output
    assert "jahresbetrag = 120.00" in result.output


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("Anzal=1", "Die Eingabe „Anzal“ gibt es nicht. Meinten Sie „Anzahl“?"),
        ("Anzal=1", "Die Entscheidung hat: Anzahl: Zahl, Klasse: Text, Seit: Datum."),
        ("Anzahl", "Schreiben Sie --input Name=Wert."),
        ("Anzahl=drei", "„drei“ ist ein Name und kein Wert"),
        ("Anzahl=3,5", "Eine Zahl schreibt man mit Punkt: 3.5"),
        ("Anzahl=3 +", "  3 +\n     ^"),
        ('Anzahl="3"', "Verlangt ist Zahl, das ist: Text"),
        ("Anzahl=1/0", "Durch null kann man nicht teilen"),
        ("Seit=15.1.2027", "Ein Datum schreibt man so: 2027-01-15"),
    ],
)
def test_decide_says_what_is_wrong_with_an_input(fee: str, given: str, message: str) -> None:
    result = decide(fee, "--input", given)
    assert result.exit_code == 2
    assert message in result.output


def test_decide_reports_every_problem_at_once_and_an_input_given_twice(fee: str) -> None:
    result = decide(fee, "--input", "Anzahl=1", "--input", "Anzahl=2", "--input", "x=1")
    assert "steht zweimal da" in result.output
    assert "„x“ gibt es nicht" in result.output


def test_decide_decides_without_an_input_but_says_so_and_exits_with_one(fee: str) -> None:
    result = decide(fee, "--decision", "d", "--input", "Anzahl=3")
    assert result.exit_code == 1
    assert "  Klasse fehlt" in result.output
    assert "Die Eingabe „Klasse“ fehlt" in result.output


def test_decide_takes_what_the_expressions_of_a_model_without_input_data_name(tmp_path: Path) -> None:
    file = tmp_path / "offen.dmn"
    file.write_bytes(definitions(decision("Alter", table(["alter|number"], [["< 18", '"Kind"'], [">= 18", '"x"']]))))
    assert decide(str(file), "--input", "alter=17").output.endswith('Ergebnis\n  "Kind"\n')
    assert "Meinten Sie „alter“?" in decide(str(file), "--input", "Alte=17").output


def test_decide_refuses_a_model_with_line_and_reason(tmp_path: Path) -> None:
    file = tmp_path / "kaputt.dmn"
    file.write_bytes(definitions(decision("Steuer", literal("1 +"))))
    result = decide(str(file))
    assert result.exit_code == 2
    assert "wird abgelehnt" in result.output
    assert "Zeile 1: " in result.output
    assert "    1 +\n" in result.output


def test_decide_finds_imported_files_beside_the_file(tmp_path: Path) -> None:
    imported = definitions(inputs("n") + decision("Satz", literal("n * 2"), needs=needs_input(0)), target="urn:satz")
    needs = '<informationRequirement><requiredDecision href="urn:satz#d"/></informationRequirement>'
    body = (
        '<import name="satzung" namespace="urn:satz" importType="https://www.omg.org/spec/DMN/20230324/MODEL/"/>'
        + decision("Steuer", literal("satzung.Satz + 1"), needs=needs)
    )
    (tmp_path / "satz.dmn").write_bytes(imported)
    (tmp_path / "fremd.dmn").write_bytes(b"<x/>")
    (tmp_path / "steuer.dmn").write_bytes(definitions(body))
    result = decide(str(tmp_path / "steuer.dmn"), "--input", "n=5")
    assert result.output.endswith("Ergebnis\n  11\n"), result.output


def test_the_moment_of_a_decision_is_on_berlins_clock(tmp_path: Path) -> None:
    file = tmp_path / "jetzt.dmn"
    file.write_bytes(definitions(decision("Jetzt", literal("now()"))))
    assert "2027-01-15T09:30:00" in decide(str(file), "--at", "2027-01-15T10:30").output
    assert "write 2027-01-15" in decide(str(file), "--at", "morgen").output
