import json
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from forms.entries import read_html, read_json_text
from forms.json_text import JsonRefused, parse_json
from forms.validate import (
    Given,
    file_error,
    files_in,
    validate_html,
    validate_html_page,
    validate_json,
    validate_values,
    visible_pages,
)
from tests.forms.builders import choice, component, form, given, group, required, rows, stored_file


def sent(**fields):
    """An HTML submission; `__` in a name stands for `-`, a string for a list of one."""
    return {name.replace("__", "-"): [value] if isinstance(value, str) else value for name, value in fields.items()}


def errors_of(probe, **fields):
    return validate_html(probe, sent(**fields), given()).errors


def value_of(field, text):
    """The clean value of a single field, or its error sentence."""
    result = validate_html(form(field), {field["key"]: [text]}, given())
    return result.errors.get(field["key"], result.values.get(field["key"]))


# --- texts ---------------------------------------------------------------------------------------------------------


def test_text_is_trimmed_and_composed():
    assert value_of(component("textfield", "name"), "  Mu\u0308ller \t ") == "Müller"
    assert value_of(component("textarea", "text"), "eins \r\n zwei\n") == "eins\n zwei"


def test_an_empty_optional_field_is_null_and_a_required_one_says_what_to_do():
    assert value_of(component("textfield", "ort"), "  ") is None
    assert value_of(required("textfield", "ort"), "  ") == "Füllen Sie „Ort“ aus."
    assert value_of(required("textfield", "ort", properties={"example": "Darmstadt"}), "") == (
        "Füllen Sie „Ort“ aus, zum Beispiel Darmstadt."
    )
    assert (
        value_of(required("textfield", "ort", properties={"error": "Nennen Sie den Ort."}), "") == "Nennen Sie den Ort."
    )


def test_lengths_count_characters_after_cleaning():
    field = component("textfield", "ort", validate={"minLength": 2, "maxLength": 5})
    assert value_of(field, "  abcde  ") == "abcde"
    assert value_of(field, "abcdef") == "Kürzen Sie „Ort“ auf 5 Zeichen. Es ist 1 Zeichen zu viel."
    assert value_of(field, "abcdefg") == "Kürzen Sie „Ort“ auf 5 Zeichen. Es sind 2 Zeichen zu viel."
    assert value_of(field, "a") == "Schreiben Sie bei „Ort“ mindestens 2 Zeichen."
    assert "auf 250 Zeichen" in value_of(component("textfield", "ort"), "x" * 251)


def test_a_pattern_has_a_sentence_of_its_own():
    field = component("textfield", "kz", validate={"pattern": "^[A-Z]{2}$"})
    assert value_of(field, "DA") == "DA"
    assert value_of(field, "da") == "Prüfen Sie „Kz“. Die Angabe hat nicht die Form, die wir brauchen."
    assert value_of(field | {"properties": {"example": "DA"}}, "da").endswith("So sieht eine richtige Angabe aus: DA.")
    own = {"pattern": "^[A-Z]{2}$", "patternErrorMessage": "Schreiben Sie zwei große Buchstaben."}
    assert value_of(field | {"validate": own}, "da") == "Schreiben Sie zwei große Buchstaben."


def test_formats_are_checked_and_stored_compact():
    chip = required("textfield", "chip", properties={"format": "chipnummer"})
    assert value_of(chip, "276 098 106 123 456") == "276098106123456"
    assert value_of(chip, "276") == "Geben Sie die 15-stellige Chipnummer an, zum Beispiel 276 098 106 123 456."
    assert value_of(chip, "") == "Füllen Sie „Chip“ aus, zum Beispiel 276 098 106 123 456."
    assert value_of(
        component("textfield", "iban", properties={"format": "iban"}), "DE02 1203 0000 0000 2020 52"
    ).startswith("Prüfen Sie die IBAN.")


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "\x1b[2J", "abc\u202edef", "a\x7f"])
def test_invisible_characters_are_refused_with_advice(text):
    assert value_of(component("textfield", "name"), text).startswith(
        "Der Text enthält Zeichen, die man nicht sehen kann."
    )
    assert value_of(component("textarea", "name"), text).startswith("Der Text enthält Zeichen")


def test_a_field_that_arrives_twice_with_different_answers_is_an_error():
    probe = form(component("textfield", "a"), choice("radio", "b", "x", "y"))
    assert validate_html(probe, {"a": ["1", "1"], "b": ["x"]}, given()).values == {"a": "1", "b": "x"}
    assert set(validate_html(probe, {"a": ["1", "2"], "b": ["x", "y"]}, given()).errors) == {"a", "b"}


