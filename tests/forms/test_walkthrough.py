"""A form from the first page to the receipt, by what a browser without a script sends, as docs/forms.md says."""

import json

import pytest

from forms import view
from forms.entries import apply_action, page_action, read_html, upload_at
from forms.stored import dump_values, load_values, receipt_json
from forms.summary import summarise
from forms.validate import file_error, validate_html_page, validate_values
from tests.forms.browser import environment, parse, sends
from tests.forms.builders import NOW, choice, form, given, group, required, rows, stored_file

FORM = form(
    group("person", path="person", properties={"block": "person", "page": "person"}),
    group("anschrift", path="anschrift", properties={"block": "anschrift", "page": "anschrift"}),
    group(
        "hunde",
        rows(
            "hunde",
            required("textfield", "rufname"),
            choice("radio", "grund", "erwerb", "zuzug", validate={"required": True}),
            required("textfield", "von", conditional={"hide": '=this.grund != "zuzug"'}),
            properties={"min": "1", "item": "Hund"},
        ),
    ),
    group(
        "ermaessigung",
        choice("radio", "beantragt", "ja", "nein", validate={"required": True}),
        {
            **required("filepicker", "nachweis", conditional={"hide": '=beantragt != "ja"'}),
            "multiple": True,
            "properties": {"nachreichbar": "true"},
        },
    ),
)


class Citizen:
    """Somebody with a browser, and the draft that the server keeps (stored and read again at each step)."""

    def __init__(self):
        self.templates = environment()
        self.draft = b"{}"
        self.files = {}
        self.page = FORM.pages[0]
        self.see(entries=view.start_entries(FORM, {}))

    def see(self, **state):
        filling = view.Filling(given=self.given, values=load_values(self.draft), **state)
        self.shown = view.page_view(FORM, self.page, filling)
        template = self.templates.from_string(
            '{% import "forms/fields.html" as f %}{{ f.problems(page) }}<form>{{ f.page(page) }}</form>'
        )
        self.tree = parse(template.render(page=self.shown))

    @property
    def given(self):
        return given(files=self.files)

    def fill(self, **answers):
        sent = sends(self.tree)
        names = {element.get("name") for element in self.tree.iter()}
        for name, answer in answers.items():
            assert name.replace("__", "-") in names, f"{name} is not on the page"
            sent[name.replace("__", "-")] = [answer]
        return sent

    def press(self, label, **answers):
        button = next(
            element
            for element in self.tree.iter("button")
            if label in (element.get("aria-label"), "".join(element.itertext()))
        )
        entries = read_html(self.page.children, self.fill(**answers)).entries
        assert apply_action(self.page.children, entries, page_action(button.get("value")))
        self.see(entries=entries)

    def go_on(self, upload=None, **answers):
        sent = self.fill(**answers)
        if upload is not None:
            name, file = upload
            assert file_error(upload_at(self.page.children, name), file.name, file.size_bytes) is None
            self.files[file.id] = file
            sent.setdefault(name, []).append(file.id)
        result = validate_html_page(FORM, self.page, sent, self.given, values=load_values(self.draft))
        self.draft = dump_values(result.values)
        if not result.ok:
            self.see(entries=result.entries, errors=result.errors, revealed=result.revealed)
            return [problem.text for problem in self.shown.errors] + [new.text for new in self.shown.revealed]
        return []

    def open(self, number):
        self.page = FORM.pages[number]
        self.see(entries=view.entries_of(FORM, load_values(self.draft)))


@pytest.fixture(scope="module")
def citizen():
    person = Citizen()
    assert person.go_on(person__vorname="Erika") == [
        "Geben Sie Ihren Nachnamen an, so wie er im Ausweis steht.",
        "Geben Sie bei „Geburtsdatum“ ein Datum an, zum Beispiel 24.03.1985.",
    ]
    assert person.go_on(person__nachname="Müller", person__geburtsdatum="24.3.1985") == []
    person.open(1)
    assert person.go_on(
        anschrift__strasse="Luisenplatz", anschrift__hausnummer="5a", anschrift__plz="6428", anschrift__ort="Darmstadt"
    ) == ["Geben Sie die Postleitzahl mit 5 Ziffern an, zum Beispiel 64283."]
    assert person.go_on(anschrift__plz="64283") == []
    person.open(2)
    person.press("Hund hinzufügen", hunde__0__rufname="Rex", hunde__0__grund="zuzug")
    assert person.go_on(hunde__0__von="Köln", hunde__1__rufname="Bello", hunde__1__grund="erwerb") == []
    person.open(3)
    assert person.go_on(beantragt="ja") == ["Nachweis"], "a question that the answer brings up is shown, not judged"
    assert person.go_on() == [
        "Laden Sie bei „Nachweis“ eine Datei hoch. Oder kreuzen Sie an, dass Sie sie nachreichen."
    ]
    assert person.go_on(upload=("nachweis", stored_file("a1", "bescheid.pdf"))) == []
    return person


def test_the_draft_has_what_was_answered(citizen):
    values = load_values(citizen.draft)
    assert values["person"]["nachname"] == "Müller"
    assert values["anschrift"]["plz"] == "64283"
    assert [dog["rufname"] for dog in values["hunde"]] == ["Rex", "Bello"]
    assert [file["name"] for file in values["nachweis"]] == ["bescheid.pdf"]


def test_going_back_shows_everything_again(citizen):
    citizen.open(0)
    assert sends(citizen.tree)["person-geburtsdatum"] == ["24.03.1985"]
    citizen.open(2)
    assert sends(citizen.tree)["hunde-0-von"] == ["Köln"]
    assert sends(citizen.tree)["hunde-0-grund"] == ["zuzug"]
    citizen.open(3)
    citizen.press("bescheid.pdf entfernen")
    assert "nachweis" not in sends(citizen.tree)


def test_the_whole_is_right_and_can_be_sent(citizen):
    values = load_values(citizen.draft)
    result = validate_values(FORM, values, citizen.given)
    assert (result.errors, result.values) == ({}, values)
    pages = summarise(FORM, result.values, citizen.given)
    assert [page.key for page in pages] == ["person", "anschrift", "hunde", "ermaessigung"]
    receipt = receipt_json(
        procedure="probe", deployment="1", form="probe.form", received_at=NOW, channel="portal", values=result.values
    )
    assert json.loads(receipt)["values"]["nachweis"][0]["c"]["name"] == "bescheid.pdf"
