"""Bad folders: each mistake is found, with its file, and nothing but a sound folder becomes a procedure."""

from pathlib import Path

import pytest

from engine import catalog
from engine.catalog.references import RESERVED_PAGES
from engine.errors import Refused
from engine.product import TOPICS

FOLDER = Path(__file__).parents[3] / "processes" / "hundesteuer_anmelden"
FILES = catalog.read_folder(FOLDER)


def findings(files: dict[str, bytes], *, topics: set[str] | None = None) -> list[tuple[str, str]]:
    _, found = catalog.inspect(files, folder="hundesteuer_anmelden", topics=topics)
    return [(finding.file, finding.code) for finding in found]


def changed(name: str, old: str, new: str) -> dict[str, bytes]:
    text = FILES[name].decode("utf-8")
    assert old in text
    return {**FILES, name: text.replace(old, new).encode()}


def test_the_sound_folder_has_no_findings() -> None:
    assert findings(dict(FILES)) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "code"),
    [
        ("procedure.toml", 'key = "hundesteuer_anmelden"', 'key = "hund"', "key_not_folder"),
        ("procedure.toml", 'art = "anzeige"', 'art = "anfrage"', "unknown_value"),
        ("procedure.toml", "99102013104000", "12345", "bad_leika"),
        ("procedure.toml", '"DE-HE"', '"Hessen"', "bad_jurisdiction"),
        ("procedure.toml", 'verfahrensrecht = "AO"', 'verfahrensrecht = "StPO"', "unknown_value"),
        ("procedure.toml", 'person = "person"', 'person = "persn"', "unknown_name"),
        ("procedure.toml", 'person = "person"', 'person = "person."', "bad_expression"),
        ("procedure.toml", 'person = "person"', 'vorgang = "person"', "name_taken"),
        ("procedure.toml", 'form = "antrag.form"', 'form = "antraege.form"', "form_missing"),
        ("procedure.toml", 'step = "ermaessigung"', 'step = "rabatt"', "page_missing"),
        ("procedure.toml", "when = 'ermaessigung.beantragt", "when = 'rabatt.beantragt", "unknown_name"),
        ("procedure.toml", '"anzeige_pruefen"', '"antrag_pruefen"', "element_missing"),
        ("procedure.toml", 'poststelle = "Poststelle"', "", "group_unknown"),
        ("procedure.toml", 'art = "steuerbescheid"', 'art = "bescheid"', "decision_kind_unknown"),
        ("process.bpmn", '"hundesteuer_anmelden"', '"anders"', "process_not_key"),
        ("process.bpmn", "pruefen.form", "pruefung.form", "form_missing"),
        ("process.bpmn", 'camunda:formKey="marke.form"', "", "form_missing"),
        ("process.bpmn", 'camunda:candidateGroups="poststelle"', "", "nobody_in_charge"),
        ("process.bpmn", 'value="bescheid.html"', 'value="brief.html"', "letter_missing"),
        (
            "process.bpmn",
            '<camunda:inputParameter name="hinweise">=hinweise</camunda:inputParameter>',
            "",
            "input_missing",
        ),
        ("process.bpmn", "count(zeichnungsgruende) &gt; 0", "count(zeichnungsgrund) &gt; 0", "unknown_variable"),
        ("process.bpmn", "append(festsetzungen", "append(festsetzung_liste", "unknown_variable"),
        ("process.bpmn", 'camunda:decisionRef="zeichnung"', 'camunda:decisionRef="zeichnen"', "decision_missing"),
        ("process.bpmn", "bpmn:parallelGateway", "bpmn:complexGateway", "complexGateway"),
        ("process.bpmn", "</bpmn:definitions>", "", "not_xml"),
        ("steuer.dmn", "hund.rang", "hund.", "feel_syntax"),
        ("steuer.dmn", "hund.rang", "hnd.rang", "unknown_name"),
        ("steuer.dmn", "<text>2</text>", "<text>1</text>", "overlap"),
        ("steuer.dmn", "</definitions>", "", "no_xml"),
        ("pruefen.form", '"key": "weitere_hunde"', '"key": "vorgang"', "reserved_key"),
        ("pruefen.form", '"components"', '"components', "bad_json"),
        ("bescheid.html", "{% endfor %}", "", "letter_template"),
        ("bescheid.html", "Begründung", "Begründung nach § 39 VwVfG", "foreign_norm"),
        ("texte/de.toml", "[status.frist]", "[status.fristen]", "text_missing"),
        ("texte/de.toml", "[status.frist]", "[status.frist", "not_toml"),
    ],
)
def test_a_mistake_is_refused(name: str, old: str, new: str, code: str) -> None:
    codes = [found for _, found in findings(changed(name, old, new))]
    assert code in codes