# --- numbers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.234,50", "1234.50"),
        ("12", "12"),
        ("-3,5", "-3.5"),
        (" 1 000 ", "1000"),
        ("120 EUR", "120"),
        ("5 €", "5"),
        ("-0", "0"),
    ],
)
def test_numbers_are_read_in_german_notation(text, value):
    read = value_of(component("number", "n"), text)
    assert read == Decimal(value)
    assert str(read) == value


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e5", "zwölf", "1,2,3", "0x10", "1" * 31, "--1"])
def test_what_is_no_number_gets_an_example(text):
    assert value_of(component("number", "n"), text) == "Geben Sie bei „N“ eine Zahl an, zum Beispiel 3."


def test_numbers_have_limits_digits_and_steps():
    field = component("number", "n", validate={"min": 1, "max": 20}, decimalDigits=0)
    assert value_of(field, "0") == "Geben Sie bei „N“ eine Zahl ab 1 an."
    assert value_of(field, "21") == "Geben Sie bei „N“ eine Zahl bis 20 an."
    assert value_of(field, "2,5") == "Geben Sie bei „N“ eine ganze Zahl an, zum Beispiel 3."
    assert str(value_of(field, "2,0")) == "2"
    assert value_of(component("number", "n", decimalDigits=1), "0,25") == (
        "Geben Sie „N“ mit höchstens einer Nachkommastelle an, zum Beispiel 2,5."
    )
    assert value_of(component("number", "n", increment="0.5"), "0,3") == "Geben Sie bei „N“ ein Vielfaches von 0,5 an."
    assert value_of(component("number", "n", increment="0.5"), "1,5") == Decimal("1.5")


def test_money_has_two_digits():
    field = component("number", "betrag", properties={"format": "eur"})
    assert str(value_of(field, "120")) == "120.00"
    assert value_of(field, "1,234") == "Geben Sie „Betrag“ mit höchstens 2 Nachkommastellen an, zum Beispiel 1.234,50."


# --- dates and times -----------------------------------------------------------------------------------------------


def test_dates_and_times_become_values():
    assert value_of(component("datetime", "am"), "24.3.1985") == date(1985, 3, 24)
    assert value_of(component("textfield", "am", properties={"format": "date"}), "1985-03-24") == date(1985, 3, 24)
    assert value_of(component("datetime", "um", subtype="time"), "9:30 Uhr") == time(9, 30)
    assert value_of(component("datetime", "wann", subtype="datetime"), "15.01.2027, 14:30") == datetime(
        2027, 1, 15, 13, 30, tzinfo=UTC
    )


@pytest.mark.parametrize("text", ["30.02.2027", "24.03.85", "03/24/1985", "gestern"])
def test_what_is_no_date_gets_an_example(text):
    assert value_of(component("datetime", "am"), text) == "Geben Sie bei „Am“ ein Datum an, zum Beispiel 15.01.2027."


def test_a_year_nobody_means_is_questioned():
    assert value_of(component("datetime", "am"), "24.03.0085").startswith("Prüfen Sie das Jahr bei „Am“")
    assert value_of(component("datetime", "am"), "24.03.9999").startswith("Prüfen Sie das Jahr bei „Am“")


def test_dates_have_limits_that_feel_computes():
    born = component("datetime", "am", properties={"latest": "today()"})
    assert value_of(born, "24.11.2026") == date(2026, 11, 24)
    assert value_of(born, "25.11.2026") == "Geben Sie bei „Am“ ein Datum an, das nicht in der Zukunft liegt."
    until = component("datetime", "bis", properties={"earliest": 'today() + duration("P14D")'})
    assert value_of(until, "07.12.2026") == "Geben Sie bei „Bis“ ein Datum ab dem 8. Dezember 2026 an."
    assert value_of(component("datetime", "ab", disallowPassedDates=True), "23.11.2026").endswith(
        "24. November 2026 an."
    )


def test_today_is_the_day_in_berlin():
    probe = form(component("datetime", "am", properties={"latest": "today()"}))
    late = Given(datetime(2026, 7, 1, 22, 30, tzinfo=UTC))
    assert not validate_html(probe, {"am": ["02.07.2026"]}, late).errors


