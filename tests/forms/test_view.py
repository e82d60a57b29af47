import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from forms import view
from forms.entries import apply_action, page_action, read_html, upload_at
from forms.richtext import RunKind
from forms.schema import load_form
from forms.texts import Texts, missing_texts, missing_words, text_findings
from forms.validate import validate_html, validate_html_page
from tests.forms.builders import (
    BLOCKS_DIR,
    blocks,
    choice,
    component,
    form,
    given,
    group,
    required,
    rows,
    stored_file,
)

DOGS = form(
    group(
        "person",
        required(
            "textfield",
            "name",
            description="Wie im Ausweis.",
            properties={"why": "Für den Brief.", "autocomplete": "name"},
        ),
        choice("radio", "weg", "post", "mail"),
        required("textfield", "mail", properties={"format": "email"}, conditional={"hide": '=weg != "mail"'}),
    ),
    group(
        "hunde",
        rows(
            "hunde",
            required("textfield", "rufname"),
            properties={"min": "1", "max": "2", "item": "Hund"},
        ),
        choice("checklist", "farben", "rot", "blau"),
    ),
)


def page(number, **state):
    return view.page_view(DOGS, DOGS.pages[number], view.Filling(given=state.pop("given", given()), **state))


def only_field(component_, **entries):
    probe = form(component_)
    filling = view.Filling(given=given(files={"a1": stored_file()}), entries=entries or view.start_entries(probe, {}))
    [field] = view.fields_of(view.page_view(probe, probe.pages[0], filling).items)
    return field


def test_a_field_has_everything_a_template_needs():
    name = next(view.fields_of(page(0).items))
    assert (name.kind, name.id, name.name, name.label) == ("text", "feld-name", "name", "Name")
    assert (name.hint, name.why, name.autocomplete, name.required) == (
        "Wie im Ausweis.",
        "Für den Brief.",
        "name",
        True,
    )
    assert name.described_by == "feld-name-hinweis"


def test_an_error_stands_at_its_field_and_in_the_summary():
    result = validate_html_page(DOGS, DOGS.pages[0], {}, given(), values={})
    drawn = page(0, entries=result.entries, errors=result.errors | {"": "Alles zu lang."})
    name = next(view.fields_of(drawn.items))
    assert name.error == "Füllen Sie „Name“ aus."
    assert name.described_by == "feld-name-hinweis feld-name-fehler"
    assert [(link.id, link.text) for link in drawn.errors] == [
        ("feld-name", "Füllen Sie „Name“ aus."),
        ("", "Alles zu lang."),
    ]


def test_errors_are_summarised_in_the_order_of_the_page():
    result = validate_html(DOGS, {"weg": ["x"], "farben": ["x"]}, given())
    first, second = view.form_views(DOGS, view.Filling(given=given(), entries=result.entries, errors=result.errors))
    assert [link.id for link in first.errors] == ["feld-name", "feld-weg", "feld-hunde-0-rufname", "feld-farben"]
    assert second.errors == ()


def test_a_hidden_field_is_not_there_and_a_revealed_one_is_announced():
    assert [field.name for field in view.fields_of(page(0).items)] == ["name", "weg"]
    result = validate_html_page(DOGS, DOGS.pages[0], {"name": ["A"], "weg": ["mail"]}, given(), values={})
    drawn = page(0, entries=result.entries, revealed=result.revealed)
    mail = list(view.fields_of(drawn.items))[-1]
    assert (mail.name, mail.conditional, mail.type, mail.inputmode) == ("mail", True, "email", "email")
    assert [(link.id, link.text) for link in drawn.revealed] == [("feld-mail", "Mail")]


def test_pages_are_numbered_as_they_are_visible():
    assert [(drawn.number, drawn.count, drawn.title) for drawn in (page(0), page(1))] == [
        (1, 2, "person"),
        (2, 2, "hunde"),
    ]


