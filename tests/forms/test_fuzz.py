"""Whatever is sent: no exception, no undeclared key, nothing that cannot be stored, and the same from the result."""

import copy
from datetime import date, datetime, time
from decimal import Decimal

from hypothesis import given as each
from hypothesis import settings
from hypothesis import strategies as st

from engine.feel.values import from_json, to_json
from forms import view
from forms.entries import apply_action, page_action, read_html
from forms.model import Field, Repeat, Upload, scope_of
from forms.stored import dump_values, load_values
from forms.summary import summarise
from forms.validate import validate_html, validate_html_page, validate_json, validate_values
from tests.forms.builders import choice, component, form, given, group, required, rows, stored_file

FORM = form(
    group(
        "person",
        required("textfield", "name", validate={"maxLength": 20}),
        component("textfield", "iban", properties={"format": "iban"}),
        component("textfield", "chip", properties={"format": "chipnummer"}),
        component("datetime", "geburtstag", properties={"latest": "today()"}),
        component("textarea", "text"),
        path="person",
    ),
    group(
        "mehr",
        component("number", "betrag", properties={"format": "eur"}),
        component("number", "anzahl", validate={"min": 0, "max": 20}, decimalDigits=0),
        choice("radio", "weg", "post", "mail"),
        component("textfield", "mail", properties={"format": "email"}, conditional={"hide": '=weg != "mail"'}),
        choice("taglist", "farben", "rot", "blau", conditional={"hide": "=anzahl > 10"}),
        component("datetime", "wann", subtype="datetime"),
        component("datetime", "um", subtype="time"),
        {"type": "expression", "id": "s", "key": "summe", "expression": "=betrag * anzahl"},
    ),
    group(
        "liste",
        rows(
            "hunde",
            required("textfield", "rufname"),
            component("checkbox", "geimpft"),
            rows(
                "impfungen",
                component("textfield", "gegen", conditional={"hide": "=parent.geimpft != true"}),
                component("filepicker", "pass", properties={"nachreichbar": True}, multiple=True),
                properties={"max": "2"},
            ),
            properties={"min": "1", "max": "3"},
        ),
        {**required("filepicker", "nachweis"), "properties": {"nachreichbar": True}},
    ),
)
GIVEN = given(files={"a1": stored_file("a1"), "b2": stored_file("b2", "bild.png")})