# --- boxes and choices ---------------------------------------------------------------------------------------------


def test_a_box_is_a_boolean_and_a_required_one_must_be_ticked():
    assert validate_html(form(component("checkbox", "ja")), {}, given()).values == {"ja": False}
    assert value_of(component("checkbox", "ja"), "true") is True
    assert value_of(component("checkbox", "ja"), "on") is True
    assert errors_of(form(required("checkbox", "ja"))) == {
        "ja": "Setzen Sie das Häkchen bei „Ja“. Ohne das können wir nicht weitermachen."
    }
    assert "hat eine Form" in value_of(component("checkbox", "ja"), "vielleicht")


def test_a_choice_takes_only_what_is_offered():
    radio = choice("radio", "farbe", "rot", "blau", validate={"required": True})
    assert value_of(radio, "rot") == "rot"
    assert value_of(radio, "") == "Wählen Sie bei „Farbe“ eine Antwort aus."
    assert value_of(radio, "grün") == "Wählen Sie bei „Farbe“ eine der angebotenen Antworten aus."
    several = form(choice("checklist", "farben", "rot", "blau", "gelb", validate={"required": True}))
    assert validate_html(several, {"farben": ["blau", "rot", "blau"]}, given()).values == {"farben": ["rot", "blau"]}
    assert errors_of(several) == {"farben": "Wählen Sie bei „Farben“ mindestens eine Antwort aus."}
    assert set(errors_of(several, farben=["rot", "lila"])) == {"farben"}


def test_answers_may_come_from_the_inputs():
    probe = form(
        component("select", "ort", valuesKey="orte"),
        component("radio", "amt", valuesExpression="=for a in aemter return a.name"),
    )
    inputs = {"orte": [{"value": "da", "label": "Darmstadt"}, "ffm", 7], "aemter": [{"name": "steueramt"}]}
    assert validate_html(probe, {"ort": ["da"], "amt": ["steueramt"]}, given(inputs=inputs)).values == {
        "ort": "da",
        "amt": "steueramt",
    }
    assert set(validate_html(probe, {"ort": ["7"], "amt": ["x"]}, given(inputs=inputs)).errors) == {"ort", "amt"}
    assert set(validate_html(probe, {"ort": ["da"]}, given()).errors) == {"ort"}


# --- conditions ----------------------------------------------------------------------------------------------------

CONDITIONAL = form(
    choice("radio", "weg", "post", "mail"),
    required("textfield", "mail", conditional={"hide": '=weg != "mail"'}),
    group("extra", required("textfield", "grund"), path="extra", conditional={"hide": '=weg != "mail" or mail = "x"'}),
)


def test_hidden_fields_give_no_value_and_no_error():
    result = validate_html(CONDITIONAL, sent(weg="post", mail="heimlich", extra__grund="heimlich"), given())
    assert (result.values, result.errors, result.undeclared) == ({"weg": "post"}, {}, ())
    assert result.ok


def test_a_value_that_is_hidden_decides_nothing():
    chain = form(
        component("textfield", "a"),
        component("textfield", "b", conditional={"hide": '=a = "x"'}),
        component("textfield", "c", conditional={"hide": "=b = null"}),
    )
    assert validate_html(chain, sent(a="x", b="da", c="da"), given()).values == {"a": "x"}
    assert validate_html(chain, sent(a="y", b="da", c="da"), given()).values == {"a": "y", "b": "da", "c": "da"}


def test_questions_that_the_answers_bring_up_are_shown_before_they_are_judged():
    first = validate_html(CONDITIONAL, sent(weg="mail"), given())
    assert (first.errors, first.revealed, first.ok) == ({}, ("mail", "extra-grund"), False)
    again = validate_html(CONDITIONAL, sent(weg="mail", _gezeigt=["mail", "extra-grund"]), given())
    assert set(again.errors) == {"mail", "extra-grund"}
    assert not again.revealed
    done = validate_html(
        CONDITIONAL, sent(weg="mail", mail="m", extra__grund="g", _gezeigt=["mail", "extra-grund"]), given()
    )
    assert done.ok


def test_an_api_gets_the_errors_of_such_questions_at_once():
    assert set(validate_json(CONDITIONAL, {"weg": "mail"}, given()).errors) == {"mail", "extra-grund"}


