from pathlib import Path

from engine.bpmn.documentation import documentation
from engine.bpmn.elements import TABLE


def test_the_page_about_bpmn_is_up_to_date() -> None:
    page = Path(__file__).resolve().parents[3] / "docs/bpmn.md"
    assert page.read_text("utf-8") == documentation(), "run: python -m engine.bpmn.documentation > docs/bpmn.md"


def test_the_page_names_every_line_of_the_table() -> None:
    page = documentation()
    for key in TABLE:
        assert f"`{key}`" in page or "/" in key