def test_a_new_form_shows_its_first_rows_defaults_and_inputs():
    probe = form(
        rows("hunde", component("textfield", "rufname", defaultValue="Rex"), defaultRepetitions=2),
        choice("select", "farbe", "rot", "blau", defaultValue="rot"),
        component("number", "betrag", properties={"format": "eur"}),
        component("checkbox", "ja", defaultValue=True),
        component("datetime", "am", defaultValue="2027-01-15"),
    )
    entries = view.start_entries(probe, {"betrag": Decimal(1200), "fremd": "x", "farbe": "blau"})
    [drawn] = view.form_views(probe, view.Filling(given=given(), entries=entries))
    assert {field.name: field.value for field in view.fields_of(drawn.items)} == {
        "hunde-0-rufname": "Rex",
        "hunde-1-rufname": "Rex",
        "farbe": "BLAU",
        "betrag": "1200,00",
        "ja": "true",
        "am": "15.01.2027",
    }
    assert "fremd" not in entries


def test_what_was_typed_wrongly_stays_as_it_was_typed():
    assert only_field(component("number", "n"), n="zwölf").value == "zwölf"
    assert only_field(component("datetime", "d"), d="gestern").value == "gestern"
    assert only_field(component("textfield", "k", properties={"format": "iban"}), k="DE02 nein").value == "DE02 nein"


@pytest.mark.parametrize(
    ("field", "entry", "shown"),
    [
        (component("number", "x"), Decimal("1234.5"), "1234,5"),
        (component("number", "x", properties={"format": "eur"}), Decimal("1234.5"), "1234,50"),
        (
            component("textfield", "x", properties={"format": "iban"}),
            "DE02120300000000202051",
            "DE02 1203 0000 0000 2020 51",
        ),
        (component("textfield", "x", properties={"format": "chipnummer"}), "276098106123456", "276 098 106 123 456"),
        (component("checkbox", "x"), True, "true"),
        (component("checkbox", "x"), "on", "true"),
        (component("checkbox", "x"), "false", ""),
    ],
)
def test_clean_values_are_shown_as_people_type_them(field, entry, shown):
    assert only_field(field, x=entry).value == shown


def test_choices_know_what_is_chosen_and_lead_to_the_first_answer():
    radio = only_field(choice("radio", "x", "rot", "blau"), x="blau")
    assert [(option.id, option.value, option.chosen) for option in radio.options] == [
        ("feld-x", "rot", False),
        ("feld-x-2", "blau", True),
    ]
    several = only_field(choice("taglist", "x", "rot", "blau"), x=["rot", "blau"])
    assert (several.kind, [option.chosen for option in several.options]) == ("checklist", [True, True])
    assert only_field(choice("select", "x", "rot"), x=["rot", "fremd"]).kind == "select"


def test_an_upload_shows_what_is_stored_and_what_is_possible():
    upload = only_field(
        {
            **required("filepicker", "x"),
            "multiple": True,
            "accept": ".pdf,.jpg,.jpeg",
            "properties": {"nachreichbar": True, "max_files": 3},
        },
        x=["a1", "fremd"],
    )
    assert [(file.id, file.name, file.size) for file in upload.files] == [("a1", "nachweis.pdf", "120 kB")]
    assert (upload.accept, upload.multiple) == (".pdf,.jpg,.jpeg", True)
    assert upload.limits == "Bis zu 3 Dateien: PDF, JPG. Je Datei höchstens 10 MB."
    assert (upload.later_name, upload.later.label, upload.later.chosen) == (
        "x_nachreichen",
        "Ich reiche das später nach",
        False,
    )
    assert only_field(component("filepicker", "x")).limits == "Eine Datei: PDF, JPG, PNG. Höchstens 10 MB."


def test_rows_can_be_added_and_removed_without_a_script():
    components = DOGS.pages[1].children
    entries = read_html(components, {"hunde-0-rufname": ["Rex"], "farben": ["rot"]}).entries
    [repeat] = [item for item in page(1, entries=entries).items if isinstance(item, view.RepeatView)]
    assert (repeat.legend, repeat.hint) == ("Hunde", "")
    assert (repeat.add.name, repeat.add.value, repeat.add.label) == ("_aktion", "hunde+", "Hund hinzufügen")
    assert repeat.rows[0].remove is None, "one dog has to stay"

    assert apply_action(components, entries, page_action(repeat.add.value))
    [repeat] = [item for item in page(1, entries=entries).items if isinstance(item, view.RepeatView)]
    assert [row.legend for row in repeat.rows] == ["Hund 1", "Hund 2"]
    assert [row.marker for row in repeat.rows] == ["hunde-0-_", "hunde-1-_"]
    assert repeat.add is None, "two are the limit"
    assert (repeat.rows[0].remove.value, repeat.rows[0].remove.label) == ("hunde-0", "Hund 1 entfernen")

    assert apply_action(components, entries, page_action("hunde-0"))
    drawn = page(1, entries=entries)
    assert [field.value for field in view.fields_of(drawn.items)][:1] == [""]
    assert drawn.items[1].options[0].chosen, "nothing else on the page is lost"