def test_conditions_see_the_inputs_of_the_task():
    probe = form(required("textfield", "grund", conditional={"hide": "=betrag <= 100"}))
    assert validate_json(probe, {}, given(inputs={"betrag": Decimal(99)})).ok
    assert set(validate_json(probe, {}, given(inputs={"betrag": Decimal(101)})).errors) == {"grund"}


def test_computed_fields_are_computed_and_never_taken():
    probe = form(
        component("number", "anzahl"),
        {"type": "expression", "id": "e", "key": "summe", "expression": "=anzahl * 120", "computeOn": "change"},
        {"type": "expression", "id": "f", "key": "funktion", "expression": "=function(x) x"},
    )
    result = validate_html(probe, sent(anzahl="2", summe="1"), given())
    assert result.values == {"anzahl": Decimal(2), "summe": Decimal(240), "funktion": None}
    assert result.undeclared == ("summe",)


# --- repeated groups -----------------------------------------------------------------------------------------------

DOGS = form(
    rows(
        "hunde",
        required("textfield", "name"),
        choice("radio", "grund", "kauf", "zuzug"),
        required("textfield", "von", conditional={"hide": '=this.grund != "zuzug"'}),
        component("checkbox", "chip_fehlt"),
        properties={"min": "1", "max": "3", "item": "Hund"},
    )
)


def test_rows_become_a_list_of_contexts():
    result = validate_html(
        DOGS,
        sent(
            hunde__0__name="Rex",
            hunde__0__grund="kauf",
            hunde__5__name="Bello",
            hunde__5__grund="zuzug",
            hunde__5__von="Köln",
        )
        | {"_gezeigt": ["hunde-1-von"]},
        given(),
    )
    assert result.values == {
        "hunde": [
            {"name": "Rex", "grund": "kauf", "chip_fehlt": False},
            {"name": "Bello", "grund": "zuzug", "von": "Köln", "chip_fehlt": False},
        ]
    }
    assert result.ok


def test_errors_in_rows_name_the_row():
    errors = errors_of(DOGS, hunde__0__name="Rex", hunde__1__grund="kauf")
    assert errors == {"hunde-1-name": "Hund 2: Füllen Sie „Name“ aus."}


def test_too_few_rows_are_shown_empty_and_too_many_are_refused():
    assert errors_of(DOGS) == {"hunde-0-name": "Hund 1: Füllen Sie „Name“ aus."}
    four = {f"hunde-{index}-name": ["Rex"] for index in range(4)}
    result = validate_html(DOGS, four, given())
    assert result.errors == {"hunde": "Bei „Hunde“ sind höchstens 3 Einträge möglich."}
    assert len(result.values["hunde"]) == 3


def test_a_row_that_was_added_and_left_empty_is_dropped():
    result = validate_html(DOGS, sent(hunde__0__name="Rex", hunde__1__name="", hunde__1___="1"), given())
    assert len(result.values["hunde"]) == 1
    assert result.ok


def test_a_list_of_which_all_is_optional_still_needs_its_rows():
    probe = form(rows("zeugen", component("textfield", "name"), properties={"min": "2", "item": "Zeuge"}))
    assert errors_of(probe, zeugen__0__name="A") == {"zeugen": "Machen Sie Angaben zu mindestens 2 Einträgen „Zeuge“."}


@pytest.mark.parametrize(
    "name", ["hunde-01-name", "hunde--1-name", "hunde-x-name", "hunde-1000-name", "hunde-٣-name", "hunde-0-", "hunde"]
)
def test_names_that_are_no_rows_are_ignored(name):
    result = validate_html(DOGS, {name: ["x"], "hunde-0-name": ["Rex"]}, given())
    assert result.values["hunde"] == [{"name": "Rex", "grund": None, "chip_fehlt": False}]
    assert name in result.undeclared or name in ("hunde", "hunde-0-")


def test_rows_in_rows_know_what_is_around_them():
    probe = form(
        rows(
            "hunde",
            component("checkbox", "geimpft"),
            rows("impfungen", component("textfield", "gegen", conditional={"hide": "=parent.geimpft != true"}), id="x"),
        )
    )
    data = {
        "hunde": [
            {"geimpft": True, "impfungen": [{"gegen": "Tollwut"}]},
            {"geimpft": False, "impfungen": [{"gegen": "x"}]},
        ]
    }
    assert validate_json(probe, data, given()).values == {
        "hunde": [{"geimpft": True, "impfungen": [{"gegen": "Tollwut"}]}, {"geimpft": False, "impfungen": [{}]}]
    }


