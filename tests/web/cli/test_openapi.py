import pytest
from click.testing import CliRunner

from web.cli import openapi
from web.cli.openapi import command


def test_the_committed_description_is_up_to_date():
    assert CliRunner().invoke(command, ["--check"]).exit_code == 0


@pytest.mark.parametrize("text", [None, "{}"])
def test_a_missing_or_stale_copy_is_found_and_written_anew(tmp_path, monkeypatch, text):
    copy = tmp_path / "openapi.json"
    if text is not None:
        copy.write_text(text, "utf-8")
    monkeypatch.setattr(openapi, "DOCS", copy)
    stale = CliRunner().invoke(command, ["--check"])
    assert (stale.exit_code, "amtsweg openapi" in stale.output) == (1, True)
    assert CliRunner().invoke(command, []).exit_code == 0
    assert CliRunner().invoke(command, ["--check"]).exit_code == 0