def test_a_folder_without_its_main_files_says_which_are_missing() -> None:
    found = findings({"antrag.form": FILES["antrag.form"]})
    assert {("procedure.toml", "file_missing"), ("process.bpmn", "file_missing")} <= set(found)


def test_an_unknown_kind_of_file_is_refused() -> None:
    assert ("plan.xlsx", "file_unknown") in findings({**FILES, "plan.xlsx": b"PK"})


def test_too_much_is_refused() -> None:
    assert ("", "folder_too_large") in findings({**FILES, "gross.md": b" " * 10_000_001})


def test_gaps_in_another_language_are_notes() -> None:
    files = changed("texte/en.toml", "[status.frist]", "[status.fristen]")
    procedure, found = catalog.inspect(files, folder="hundesteuer_anmelden")
    assert procedure is not None
    assert [(note.file, note.place) for note in found] == [
        ("texte/en.toml", "status.frist.titel"),
        ("texte/en.toml", "status.frist.text"),
    ]
    assert procedure.text("status.frist.titel", language="en") == procedure.text("status.frist.titel")


def test_a_gap_in_a_table_is_a_note() -> None:
    assert findings(changed("steuer.dmn", "<text>not(1,2)</text>", "<text>&gt;= 4</text>")) == [("steuer.dmn", "gap")]


def test_a_topic_that_the_house_does_not_offer_is_a_note() -> None:
    offered = set(TOPICS - {"nachricht.senden"})
    assert findings(dict(FILES), topics=offered) == [("process.bpmn", "topic_unknown")]


def test_all_mistakes_come_at_once() -> None:
    files = {**changed("procedure.toml", "99102013104000", "1"), "bescheid.html": b"{% if %}", "pruefen.form": b"{"}
    with pytest.raises(Refused) as refused:
        catalog.load(files, folder="hundesteuer_anmelden")
    assert {finding.file for finding in refused.value.findings} == {"procedure.toml", "bescheid.html", "pruefen.form"}


def test_shared_blocks_come_with_the_folder_that_uses_them() -> None:
    assert {"bausteine/person.form", "bausteine/abgesandt.form"} <= set(FILES)
    assert "bausteine/bankverbindung.form" not in FILES


def test_every_finding_names_its_file_and_can_be_printed() -> None:
    files = {**FILES, "procedure.toml": b'key = "x"', "pruefen.form": b"{", "steuer.dmn": b"<x/>", "x.html": b"{{"}
    _, found = catalog.inspect(files, folder="hundesteuer_anmelden")
    assert {finding.file for finding in found} == {
        "procedure.toml",
        "pruefen.form",
        "steuer.dmn",
        "process.bpmn",
        "x.html",
    }
    assert all(str(finding).startswith(finding.file) and finding.message for finding in found)


@pytest.mark.parametrize("page", sorted(RESERVED_PAGES))
def test_a_page_that_the_portal_has_an_address_for_is_refused(page: str) -> None:
    files = changed("antrag.form", '"page": "anschrift"', f'"page": "{page}"')
    assert ("procedure.toml", "page_reserved") in findings(files)
    with pytest.raises(Refused) as refused:
        catalog.load(files, folder="hundesteuer_anmelden")
    assert any(f"heißt „{page}“" in str(one) for one in refused.value.findings)
