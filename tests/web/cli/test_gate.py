import json
from pathlib import Path

from click.testing import CliRunner

from tests.engine.bpmn.models import line, model
from web.cli import main


def test_gate_accepts_and_refuses_files_with_their_reasons(tmp_path: Path) -> None:
    good, bad = tmp_path / "gut.bpmn", tmp_path / "schlecht.bpmn"
    good.write_bytes(model(line('<userTask id="t"/>')))
    bad.write_bytes(model(line('<serviceTask id="t" name="Rechnen"/>')))
    result = CliRunner().invoke(main, ["gate", str(good), str(bad)])
    assert result.exit_code == 1
    assert f"{good}: angenommen" in result.output
    assert "Zeile 4, „Rechnen“: Es fehlt camunda:type" in result.output
    assert "1 von 2 Dateien angenommen." in result.output


def test_gate_can_answer_in_json_whatever_the_bytes_are(tmp_path: Path) -> None:
    broken = tmp_path / "kaputt.bpmn"
    broken.write_bytes(b"\x00\xff<")
    result = CliRunner().invoke(main, ["gate", "--json", str(broken)])
    [report] = json.loads(result.output)
    assert (result.exit_code, report["accepted"]) == (1, False)
    assert [finding["code"] for finding in report["findings"]] == ["not_xml"]


def test_gate_succeeds_when_everything_is_accepted(tmp_path: Path) -> None:
    good = tmp_path / "gut.bpmn"
    good.write_bytes(model(line()))
    assert CliRunner().invoke(main, ["gate", str(good)]).exit_code == 0