def test_fixed_rows_come_from_the_inputs():
    probe = form(
        rows(
            "marken",
            component("textfield", "name", readonly=True),
            required("textfield", "nummer"),
            allowAddRemove=False,
        )
    )
    inputs = {"marken": [{"name": "Rex", "chip": "1"}, {"name": "Bello"}]}
    result = validate_html(
        probe,
        sent(marken__0__name="gefälscht", marken__0__nummer="1", marken__1__nummer="2", marken__2__nummer="3"),
        given(inputs=inputs),
    )
    assert result.values == {"marken": [{"name": "Rex", "nummer": "1"}, {"name": "Bello", "nummer": "2"}]}
    assert not result.errors


# --- uploads -------------------------------------------------------------------------------------------------------

UPLOAD = form(
    {
        **required("filepicker", "nachweis"),
        "multiple": True,
        "accept": ".pdf,.jpg",
        "properties": {"max_files": "2", "max_mb": "1", "nachreichbar": "true"},
    }
)


def test_files_are_named_by_the_ids_of_what_is_stored():
    files = {file.id: file for file in (stored_file("a1"), stored_file("b2", "bild.JPG"))}
    result = validate_html(UPLOAD, {"nachweis": ["a1", "b2", "a1", ""]}, given(files=files))
    assert not result.errors
    assert [file["name"] for file in result.values["nachweis"]] == ["nachweis.pdf", "bild.JPG"]
    assert result.values["nachweis"][0]["size_bytes"] == Decimal(120_000)
    assert files_in(UPLOAD, result.values) == files
    assert validate_values(UPLOAD, result.values, given(files=files)).values == result.values
    assert validate_values(UPLOAD, result.values, given(files=files_in(UPLOAD, result.values))).ok
    assert set(validate_values(UPLOAD, result.values, given()).errors) == {"nachweis"}, "values prove no file"


def test_somebody_elses_file_cannot_be_named():
    result = validate_html(UPLOAD, {"nachweis": ["fremd"]}, given(files={"a1": stored_file()}))
    assert result.errors["nachweis"].startswith("Eine Datei bei „Nachweis“ liegt nicht mehr vor.")
    assert set(validate_json(UPLOAD, {"nachweis": [{"id": "fremd", "name": "x.pdf"}]}, given()).errors) == {"nachweis"}
    assert set(validate_json(UPLOAD, {"nachweis": [{"name": "x.pdf"}]}, given()).errors) == {"nachweis"}


def test_files_have_a_number_a_type_and_a_size():
    three = {name: stored_file(name) for name in ("a", "b", "c")}
    assert (
        "höchstens 2 Dateien" in validate_html(UPLOAD, {"nachweis": list(three)}, given(files=three)).errors["nachweis"]
    )
    [field] = UPLOAD.fields()
    assert file_error(field, "Foto.JPG", 10) is None
    assert file_error(field, "macro.docm", 10) == (
        "Die Datei „macro.docm“ hat ein Format, das wir nicht öffnen. Laden Sie sie als PDF oder JPG hoch."
    )
    assert "2,0 MB groß" in file_error(field, "a.pdf", 2_000_000)
    assert file_error(field, "x\x1b[31m.exe", 1).startswith("Die Datei „x?[31m.exe“")


def test_a_required_file_may_be_promised_where_the_procedure_says_so():
    assert errors_of(UPLOAD) == {
        "nachweis": "Laden Sie bei „Nachweis“ eine Datei hoch. Oder kreuzen Sie an, dass Sie sie nachreichen."
    }
    promised = validate_html(UPLOAD, sent(nachweis_nachreichen="true"), given())
    assert promised.ok
    assert promised.promised == ("nachweis",)
    assert promised.values == {"nachweis": [], "nachweis_nachreichen": True}
    assert validate_values(UPLOAD, promised.values, given()).ok
    kept = validate_html(UPLOAD, sent(nachweis="a1", nachweis_nachreichen="true"), given(files={"a1": stored_file()}))
    assert kept.values["nachweis_nachreichen"] is False
    strict = form(required("filepicker", "nachweis"))
    assert set(errors_of(strict, nachweis_nachreichen="true")) == {"nachweis"}


# --- pages and drafts ----------------------------------------------------------------------------------------------

PAGES = form(
    group("person", required("textfield", "name"), choice("radio", "art", "privat", "firma"), path="person"),
    group("firma", required("textfield", "register"), conditional={"hide": '=person.art != "firma"'}),
    group("ende", component("textfield", "bemerkung"), path="ende"),
)


