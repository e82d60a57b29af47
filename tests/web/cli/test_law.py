import json
from pathlib import Path

from click.testing import CliRunner

from web.cli.law import command

_VECTORS = Path(__file__).parents[2] / "engine" / "law" / "abruf-122a.csv"


def test_check_prints_passed_total_and_differences():
    result = CliRunner().invoke(command, ["check", str(_VECTORS)])

    assert result.exit_code == 0
    assert result.output == "passed 12, total 12, differences 0\n"


def test_check_fails_and_names_the_row_that_differs(tmp_path):
    changed = tmp_path / "vectors.csv"
    changed.write_text(_VECTORS.read_text("utf-8").replace("2027-01-08;4. Tag", "2027-01-09;4. Tag", 1), "utf-8")

    result = CliRunner().invoke(command, ["check", str(changed)])

    assert result.exit_code == 1
    assert "A04: bekanntgabe_oder_beginn expected 2027-01-09, computed 2027-01-08" in result.output


def test_check_prints_json_for_programs():
    result = CliRunner().invoke(command, ["check", "--json", str(_VECTORS)])

    assert json.loads(result.output) == {"passed": 12, "total": 12, "differences": []}


def test_check_refuses_a_file_that_is_no_table_of_vectors(tmp_path):
    binary = tmp_path / "x.csv"
    binary.write_bytes(b"\xff\xfe\x00")

    result = CliRunner().invoke(command, ["check", str(binary)])

    assert result.exit_code == 1
    assert "cannot be read as vectors" in result.output
