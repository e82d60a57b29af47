import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from web.cli.check import PROCESSES

Start = Callable[..., "subprocess.Popen[str]"]


def run(start: Start, *args: str) -> tuple[int, str]:
    process = start(*args)
    output, _ = process.communicate(timeout=60)
    return process.returncode, output


def test_a_procedure_is_deployed_once_and_again_when_it_changes(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "meldebescheinigung"
    shutil.copytree(PROCESSES / "meldebescheinigung", folder)
    assert run(start, "migrate")[0] == 0
    code, output = run(start, "deploy", str(folder))
    assert code == 0
    assert "Zweite Engine zu „meldebescheinigung“: stimmt in allen Szenarien überein" in output
    assert output.endswith("Meldebescheinigung beantragen (meldebescheinigung): Fassung 1\n")
    assert run(start, "deploy", str(folder))[1].endswith("(meldebescheinigung): Fassung 1\n")
    (folder / "liesmich.md").write_text("neu", "utf-8")
    assert run(start, "deploy", str(folder))[1].endswith("(meldebescheinigung): Fassung 2\n")


def test_nothing_is_deployed_unless_every_scenario_comes_out(start: Start, tmp_path: Path) -> None:
    good, bad = tmp_path / "hundesteuer_anmelden", tmp_path / "meldebescheinigung"
    shutil.copytree(PROCESSES / "hundesteuer_anmelden", good)
    shutil.copytree(PROCESSES / "meldebescheinigung", bad)
    text = (bad / "scenarios.toml").read_text("utf-8").replace("frist_ende = 2026-12-09", "frist_ende = 2026-12-10")
    (bad / "scenarios.toml").write_text(text, "utf-8")
    assert run(start, "migrate")[0] == 0
    code, output = run(start, "deploy", str(good), str(bad))
    assert code == 1
    assert "FALSCH Abgelehnt, mit Widerspruchsfrist" in output
    assert output.endswith("Nichts wurde bereitgestellt.\n")


def test_a_table_with_overlapping_rules_is_not_deployed(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "hundesteuer_anmelden"
    shutil.copytree(PROCESSES / "hundesteuer_anmelden", folder)
    tables = folder / "steuer.dmn"
    tables.write_text(tables.read_text("utf-8").replace("<text>not(1,2)</text>", "<text>&gt;= 2</text>"), "utf-8")
    assert run(start, "migrate")[0] == 0
    code, output = run(start, "deploy", str(folder))
    assert code == 1
    assert (
        "Die Regeln 2 und 3 gelten beide, zum Beispiel für Rang des Hundes im Haushalt = 2, "
        "Hund gilt als gefährlich = nein" in output
    )
    assert output.endswith("Nichts wurde bereitgestellt.\n")