_NAMES = sorted(
    field.name for page in view.form_views(FORM, view.Filling(given=GIVEN)) for field in view.fields_of(page.items)
)
_names = st.sampled_from(
    [
        *_NAMES,
        *("hunde-1-rufname", "hunde-0-impfungen-0-gegen", "hunde-0-impfungen-0-pass", "hunde-7-geimpft", "hunde-0-_"),
        *(
            "mail",
            "farben",
            "nachweis_nachreichen",
            "summe",
            "typename",
            "hunde",
            "person",
            "_gezeigt",
            "hunde-0-impfungen",
        ),
    ]
) | st.text(max_size=12)
_texts = st.sampled_from(
    [
        *(
            "",
            "true",
            "post",
            "mail",
            "rot",
            "blau",
            "a1",
            "b2",
            "x",
            "1.234,50",
            "12",
            "-5",
            "24.3.1985",
            "14:30",
            "NaN",
        ),
        *(
            "15.01.2027 14:30",
            "DE02 1203 0000 0000 2020 51",
            "276 098 106 123 456",
            "name@example.org",
            "\x00",
            "\ud800",
        ),
        *("Infinity", "1e9", "9" * 40, "31.02.2027", "01.01.0001", "👨‍👩‍👧", "<script>", "\u202e", "{{1}}", "=1"),
    ]
) | st.text(max_size=30)
_submissions = st.dictionaries(_names, st.lists(_texts, max_size=3), max_size=25)
_ROW = "hunde-0-impfungen-0-"
_complete = st.fixed_dictionaries(
    {
        "person-name": st.just(["Erika"]),
        "hunde-0-rufname": st.just(["Rex"]),
        "hunde-0-geimpft": st.just(["true"]),
        "nachweis": st.just(["a1"]),
        "_gezeigt": st.just(["mail", "farben", f"{_ROW}gegen"]),
    },
    optional={
        "person-iban": st.sampled_from([["DE02 1203 0000 0000 2020 51"], [""]]),
        "person-chip": st.just(["276 098 106 123 456"]),
        "person-geburtstag": st.dates(date(1900, 1, 1), date(2026, 11, 24)).map(lambda day: [day.strftime("%d.%m.%Y")]),
        "person-text": st.text(alphabet="ab \n.", max_size=20).map(lambda text: [text]),
        "betrag": st.integers(-(10**9), 10**9).map(lambda cents: [f"{Decimal(cents) / 100:.2f}".replace(".", ",")]),
        "anzahl": st.integers(0, 20).map(lambda number: [str(number)]),
        "weg": st.sampled_from([["post"], ["mail"]]),
        "mail": st.just(["name@example.org"]),
        "farben": st.sampled_from([["rot"], ["blau", "rot"], []]),
        "wann": st.dates(date(1900, 1, 1), date(2100, 1, 1)).map(lambda day: [day.strftime("%d.%m.%Y 14:30")]),
        "um": st.times().map(lambda clock: [clock.strftime("%H:%M:%S")]),
        f"{_ROW}gegen": st.just(["Tollwut"]),
        f"{_ROW}pass": st.sampled_from([["a1"], ["a1", "b2"], []]),
        f"{_ROW}pass_nachreichen": st.just(["true"]),
        "hunde-1-rufname": st.just(["Bello"]),
    },
)

