from datetime import date
from decimal import Decimal

from forms.summary import summarise
from forms.texts import Texts
from tests.forms.builders import choice, component, form, given, group, rows, stored_file

FORM = form(
    group(
        "person",
        component("textfield", "name"),
        component("datetime", "geboren"),
        group("konto", component("textfield", "iban", properties={"format": "iban"}), label="Bankverbindung"),
        component("number", "betrag", properties={"format": "eur"}),
        component("number", "gewicht", appearance={"suffixAdorner": "kg"}),
        component("checkbox", "ja"),
        choice("radio", "weg", "post", "mail"),
        choice("checklist", "farben", "rot", "blau"),
        component("textfield", "geheim", conditional={"hide": "=ja = true"}),
        {"type": "expression", "id": "e", "key": "summe", "expression": "=betrag * 2"},
    ),
    group(
        "hunde",
        rows("hunde", component("textfield", "rufname"), properties={"item": "Hund"}),
        {**component("filepicker", "nachweis"), "properties": {"nachreichbar": True}, "multiple": True},
    ),
    group("leer", conditional={"hide": "=ja = true"}),
)
VALUES = {
    "name": "Müller",
    "geboren": date(1985, 3, 24),
    "iban": "DE02120300000000202051",
    "betrag": Decimal("1234.5"),
    "gewicht": Decimal("7.5"),
    "ja": True,
    "weg": "mail",
    "farben": ["rot", "blau"],
    "geheim": "nicht zu sehen",
    "summe": Decimal(2469),
    "hunde": [{"rufname": "Rex"}, {"rufname": None}],
    "nachweis": [stored_file().to_value()],
}


def lines(values, **keywords):
    return [
        (page.title, section.title, answer.label, answer.text)
        for page in summarise(FORM, values, given(), **keywords)
        for section in page.sections
        for answer in section.answers
    ]


def test_answers_are_readable_and_in_the_order_of_the_form():
    assert lines(VALUES) == [
        ("person", "", "Name", "Müller"),
        ("person", "", "Geboren", "24. März 1985"),
        ("person", "Bankverbindung", "Iban", "DE02 1203 0000 0000 2020 51"),
        ("person", "", "Betrag", "1.234,50 EUR"),
        ("person", "", "Gewicht", "7,5 kg"),
        ("person", "", "Ja", "Ja"),
        ("person", "", "Weg", "MAIL"),
        ("person", "", "Farben", "ROT, BLAU"),
        ("hunde", "Hund 1", "Rufname", "Rex"),
        ("hunde", "Hund 2", "Rufname", "keine Angabe"),
        ("hunde", "", "Nachweis", "nachweis.pdf (120 kB)"),
    ]


def test_what_is_missing_or_promised_is_said():
    shown = {label: text for _, _, label, text in lines({"nachweis": [], "nachweis_nachreichen": True, "ja": False})}
    assert shown["Nachweis"] == "wird nachgereicht"
    assert shown["Ja"] == "Nein"
    assert shown["Name"] == "keine Angabe"
    assert shown["Hunde"] == "keine Angabe"
    [person, _] = summarise(FORM, {}, given())
    assert [answer.given for answer in person.sections[0].answers] == [False, False]


def test_every_answer_leads_back_to_its_field():
    [person, hunde] = summarise(FORM, VALUES, given())
    assert person.sections[0].answers[0].anchor == "feld-name"
    assert hunde.sections[0].answers[0].anchor == "feld-hunde-0-rufname"
    assert (person.key, hunde.key) == ("person", "hunde")


def test_the_summary_speaks_the_language_of_the_form():
    texts = Texts.of(
        {"probe": {"felder": {"weg": {"label": "How?", "antworten": {"mail": "By email"}}}}},
        {"formular": {"yes": "Yes"}},
    )
    shown = {label: text for _, _, label, text in lines(VALUES, texts=texts)}
    assert shown["How?"] == "By email"
    assert shown["Ja"] == "Yes"


def test_a_day_is_told_in_the_language_of_the_reader():
    months = "January, February, March, April, May, June, July, August, September, October, November, December"
    english = Texts.of({"formular": {"date": "{day} {month} {year}", "months": months}})
    assert ("person", "", "Geboren", "24 March 1985") in lines(VALUES, texts=english)
    broken = Texts.of({"formular": {"months": "January"}})
    assert ("person", "", "Geboren", "24. März 1985") in lines(VALUES, texts=broken)
