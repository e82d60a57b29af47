"""The macros in web/templates/forms draw every view model as sound, accessible HTML that needs no script."""

from pathlib import Path

import pytest

from forms import view
from forms.schema import load_form
from forms.summary import summarise
from forms.validate import validate_html
from tests.forms.browser import environment, parse, sends
from tests.forms.builders import blocks, choice, component, form, given, group, required, rows, stored_file

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted([*ROOT.glob("processes/*/*.form"), *ROOT.glob("forms/blocks/*.form")])

ALL_KINDS = form(
    group(
        "eins",
        {
            "type": "text",
            "id": "t",
            "text": "# Titel\nEin **Satz** mit [Verweis](https://example.org).\n\n- eins\n- zwei\n\n1. erst",
        },
        required("textfield", "name", description="Hinweis", properties={"why": "Warum"}),
        component("textarea", "text"),
        component("number", "betrag", properties={"format": "eur"}),
        component("datetime", "am"),
        choice("select", "wahl", "rot", "blau"),
        choice("radio", "weg", "post", "mail"),
        choice("checklist", "farben", "rot", "blau", validate={"required": True}),
        required("checkbox", "ja", description="Hinweis"),
        {"type": "separator", "id": "s"},
        component("textfield", "mail", properties={"format": "email"}, conditional={"hide": '=weg != "mail"'}),
        component("textfield", "az", readonly=True),
        group("innen", component("textfield", "innen"), label="Innen"),
        group("ohne", component("textfield", "ohne"), label=""),
    ),
    group(
        "zwei",
        rows(
            "hunde",
            required("textfield", "rufname"),
            choice("radio", "art", "gross", "klein"),
            rows("impfungen", component("textfield", "gegen"), properties={"item": "Impfung"}),
            properties={"min": "1", "item": "Hund"},
        ),
        {
            **required("filepicker", "nachweis", description="Hinweis"),
            "multiple": True,
            "properties": {"nachreichbar": True},
        },
    ),
)
INPUTS = {"az": "20.31/7\nzweite Zeile"}
FILES = {"a1": stored_file("a1", "<b>bescheid</b>.pdf")}


@pytest.fixture(scope="module")
def templates():
    return environment()


def draw(templates, pages, *, source="{{ f.problems(page) }}<h1>{{ page.title }}</h1><form>{{ f.page(page) }}</form>"):
    template = templates.from_string('{% import "forms/fields.html" as f %}<main>' + source + "</main>")
    return "".join(template.render(page=page, address=lambda key: f"/seite/{key}") for page in pages)


def check(tree):
    elements = list(tree.iter())
    ids = [element.get("id") for element in elements if element.get("id")]
    assert len(ids) == len(set(ids)), "an id stands twice"
    labels = {element.get("for") for element in elements if element.tag == "label"}
    for element in elements:
        for attribute in ("aria-describedby", "aria-labelledby"):
            for target in (element.get(attribute) or "").split():
                assert target in ids, f"{attribute} leads nowhere: {target}"
        if element.tag == "a" and element.get("href", "").startswith("#"):
            assert element.get("href")[1:] in ids, f"a link leads nowhere: {element.get('href')}"
        if element.tag == "label":
            assert element.get("for") in ids
            assert "".join(element.itertext()).strip()
        if element.tag in ("input", "select", "textarea") and element.get("type") != "hidden":
            assert element.get("id") in labels, f"no label: {element.attrib}"
            assert element.get("name")
        if element.tag == "fieldset":
            assert element[0].tag == "legend", "a fieldset begins with its legend"
            assert "".join(element[0].itertext()).strip()
        if element.tag == "button" and element.get("aria-hidden") != "true":
            assert element.get("aria-label") or "".join(element.itertext()).strip()
        assert element.tag != "script"
        assert not [name for name in element.attrib if name.startswith("on")]
    for fieldset in tree.iter("fieldset"):
        radios = [item for item in fieldset.iter("input") if item.get("type") == "radio"]
        assert all(radio.get("name") for radio in radios)
    return elements


def pages_of(probe, sent, **files):
    surroundings = given(inputs=INPUTS, files=FILES)
    result = validate_html(probe, sent, surroundings)
    filling = view.Filling(
        given=surroundings,
        entries=result.entries,
        errors=result.errors | {"": "Senden Sie noch einmal."},
        revealed=result.revealed,
    )
    return view.form_views(probe, filling)


SENT = {
    "weg": ["mail"],
    "betrag": ["zwölf"],
    "hunde-0-rufname": ["Rex"],
    "hunde-0-impfungen-0-gegen": ["Tollwut"],
    "hunde-1-rufname": ["<script>alert(1)</script>\" onfocus='x'"],
    "nachweis": ["a1"],
    "text": ["</textarea><script>"],
}