_keys = st.sampled_from(
    [
        *(
            "person",
            "name",
            "iban",
            "chip",
            "geburtstag",
            "text",
            "betrag",
            "anzahl",
            "weg",
            "mail",
            "farben",
            "wann",
            "um",
        ),
        *("summe", "hunde", "rufname", "geimpft", "impfungen", "gegen", "pass", "nachweis", "nachweis_nachreichen"),
        *("typename", "value", "id", "__class__"),
    ]
) | st.text(max_size=8)
_json = st.recursive(
    st.none() | st.booleans() | _texts | st.decimals(allow_nan=True) | st.floats() | st.integers(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(_keys, children, max_size=6),
    max_leaves=25,
)
_shaped = st.fixed_dictionaries(
    {},
    optional={
        "person": st.dictionaries(_keys, _json, max_size=5) | _json,
        "anzahl": _json,
        "weg": _json,
        "hunde": st.lists(st.dictionaries(_keys, _json, max_size=5), max_size=5) | _json,
        "nachweis": _json,
    },
)


_buttons = st.sampled_from(
    ["hunde+", "hunde-0", "hunde-1", "hunde-0-impfungen+", "hunde-0-impfungen-0", "nachweis=a1", "x", "-", "+"]
) | st.text(max_size=9)


def declared(components, values, path=()):
    """Raise unless everything in `values` is declared by the components, at every depth."""
    known = {}
    for item in scope_of(components):
        if isinstance(item, Field | Repeat):
            known[item.path] = item
        if isinstance(item, Upload) and item.later_allowed:
            known[item.later_path] = None
    _check(known, values, path)


def _check(known, values, path):
    for key, value in values.items():
        here = (*path, key)
        if here in known:
            item = known[here]
            if isinstance(item, Repeat):
                assert isinstance(value, list)
                for row in value:
                    declared(item.children, row)
            elif isinstance(item, Upload):
                assert all(set(file) == {"id", "name", "size_bytes", "media_type", "sha256"} for file in value)
            else:
                assert value is None or type(value) in (bool, str, Decimal, date, time, datetime, list)
        else:
            assert any(full[: len(here)] == here for full in known), f"undeclared: {here}"
            assert isinstance(value, dict)
            _check(known, value, here)


def check(result):
    declared(FORM.children, result.values)
    assert load_values(dump_values(result.values)) == result.values
    for name, sentence in result.errors.items():
        name.encode()
        sentence.encode()
        assert sentence.endswith(".")
        assert len(sentence) < 400


@settings(deadline=None, max_examples=400)
@each(_submissions)
def test_any_html_form_gives_clean_values_or_sentences(sent):
    untouched = copy.deepcopy(sent)
    result = validate_html(FORM, sent, GIVEN)
    assert sent == untouched
    check(result)


@settings(deadline=None, max_examples=400)
@each(_json | _shaped)
def test_any_json_gives_clean_values_or_sentences(data):
    result = validate_json(FORM, data, GIVEN)
    check(result)


@settings(deadline=None, max_examples=150)
@each(st.lists(st.tuples(st.integers(0, 2), _submissions), max_size=4))
def test_any_walk_over_the_pages_can_be_drawn_and_summarised(steps):
    values = {}
    for number, sent in steps:
        page = FORM.pages[number]
        result = validate_html_page(FORM, page, sent, GIVEN, values=values)
        check(result)
        filling = view.Filling(
            given=GIVEN, entries=result.entries, values=values, errors=result.errors, revealed=result.revealed
        )
        drawn = view.page_view(FORM, page, filling)
        assert {link.text for link in drawn.errors} == set(result.errors.values())
        values = result.values
    for page in summarise(FORM, values, GIVEN):
        assert all(answer.text for section in page.sections for answer in section.answers)


@settings(deadline=None, max_examples=150)
@each(_submissions, _buttons)
def test_any_button_leaves_a_page_that_can_be_drawn(sent, button):
    page = FORM.pages[2]
    entries = read_html(page.children, sent).entries
    action = page_action(button)
    if action is not None:
        apply_action(page.children, entries, action)
    view.page_view(FORM, page, view.Filling(given=GIVEN, entries=entries))


@settings(deadline=None, max_examples=200)
@each(_complete)
def test_what_a_page_shows_is_what_it_sends(sent):
    """Sending a drawn page back unchanged gives the values that were drawn, and so do the stored values."""
    result = validate_html(FORM, sent, GIVEN)
    assert result.ok, result
    stored = validate_values(FORM, result.values, GIVEN)
    assert (stored.values, stored.errors) == (result.values, {})
    entries = view.entries_of(FORM, result.values)
    pages = view.form_views(FORM, view.Filling(given=GIVEN, entries=entries))
    returned = {}
    for page in pages:
        for row_name in row_markers(page.items):
            returned[row_name] = ["1"]
        for field in view.fields_of(page.items):
            returned[field.name] = as_browser_sends(field)
            if field.later is not None and field.later.chosen:
                returned[field.later_name] = ["true"]
            if field.conditional:
                returned.setdefault("_gezeigt", []).append(field.name)
    assert validate_html(FORM, returned, GIVEN).values == result.values


def as_browser_sends(field):
    if field.kind == "upload":
        return [file.id for file in field.files]
    if field.options:
        return [option.value for option in field.options if option.chosen]
    return [field.value] if field.value or field.kind != "checkbox" else []


def row_markers(items):
    for item in items:
        if isinstance(item, view.GroupView):
            yield from row_markers(item.items)
        if isinstance(item, view.RepeatView):
            for row in item.rows:
                yield row.marker
                yield from row_markers(row.items)


_leaves = (
    st.none()
    | st.booleans()
    | st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=9)
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12)
    | st.dates()
)
_values = st.recursive(
    _leaves,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text("abc", max_size=3), children, max_size=3),
    max_leaves=8,
)


@each(st.dictionaries(st.text("abc_", max_size=6), _values, max_size=5))
def test_values_survive_the_way_to_the_row_and_back(values):
    assert load_values(dump_values(values)) == values
    assert {key: from_json(to_json(value)) for key, value in values.items()} == values
