import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from web.cli import main


def feel(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["feel", *arguments])


@pytest.fixture
def context(tmp_path: Path) -> str:
    file = tmp_path / "fall.json"
    file.write_text('{"hund": {"rang": 3, "Tag der Aufnahme": "2026-05-01", "satz": 12.50}, "alter": 17}', "utf-8")
    return str(file)


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ("1 + 2", "3\n  Zahl\n"),
        ("-1 + 2", "1\n  Zahl\n"),
        ("-hund", "null\n  null (kein Wert)\n"),
        ("hund.satz * hund.rang", "37.50\n  Zahl\n"),
        ("date(hund.Tag der Aufnahme) + @\"P1M\"", "2026-06-01\n  Datum\n"),
        ("function(a) a", "function(a)\n  Funktion\n"),
        ('"\\u001b[2J"', '"\ufffd[2J"\n  Text\n'),
    ],
)  # fmt: skip
def test_feel_prints_the_value_and_its_kind(context: str, expression: str, output: str) -> None:
    assert feel(expression, "--context", context).output.startswith(output)


def test_feel_prints_why_there_is_no_value_and_asks_about_unknown_names(context: str) -> None:
    result = feel("hunt.rang + 1", "--context", context)
    assert result.exit_code == 1
    assert "Zeile 1, Spalte 1: Den Namen „hunt“ gibt es hier nicht" in result.output
    assert "Den Namen „hunt“ gibt es nicht. Meinten Sie „hund“?" in result.output
    assert "Meinten Sie „count“?" in feel("cuont([1])").output


def test_feel_underlines_a_syntax_error_and_says_what_was_expected() -> None:
    result = feel("if 1 > 0 then")
    assert result.exit_code == 2
    assert "Erwartet: ein Wert" in result.output
    assert result.output.endswith("if 1 > 0 then\n             ^\n")


def test_feel_prints_json_for_programs(context: str) -> None:
    document = json.loads(feel("1 / 0", "--context", context, "--json").output)
    assert (document["value"], document["kind"]) == (None, "Null")
    assert document["diagnostics"][0]["column"] == 3
    assert json.loads(feel("0.1 + 0.2", "--json").output)["value"] == {"n": "0.3"}
    assert json.loads(feel("[function(a) a]", "--json").output)["value"] is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"a": ', "kein JSON: Zeile 1, Spalte 7"),
        (b"[1]", "enthält kein JSON-Objekt"),
        (b"\xff", "lässt sich nicht als JSON-Objekt lesen"),
        (b'{"a": NaN}', "lässt sich nicht als JSON-Objekt lesen"),
        (b'{"a": 1e999999999}', "lässt sich nicht als JSON-Objekt lesen"),
        (b'{"a":' * 5000, "lässt sich nicht als JSON-Objekt lesen"),
    ],
)
def test_feel_refuses_a_context_it_cannot_read(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(content)
    result = feel("1", "--context", str(file))
    assert result.exit_code == 2
    assert message in result.output


def test_feel_knows_the_law() -> None:
    assert "2027-03-01" in feel('law.deadline(@"2027-01-31", "1 Monat")').output