def test_a_stored_file_can_be_taken_off_and_its_field_found_by_name():
    probe = form(
        rows("hunde", component("filepicker", "foto")), {**component("filepicker", "nachweis"), "multiple": True}
    )
    entries = read_html(probe.children, {"hunde-0-foto": ["a1"], "nachweis": ["a1", "b2"]}).entries
    filling = view.Filling(given=given(files={"a1": stored_file(), "b2": stored_file("b2")}), entries=entries)
    foto, nachweis = view.fields_of(view.page_view(probe, probe.pages[0], filling).items)
    assert (foto.files[0].remove.value, nachweis.files[1].remove.value) == ("hunde-0-foto=a1", "nachweis=b2")
    assert nachweis.files[1].remove.full_label == "nachweis.pdf entfernen"
    for button in (foto.files[0].remove.value, "nachweis=b2"):
        assert apply_action(probe.children, entries, page_action(button))
    assert entries == {"hunde": [{"foto": []}], "nachweis": ["a1"]}
    assert upload_at(probe.children, "hunde-7-foto").key == "foto"
    assert upload_at(probe.children, "nachweis").key == "nachweis"
    assert [upload_at(probe.children, name) for name in ("hunde", "hunde-0", "hunde-x-foto", "fremd", "")] == [None] * 5


@pytest.mark.parametrize("button", ["nachweis=a1", "=", "=x", "hunde-0", "hunde-7", "hunde-0-x+", "fremd+", "hunde+x"])
def test_a_button_that_the_form_does_not_allow_changes_nothing(button):
    components = DOGS.pages[1].children
    entries = read_html(components, {"hunde-0-rufname": ["Rex"]}).entries
    action = page_action(button)
    assert action is None or not apply_action(components, entries, action)
    assert entries["hunde"] == [{"rufname": "Rex"}]


def test_fixed_rows_have_no_buttons_and_show_the_inputs():
    probe = form(
        rows(
            "marken", component("textfield", "name", readonly=True), component("textfield", "nr"), allowAddRemove=False
        )
    )
    surroundings = given(inputs={"marken": [{"name": "Rex"}, {"name": "Bello"}]})
    [drawn] = view.form_views(probe, view.Filling(given=surroundings))
    [repeat] = drawn.items
    assert repeat.add is None
    assert all(row.remove is None for row in repeat.rows)
    assert [field.value for field in view.fields_of(drawn.items)] == ["Rex", "", "Bello", ""]


def test_text_is_filled_with_values_as_text():
    probe = form({"type": "text", "id": "t", "text": "Es geht um **{{x}}** und {{betrag}}, {{am}}.{{fehlt}}"})
    surroundings = given(inputs={"betrag": Decimal("1234.5"), "x": "<b>&"})
    [drawn] = view.form_views(probe, view.Filling(given=surroundings))
    [prose] = drawn.items
    runs = prose.blocks[0].lines[0]
    assert not any(run.is_feel for run in runs)
    assert [(run.kind, run.text) for run in runs] == [
        (RunKind.PLAIN, "Es geht um "),
        (RunKind.STRONG, "<b>&"),
        (RunKind.PLAIN, " und "),
        (RunKind.PLAIN, "1.234,5"),
        (RunKind.PLAIN, ", "),
        (RunKind.PLAIN, ""),
        (RunKind.PLAIN, "."),
        (RunKind.PLAIN, ""),
    ]


# --- texts in other languages --------------------------------------------------------------------------------------

LEICHT = Texts.of(
    tomllib.loads(
        """
        [probe.seiten]
        person = "Wer sind Sie?"
        [probe.felder.name]
        label = "Ihr Name"
        hint = "Wie im Aus-Weis."
        [probe.felder.weg]
        antworten = { post = "Brief" }
        [probe.felder."hunde.rufname"]
        label = "Name vom Hund"
        [probe.felder.hunde]
        item = "Tier"
        [formular]
        add = "{item} dazu"
        """
    )
)


