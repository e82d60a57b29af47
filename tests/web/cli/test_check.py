import json
import re
import shutil
from pathlib import Path

from click.testing import CliRunner

from web.cli.check import PROCESSES, command


def test_all_procedures_of_the_repository_are_in_order() -> None:
    result = CliRunner().invoke(command, [])
    assert result.exit_code == 0, result.output
    assert "Hund zur Hundesteuer anmelden (hundesteuer_anmelden)" in result.output
    assert "Meldebescheinigung beantragen (meldebescheinigung)" in result.output
    assert "FALSCH" not in result.output


def test_a_third_procedure_from_elsewhere_is_checked_alone(tmp_path: Path) -> None:
    folder = tmp_path / "wohnsitz_bescheinigen"
    shutil.copytree(PROCESSES / "meldebescheinigung", folder)
    for name in ("procedure.toml", "process.bpmn"):
        text = (folder / name).read_text("utf-8").replace('"meldebescheinigung"', '"wohnsitz_bescheinigen"')
        (folder / name).write_text(text.replace('art = "wohnsitz_bescheinigen"', 'art = "meldebescheinigung"'), "utf-8")
    result = CliRunner().invoke(command, [str(folder), "--json"])
    report = json.loads(result.output)
    assert [one["folder"] for one in report["procedures"]] == ["wohnsitz_bescheinigen"]
    assert result.exit_code == 0, result.output


def test_a_broken_procedure_exits_with_1_and_says_where(tmp_path: Path) -> None:
    folder = tmp_path / "meldebescheinigung"
    shutil.copytree(PROCESSES / "meldebescheinigung", folder)
    (folder / "process.bpmn").write_bytes(b"<definitions>")
    result = CliRunner().invoke(command, [str(folder)])
    assert result.exit_code == 1
    assert "Fehler in process.bpmn" in result.output


def test_a_folder_without_a_procedure_is_not_in_order(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, [str(tmp_path)])
    assert result.exit_code == 1
    assert "procedure.toml" in result.output


def test_a_page_with_an_address_of_the_portal_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "meldebescheinigung"
    shutil.copytree(PROCESSES / "meldebescheinigung", folder)
    form = (folder / "antrag.form").read_text("utf-8")
    page = re.search(r'"page": "(\w+)"', form)
    assert page
    (folder / "antrag.form").write_text(form.replace(page[0], '"page": "spaeter"'), "utf-8")
    result = CliRunner().invoke(command, [str(folder)])
    assert result.exit_code == 1
    assert "Eine Seite des Startformulars heißt „spaeter“." in result.output


def test_rules_that_overlap_are_printed_with_an_example_and_refused(tmp_path: Path) -> None:
    folder = tmp_path / "hundesteuer_anmelden"
    shutil.copytree(PROCESSES / "hundesteuer_anmelden", folder)
    tables = folder / "steuer.dmn"
    tables.write_text(tables.read_text("utf-8").replace("<text>not(1,2)</text>", "<text>&gt;= 2</text>"), "utf-8")
    result = CliRunner().invoke(command, [str(folder)])
    assert result.exit_code == 1
    assert re.search(r"Fehler in steuer\.dmn, Zeile \d+: Die Regeln 2 und 3 gelten beide, zum Beispiel", result.output)