def test_a_page_is_judged_alone_and_keeps_the_others():
    first = validate_html_page(
        PAGES, PAGES.pages[0], sent(person__name="A", person__art="firma", register="zu früh"), given(), values={}
    )
    assert first.ok
    assert first.values == {"person": {"name": "A", "art": "firma"}}
    assert first.undeclared == ("register",)
    second = validate_html_page(PAGES, PAGES.pages[1], sent(register="HRB 1"), given(), values=first.values)
    assert second.values == {"person": {"name": "A", "art": "firma"}, "register": "HRB 1"}
    changed = validate_html_page(
        PAGES, PAGES.pages[0], sent(person__name="B", person__art="firma"), given(), values=second.values
    )
    assert changed.values == {"person": {"name": "B", "art": "firma"}, "register": "HRB 1"}
    assert second.values["person"]["name"] == "A", "the draft that was handed in stays as it was"


def test_what_a_changed_answer_hides_leaves_the_draft_and_decides_nothing():
    chain = form(
        group("eins", choice("radio", "art", "privat", "firma")),
        group("zwei", component("textfield", "register"), conditional={"hide": '=art != "firma"'}),
        group("drei", required("textfield", "vertreter", conditional={"hide": "=register = null"})),
    )
    draft = {"art": "firma", "register": "HRB 1", "vertreter": "Rex"}
    result = validate_html_page(chain, chain.pages[0], sent(art="privat"), given(), values=draft)
    assert result.values == {"art": "privat"}
    assert [page.key for page in visible_pages(chain, draft | {"art": "privat"}, given())] == ["eins", "drei"]
    stale = validate_html_page(chain, chain.pages[2], {}, given(), values=draft | {"art": "privat"})
    assert stale.values == {"art": "privat"}
    assert stale.ok


def test_other_pages_are_kept_as_they_are_and_not_judged():
    draft = {"register": "HRB 1", "ende": {"bemerkung": 7}, "fremd": True}
    page = PAGES.pages[0]
    result = validate_html_page(PAGES, page, sent(person__name="A", person__art="firma"), given(), values=draft)
    assert result.values == {"person": {"name": "A", "art": "firma"}, "register": "HRB 1", "ende": {"bemerkung": 7}}
    assert result.ok


def test_a_page_that_was_refused_keeps_what_was_there():
    result = validate_html_page(
        PAGES, PAGES.pages[0], {"person-name": ["x" * 2_000_000]}, given(), values={"person": {"name": "A"}}
    )
    assert result.values == {"person": {"name": "A"}}
    assert set(result.errors) == {""}


def test_the_whole_form_drops_what_later_answers_made_void():
    draft = {"person": {"name": "B", "art": "privat"}, "register": "HRB 1", "fremd": 1}
    result = validate_values(PAGES, draft, given())
    assert result.values == {"person": {"name": "B", "art": "privat"}, "ende": {"bemerkung": None}}
    assert not result.errors
    assert result.undeclared == ("fremd",)
    assert [page.key for page in visible_pages(PAGES, draft, given())] == ["person", "ende"]


def test_the_whole_form_finds_what_is_missing():
    assert set(validate_values(PAGES, {"person": {"art": "firma"}}, given()).errors) == {"person-name", "register"}


def test_readonly_values_come_from_the_inputs_and_disabled_ones_from_nowhere():
    probe = form(component("textfield", "az", readonly=True), component("textfield", "aus", disabled=True))
    result = validate_html(probe, sent(az="gefälscht", aus="x"), given(inputs={"az": "20.31/7", "aus": "y"}))
    assert result.values == {"az": "20.31/7"}


# --- bad input (security research, findings 2 and 3) ---------------------------------------------------------------

PLAIN = form(
    component("textfield", "name"),
    component("number", "n"),
    component("checkbox", "b"),
    component("datetime", "am"),
    choice("checklist", "c", "x", "y"),
    group("g", component("textfield", "a"), path="g"),
    rows("r", component("textfield", "a", id="feld_r_a"), id="r"),
)


def test_undeclared_names_of_a_browser_are_ignored_and_reported():
    result = validate_html(
        PLAIN, sent(name="A", genehmigt="true", typename="UUID", len="x", csrf_token="t", _weiter="1"), given()
    )
    assert result.undeclared == ("genehmigt", "len", "typename")
    assert result.ok
    assert set(result.values) == {"name", "n", "b", "am", "c", "g", "r"}