def test_every_kind_of_item_is_drawn_with_label_hint_and_error(templates):
    pages = pages_of(ALL_KINDS, {})
    names = {element.get("name") for element in check(parse(draw(templates, pages)))}
    assert {field.name for page in pages for field in view.fields_of(page.items) if not field.readonly} <= names


def test_a_task_shows_all_its_pages_in_one_form(templates):
    twice = form(
        group("eins", required("textfield", "a", label="Hinweis"), choice("radio", "weg", "post", "mail")),
        group("zwei", required("textfield", "b", label="Hinweis", conditional={"hide": '=weg != "mail"'}), path="zwei"),
        group("drei", required("textfield", "b", id="noch_ein_b", label="Hinweis")),
    )
    pages = pages_of(twice, {"weg": ["mail"]})
    source = "{{ f.problems(page[0]) }}<h1>Aufgabe</h1><form>{{ f.pages(page) }}</form>"
    elements = check(parse(draw(templates, [pages], source=source)))
    assert [e.text for e in elements if e.tag == "h2" and (e.get("id") or "").startswith("seite-")] == [
        "eins",
        "zwei",
        "drei",
    ]
    links = [e.get("href") for e in elements if e.tag == "a"]
    assert links == ["#feld-a", "#feld-b", "#feld-zwei-b"], "the errors, each to its own field, then what came up new"


def test_errors_are_linked_from_the_summary_to_the_field(templates):
    pages = pages_of(ALL_KINDS, SENT)
    elements = check(parse(draw(templates, pages)))
    summary = next(element for element in elements if element.get("id") == "fehler")
    links = [link.get("href") for link in summary.iter("a")]
    assert links == [f"#{error.id}" for error in pages[0].errors if error.id]
    by_id = {element.get("id"): element for element in elements}
    for field in (field for page in pages for field in view.fields_of(page.items) if field.error):
        assert field.error in "".join(by_id[field.error_id].itertext())
        described = [e for e in elements if field.error_id in (e.get("aria-describedby") or "").split()]
        assert [e.tag for e in described] in (["input"], ["select"], ["textarea"], ["fieldset"])


def test_what_people_enter_is_text(templates):
    markup = draw(templates, pages_of(ALL_KINDS, SENT))
    tree = parse(markup)
    check(tree)
    values = [element.get("value") for element in tree.iter("input")]
    assert SENT["hunde-1-rufname"][0] in values
    assert "<b>bescheid</b>.pdf" in "".join(tree.itertext())


def test_buttons_for_rows_and_files_say_what_they_do(templates):
    elements = check(parse(draw(templates, pages_of(ALL_KINDS, SENT)[1:])))
    buttons = {element.get("value"): element for element in elements if element.get("name") == "_aktion"}
    assert set(buttons) == {
        "hunde+",
        "hunde-0",
        "hunde-1",
        "hunde-0-impfungen+",
        "hunde-0-impfungen-0",
        "hunde-1-impfungen+",
        "nachweis=a1",
    }
    assert "".join(buttons["hunde-1"].itertext()) == "Hund 2 entfernen"
    assert buttons["nachweis=a1"].get("aria-label") == "<b>bescheid</b>.pdf entfernen"
    first = next(element for element in elements if element.tag == "button")
    assert first.get("name") is None, "the key Enter goes on, it removes nothing"


def test_what_is_sent_is_what_is_drawn(templates):
    pages = pages_of(ALL_KINDS, SENT | {"_gezeigt": ["mail"]})
    sent = sends(parse(draw(templates, pages)))
    entries = validate_html(ALL_KINDS, sent, given(inputs=INPUTS, files=FILES)).entries
    assert entries["hunde"][1]["rufname"] == SENT["hunde-1-rufname"][0]
    assert entries["text"] == SENT["text"][0]
    assert entries["betrag"] == "zwölf"
    assert entries["nachweis"] == ["a1"]
    assert sent["_gezeigt"] == ["mail"]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_shipped_form_is_drawn_empty_and_with_all_its_errors(templates, path):
    probe = load_form(path.read_bytes(), name=path.name, blocks=blocks())
    empty = view.form_views(probe, view.Filling(given=given(), entries=view.start_entries(probe, {})))
    check(parse(draw(templates, empty)))
    check(parse(draw(templates, pages_of(probe, {}))))


def test_the_summary_leads_back_to_every_page(templates):
    values = {"name": "A\nB", "hunde": [{"rufname": "<b>Rex</b>"}], "nachweis": [FILES["a1"].to_value()]}
    pages = summarise(ALL_KINDS, values, given(inputs=INPUTS))
    tree = parse(draw(templates, [pages], source="<h1>Angaben prüfen</h1>{{ f.summary(page, address) }}"))
    check(tree)
    assert [link.get("href") for link in tree.iter("a")] == ["/seite/eins", "/seite/zwei"]
    assert "<b>Rex</b>" in "".join(tree.itertext())
    assert "eins ändern" in "".join(tree.itertext())
