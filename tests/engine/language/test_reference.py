import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.feel import parse_expression, parse_unary_tests
from engine.language.reference import markdown

_DOCS = Path(__file__).resolve().parents[3] / "docs"
_PAGE = markdown()
_BASICS = _PAGE.split("## Das Wichtigste")[1].split("## Wenn etwas fehlt")[0]
_NAMES = ["Anzahl der Hunde", "Betrag", "Nachlass", "Alter", "Art", "Befreiung", "Hunde"]


def test_the_page_is_up_to_date():
    assert (_DOCS / "feel.md").read_text("utf-8") == _PAGE


@pytest.mark.parametrize("text", re.findall(r"`([^`]+)`", _BASICS.split("| Zelle einer Tabelle")[0]))
def test_the_examples_of_the_overview_are_feel(text):
    parse_expression(text, _NAMES)


@pytest.mark.parametrize("text", re.findall(r"`([^`]+)`", _BASICS.split("| Zelle einer Tabelle")[1].split("\n")[0]))
def test_the_examples_of_cells_are_unary_tests(text):
    parse_unary_tests(text)


def test_what_the_page_says_about_missing_values_holds():
    now = datetime(2027, 1, 15, tzinfo=UTC)
    assert parse_expression("false and null").evaluate({}, now=now).value is False
    assert parse_expression("true and null").evaluate({}, now=now).value is None