@pytest.mark.parametrize(
    "key", ["genehmigt", "typename", "__class__", "len", "", "g-a", "x" * 5_000, "\ud800", "a\x00b"]
)
def test_undeclared_keys_of_an_api_are_errors(key):
    result = validate_json(PLAIN, {"name": "A", key: True}, given())
    [(name, sentence)] = result.errors.items()
    assert sentence == f"Das Formular kennt „{name}“ nicht. Lassen Sie diese Angabe weg."
    assert len(name) <= 61
    sentence.encode()
    assert key not in result.values


def test_undeclared_keys_are_found_at_every_depth():
    data = {"g": {"a": "x", "typename": "y"}, "r": [{"a": "1"}, {"a": "2", "typename": ["list"]}]}
    assert set(validate_json(PLAIN, data, given()).errors) == {"g-typename", "r-1-typename"}


@pytest.mark.parametrize(
    "value", [True, Decimal(7), ["a"], {"typename": "UUID", "value": "nope"}, [[[["a"]]]], {"a": {"a": {"a": {}}}}]
)
def test_json_of_the_wrong_kind_is_an_error_at_its_place(value):
    result = validate_json(PLAIN, {"name": value}, given())
    assert set(result.errors) == {"name"}
    assert "name" not in result.values


@pytest.mark.parametrize(
    "data",
    [
        {"n": "1.234,5"},
        {"n": {"n": "1"}},
        {"n": Decimal("1e35")},
        {"n": Decimal("NaN")},
        {"n": float("nan")},
        {"n": float("inf")},
        {"b": "vielleicht"},
        {"b": Decimal(1)},
        {"am": Decimal(20270115)},
        {"am": "2027-02-30"},
        {"c": {"x": True}},
        {"c": [["x"]]},
        {"c": [None]},
        {"g": "text"},
        {"g": []},
        {"r": {"a": "1"}},
        {"r": "text"},
        {"r": [1]},
        {"r": [None]},
        {"r": [{"a": "1"}, "text"]},
    ],
)
def test_json_that_does_not_fit_is_an_error_and_never_a_value(data):
    result = validate_json(PLAIN, data, given())
    [key] = data
    assert any(name == key or name.startswith(f"{key}-") for name in result.errors)


def test_json_takes_machine_notation():
    data = parse_json(
        '{"n": 120.50, "b": true, "am": "2027-01-15", "c": ["y"], "g": {"a": null}}', max_bytes=999, max_depth=9
    )
    assert validate_json(PLAIN, data, given()).values == {
        "name": None,
        "n": Decimal("120.50"),
        "b": True,
        "am": date(2027, 1, 15),
        "c": ["y"],
        "g": {"a": None},
        "r": [],
    }
    assert validate_json(PLAIN, {"n": "1234.5"}, given()).values["n"] == Decimal("1234.5")


@pytest.mark.parametrize("data", [None, True, "x", [], [{}], Decimal(1)])
def test_json_that_is_no_object_is_refused(data):
    assert validate_json(PLAIN, data, given()).errors == {"": "Die Angaben müssen ein JSON-Objekt sein."}


@pytest.mark.parametrize(
    "body",
    ['{"n": NaN}', "[" * 900 + "]" * 900, '{"a": ' * 900 + "1" + "}" * 900, '{"name": "' + "x" * 5_000_000 + '"}'],
)
def test_the_body_of_a_request_is_measured_before_it_is_read(body):
    with pytest.raises(JsonRefused):
        read_json_text(PLAIN.children, body)


def test_a_huge_html_form_is_refused_as_a_whole():
    sentence = "Ihre Angaben sind zusammen zu lang. Kürzen Sie lange Texte und senden Sie noch einmal."
    for huge in ({"name": ["x" * 5_000_000]}, {f"f{number}": ["x"] for number in range(5_001)}, {"c": ["x"] * 5_001}):
        result = validate_html(PLAIN, huge, given())
        assert result.errors == {"": sentence}
        assert result.values == {}
        assert read_html(PLAIN.children, huge).refusal == sentence


def test_the_result_can_be_written_as_json_text():
    result = validate_json(PLAIN, {"name": "\ud800", "typename": 1}, given())
    json.dumps(result.errors, ensure_ascii=False).encode()
