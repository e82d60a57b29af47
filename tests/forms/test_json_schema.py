import json
from datetime import date, datetime, time
from decimal import Decimal

import jsonschema
import pytest
from hypothesis import given as each
from hypothesis import settings
from hypothesis import strategies as st

from forms.json_schema import json_schema
from forms.schema import load_form
from forms.validate import validate_json
from tests.forms.builders import BLOCKS_DIR, blocks, choice, component, form, given, group, required, rows, stored_file

FORM = form(
    group("person", required("textfield", "name", description="Wie im Ausweis."), path="person"),
    group(
        "mehr",
        required("number", "anzahl", validate={"min": 1}),
        component("datetime", "am"),
        component("datetime", "um", subtype="time"),
        component("checkbox", "ja"),
        choice("radio", "weg", "post", "mail"),
        choice("checklist", "farben", "rot", "blau"),
        required("textfield", "mail", conditional={"hide": '=weg != "mail"'}),
        {"type": "expression", "id": "e", "key": "summe", "expression": "=anzahl * 2"},
        {**required("filepicker", "nachweis"), "properties": {"nachreichbar": True}},
        rows("hunde", required("textfield", "rufname"), properties={"min": "1", "max": "2"}),
    ),
)
CHECK = jsonschema.Draft202012Validator(json_schema(FORM))
GOOD = {"person": {"name": "A"}, "anzahl": 1, "hunde": [{"rufname": "Rex"}], "nachweis_nachreichen": True}


def test_the_schema_is_one_and_names_the_fields():
    jsonschema.Draft202012Validator.check_schema(json_schema(FORM))
    person = json_schema(FORM)["properties"]["person"]
    assert person["properties"]["name"] == {
        "type": ["string", "null"],
        "title": "Name",
        "description": "Wie im Ausweis.",
    }
    assert person["required"] == ["name"]
    assert json_schema(FORM)["required"] == ["person", "anzahl", "hunde"]
    assert "summe" not in json_schema(FORM)["properties"]


@pytest.mark.parametrize(
    "change",
    [
        {"typename": "UUID"},
        {"summe": 2},
        {"person": {"name": "A", "genehmigt": True}},
        {"person": None},
        {"anzahl": [1]},
        {"weg": "fax"},
        {"farben": ["grün"]},
        {"hunde": []},
        {"hunde": [{"rufname": "A"}] * 3},
        {"hunde": [{"rufname": "A", "typename": "B"}]},
    ],
)
def test_what_the_schema_refuses_validation_refuses_too(change):
    assert CHECK.is_valid(GOOD)
    assert validate_json(FORM, GOOD, given()).ok
    assert not CHECK.is_valid(GOOD | change)
    assert not validate_json(FORM, GOOD | change, given()).ok


@settings(deadline=None, max_examples=300)
@each(
    st.fixed_dictionaries(
        {
            "person": st.fixed_dictionaries({"name": st.text(max_size=4)}),
            "anzahl": st.sampled_from([1, 2, "3", "1.5", 0]),
        },
        optional={
            "am": st.sampled_from([None, "", "2027-01-15", "15.01.2027", "x"]),
            "um": st.sampled_from([None, "14:30"]),
            "ja": st.sampled_from([None, True, False, "ja", "x"]),
            "weg": st.sampled_from([None, "", "post", "mail", "fax"]),
            "mail": st.sampled_from([None, "a"]),
            "farben": st.sampled_from([None, [], ["rot"], ["blau", "rot"], "rot"]),
            "nachweis": st.sampled_from([None, [], ["a1"], "a1", ["fremd"]]),
            "nachweis_nachreichen": st.sampled_from([None, True]),
            "hunde": st.lists(st.fixed_dictionaries({"rufname": st.text(max_size=3)}), max_size=3),
        },
    )
)
def test_what_validation_takes_the_schema_takes(data):
    if validate_json(FORM, data, given(files={"a1": stored_file()})).ok:
        assert CHECK.is_valid(data), list(CHECK.iter_errors(data))


def plain(value):
    """A clean value as an API would send it."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date | time | datetime):
        return value.isoformat()
    if isinstance(value, list):
        return [plain(item) for item in value]
    return {key: plain(item) for key, item in value.items()} if isinstance(value, dict) else value


def test_clean_values_can_be_sent_again():
    result = validate_json(FORM, GOOD | {"am": "2027-01-15"}, given())
    again = {key: value for key, value in plain(result.values).items() if key != "summe"}
    assert CHECK.is_valid(again)
    assert validate_json(FORM, again, given()).values == result.values


@pytest.mark.parametrize("path", sorted(BLOCKS_DIR.glob("*.form")), ids=lambda path: path.stem)
def test_every_form_of_the_house_has_a_schema(path):
    schema = json_schema(load_form(path.read_bytes(), name=path.name, blocks=blocks()))
    jsonschema.Draft202012Validator.check_schema(schema)
    json.dumps(schema)
