from pathlib import Path

import pytest
from click.testing import CliRunner

from web.cli import main
from web.cli.config import DOCS, settings_markdown


@pytest.fixture
def run():
    return lambda *args, **environ: CliRunner().invoke(main, args, env=environ)


def test_the_settings_page_is_up_to_date():
    assert Path(DOCS).read_text("utf-8") == settings_markdown(), "run `amtsweg config docs`"


def test_show_says_that_a_secret_is_set_and_no_more(run):
    result = run("config", "show", AMTSWEG_SECRET_KEY="geheim" * 10)
    assert result.exit_code == 0
    assert "secret_key = (set)" in result.output
    assert "metrics_token = (not set)" in result.output
    assert "geheim" not in result.output


def test_bad_settings_are_listed_line_by_line_without_a_trace(run):
    result = run("config", "show", AMTSWEG_PORT="abc", AMTSWEG_ENV="prod")
    assert result.exit_code == 2
    assert "AMTSWEG_PORT: 'abc' is not a whole number" in result.output
    assert "AMTSWEG_ENV" in result.output
    assert "Traceback" not in result.output


def test_a_command_is_found_by_its_file(run):
    assert "config" in run("--help").output


def test_an_unknown_command_is_refused_politely(run):
    result = run("regieren")
    assert result.exit_code == 2
    assert "No such command" in result.output
