import pytest
from click.testing import CliRunner

from storage import db
from web.cli import main


@pytest.fixture
def migrate(tmp_path):
    def run(**settings):
        return CliRunner().invoke(main, ["migrate"], env={"AMTSWEG_DATA_DIR": str(tmp_path / "var"), **settings})

    return run


def test_it_makes_folders_a_key_and_the_schema(migrate, tmp_path):
    result = migrate()
    assert result.exit_code == 0, result.output
    assert f"schema {db.head_revision()}" in result.output
    assert (tmp_path / "var" / "objects").is_dir()
    assert (tmp_path / "var" / "master.key").stat().st_mode & 0o077 == 0
    with db.owner(f"sqlite:///{tmp_path / 'var' / 'amtsweg.sqlite'}") as conn:
        assert db.revision(conn) == db.head_revision()


def test_a_second_time_changes_nothing(migrate, tmp_path):
    migrate()
    key = (tmp_path / "var" / "master.key").read_bytes()
    assert migrate().exit_code == 0
    assert (tmp_path / "var" / "master.key").read_bytes() == key


def test_a_database_that_does_not_answer_is_a_line_not_a_trace(migrate):
    result = migrate(AMTSWEG_DATABASE_URL="postgresql+psycopg://app@127.0.0.1:9/amtsweg")
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert "Traceback" not in result.output


def test_a_folder_that_cannot_be_made_is_a_line_not_a_trace(migrate, tmp_path):
    (tmp_path / "var").write_text("eine Datei")
    result = migrate()
    assert result.exit_code == 1
    assert "Traceback" not in result.output
