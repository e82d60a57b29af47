import json

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from storage import db
from storage.akte import anchor
from storage.crypto import MasterKey
from tests.storage.akte.conftest import AT, open_case
from web.cli import main


@pytest.fixture
def run(tmp_path):
    def run(*args):
        return CliRunner().invoke(main, args, env={"AMTSWEG_DATA_DIR": str(tmp_path / "var")})

    return run


@pytest.fixture
def data(run, tmp_path):
    """A house with one Vorgang and an anchor."""
    assert run("migrate").exit_code == 0
    folder = tmp_path / "var"
    database = db.Database(f"sqlite:///{folder / 'amtsweg.sqlite'}", tenant_id="darmstadt")
    with database.begin() as conn:
        open_case(conn, MasterKey.from_file(folder / "master.key"))
        anchor.write(conn, folder / "anchors.jsonl", at=AT)
    database.close()
    return folder


def test_an_untouched_house_verifies_clean(run, data):
    result = run("verify")
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "Geprüft: Schritte 0, Ereignisse 1, gesicherte Zeilen 1, Dokumente 0, Zugriffe 0, Anker 1.",
        "Der letzte Anker ist vom 24.11.2026, 10:30 Uhr.",
        "Alles ist unverändert.",
    ]


def test_a_change_behind_the_products_back_is_named_and_fails(run, data):
    with db.owner(f"sqlite:///{data / 'amtsweg.sqlite'}") as conn:
        conn.execute(text("UPDATE vorgang SET office = 'ordnungsamt'"))
    result = run("verify", "--json")
    assert result.exit_code == 1
    report = json.loads(result.output)
    assert [finding["code"] for finding in report["findings"]] == ["row_changed"]
    assert "wurde verändert" in run("verify").output


def test_without_a_house_it_says_what_is_missing(run):
    result = run("verify")
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert result.output.startswith("Error: ")