def test_texts_of_a_language_take_the_place_of_the_forms_own():
    first, second = view.form_views(DOGS, view.Filling(given=given(), texts=LEICHT))
    name, weg = view.fields_of(first.items)
    assert (first.title, name.label, name.hint, name.why) == (
        "Wer sind Sie?",
        "Ihr Name",
        "Wie im Aus-Weis.",
        "Für den Brief.",
    )
    assert [option.label for option in weg.options] == ["Brief", "MAIL"]
    repeat = second.items[0]
    assert (repeat.rows[0].legend, repeat.add.label) == ("Tier 1", "Tier dazu")
    assert next(view.fields_of(second.items)).label == "Name vom Hund"


def test_what_a_language_lacks_is_listed_in_the_order_of_the_form():
    gaps = missing_texts(DOGS, LEICHT)
    assert gaps[:4] == (
        "probe.seiten.hunde",
        "probe.felder.name.why",
        "probe.felder.weg.label",
        "probe.felder.weg.antworten.mail",
    )
    assert "probe.felder.name.label" not in gaps


@pytest.mark.parametrize("language", ["leicht", "en"])
@pytest.mark.parametrize("block", ["person", "anschrift", "bankverbindung"])
def test_shared_groups_have_all_their_texts_in_every_language(language, block):
    texts = Texts.of(tomllib.loads((BLOCKS_DIR / "texte" / f"{language}.toml").read_text()))
    probe = form(group("g", path="wer", properties={"block": block}), {"type": "separator", "id": "s"})
    assert missing_texts(probe, texts) == ("probe.gruppen.g",), "the legend is the form's own"
    assert missing_words(texts) == ()


@pytest.mark.parametrize("language", ["leicht", "en"])
def test_shared_texts_name_only_fields_that_there_are(language):
    known = set()
    for block in ("person", "anschrift", "bankverbindung"):
        loaded = load_form((BLOCKS_DIR / f"{block}.form").read_bytes(), name=f"{block}.form")
        known |= {f"{block}.felder.{field.text_key}" for field in loaded.fields()}
    texts = Texts.of(tomllib.loads((BLOCKS_DIR / "texte" / f"{language}.toml").read_text()))
    for key in texts.entries:
        assert key.startswith("formular.") or any(key.startswith(f"{field}.") for field in known), key


def test_procedures_name_only_fields_that_there_are():
    for folder in (Path(__file__).resolve().parents[2] / "processes").iterdir():
        for path in folder.glob("texte/*.toml"):
            texts = Texts.of(tomllib.loads(path.read_text()))
            for file in folder.glob("*.form"):
                assert text_findings(load_form(file.read_bytes(), name=file.name, blocks=blocks()), texts) == (), path


PROSE = form(
    {"type": "text", "id": "t", "text": "Es geht um {{betrag}}."}, component("select", "ort", valuesKey="orte")
)


@pytest.mark.parametrize(
    ("key", "text", "code"),
    [
        ("probe.felder.name.label", "x", "unknown_text"),
        ("probe.felder.ort.farbe", "x", "unknown_text"),
        ("probe.seiten.ende", "x", "unknown_text"),
        ("probe.texte.t", "[x](javascript:y)", "bad_text"),
        ("probe.texte.t", "{{betrag}} {{geheim}}", "foreign_expression"),
        ("formular.add", "{item.__class__}", "bad_word"),
        ("formular.add", "{", "bad_word"),
        ("formular.addd", "x", "bad_word"),
    ],
)
def test_texts_that_fit_nothing_are_found_and_do_no_harm(key, text, code):
    texts = Texts({key: text})
    [finding] = text_findings(PROSE, texts)
    assert (finding.key, finding.code) == (key, code)
    assert finding.message.endswith(".")
    surroundings = given(inputs={"betrag": Decimal(7), "geheim": "geheim"})
    [drawn] = view.form_views(PROSE, view.Filling(given=surroundings, texts=texts))
    assert "geheim" not in str(drawn)
    view.form_views(DOGS, view.Filling(given=surroundings, texts=texts))


def test_texts_that_fit_are_not_found():
    texts = Texts(
        {
            "probe.texte.t": "It is about {{betrag}}.",
            "probe.felder.ort.antworten.da": "Darmstadt",
            "probe.seiten.formular": "Form",
            "formular.add": "Add {item}",
            "andere.felder.x.label": "x",
        }
    )
    assert text_findings(PROSE, texts) == ()
