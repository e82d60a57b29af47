"""Where form-js understands its FEEL otherwise (feelin, feelers): the same here, or refused with a German sentence."""

from datetime import date

import pytest

from forms.schema import FormRefused
from forms.validate import validate_values
from tests.forms.builders import choice, component, form, given, group, rows

FIELDS = (
    component("textfield", "name"),
    component("number", "alter", serializeToString=True),
    component("datetime", "am"),
    component("datetime", "um", subtype="time"),
    component("checkbox", "ok"),
    choice("radio", "art", "a", "b"),
    choice("checklist", "mehrere", "a", "b"),
    group("g", component("textfield", "ort"), path="anschrift"),
)


def hidden(condition, **values) -> bool:
    probe = form(*FIELDS, component("textfield", "probe", conditional={"hide": condition}))
    return "probe" not in validate_values(probe, values, given()).values


def refused(*components) -> str:
    with pytest.raises(FormRefused) as error:
        form(*components)
    assert all(finding.message.endswith((".", ").")) for finding in error.value.findings)
    return str(error.value)


@pytest.mark.parametrize(
    ("condition", "values", "hides"),
    [
        ('="text"', {}, False),  # only true hides
        ("=null", {}, False),
        ("=fehlt", {}, False),  # a name that nobody gives is null
        ("=fehlt = null", {}, True),
        ("=name = null", {}, True),
        ('=name = null or name = ""', {}, True),
        ("=not(ok)", {}, True),  # an empty checkbox is false
        ("=not(fehlt)", {}, False),
        ("=alter > 5", {}, False),
        ("=alter > 5", {"alter": 6}, True),
        ("=not(alter > 5)", {}, False),
        ('=art != "a"', {}, True),
        ("=count(mehrere) = 0", {}, True),  # no answer is an empty list
        ('=list contains(mehrere, "a")', {"mehrere": ["a"]}, True),
        ('=am < date("2027-01-01")', {"am": date(2026, 12, 31)}, True),
        ('=date(am) < date("2027-01-01")', {"am": date(2026, 12, 31)}, True),
        ('=string(am) = "2026-12-31"', {"am": date(2026, 12, 31)}, True),
        ('=am = @"2026-12-31"', {"am": date(2026, 12, 31)}, True),
        ('=anschrift.ort = "Darmstadt"', {"anschrift": {"ort": "Darmstadt"}}, True),
        (True, {}, True),
        ("=true", {}, True),
        (" ", {}, False),
    ],
)
def test_a_condition_says_what_it_says_in_form_js(condition, values, hides):
    if condition == " ":
        condition = ""
    assert hidden(condition, **values) is hides


@pytest.mark.parametrize("condition", ["=ok, ok", "=-", "=> 5", '="a", "b"', "=not(ok, ok)", "=[1..5], 7"])
def test_several_tests_in_one_condition_are_refused(condition):
    assert "eine einzige Bedingung" in refused(*FIELDS, component("textfield", "b", conditional={"hide": condition}))


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        ('=am > "2027-01-01"', 'Schreiben Sie zum Beispiel @"2027-01-15"'),
        ('="2027-01-01" = am', "ein Datum"),
        ('=um = "10:30"', "eine Uhrzeit"),
        ('=alter = "5"', "eine Zahl"),
        ("=art = 1", "einer Zahl"),
        ('=ok = "true"', "ja oder nein"),
        ('=name = ""', "name = null"),
        ('=name != "" and ok', "name = null"),
        ("=anschrift.ort = 64283", "anschrift.ort"),
        ("=number(alter) > 5", "schon eine Zahl"),
        ("=this.ok", "nur in Einträgen"),
        ("=i[1] = 1", "nur in Einträgen"),
        ("ok", "mit = beginnt"),
        ("=is defined(ok)", "gibt es nicht"),
        ("=ok == true", "FEEL"),
        ("=ok && ok", "FEEL"),
        ("=later", ""),
    ],
)
def test_what_would_never_hold_is_refused(condition, sentence):
    if condition == "=later":
        after = component("textfield", "later")
        assert "erst später" in refused(component("textfield", "b", conditional={"hide": condition}), after)
    else:
        assert sentence in refused(*FIELDS, component("textfield", "b", conditional={"hide": condition}))


def test_fields_of_a_row_are_compared_in_their_kind_too():
    day = component("datetime", "seit")
    wrong = component("textfield", "grund", conditional={"hide": '=this.seit = "2027-01-01"'})
    assert "ein Datum" in refused(rows("hunde", day, wrong))
    right = component("textfield", "grund", conditional={"hide": '=this.seit = @"2027-01-01" or i[1] > 1'})
    assert form(rows("hunde", day, right))


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("textfield", {"readonly": "=ok"}),
        ("textfield", {"disabled": "=ok"}),
        ("textfield", {"label": "=name"}),
        ("textfield", {"label": "Guten Tag {{name}}"}),
        ("textfield", {"description": "{{name}}"}),
        ("textfield", {"validate": {"minLength": "=alter"}}),
        ("textfield", {"validate": {"maxLength": "=alter"}}),
        ("textfield", {"validate": {"required": "=ok"}}),
        ("textfield", {"appearance": {"prefixAdorner": "=name"}}),
        ("number", {"validate": {"min": "=alter"}}),
        ("number", {"validate": {"max": "=alter * 2"}}),
        ("number", {"increment": "=alter"}),
        ("checkbox", {"defaultValue": "=ok"}),
        ("filepicker", {"multiple": "=ok"}),
    ],
)
def test_expressions_where_the_server_takes_fixed_values_are_refused(kind, attributes):
    assert "Ausdruck" in refused(*FIELDS, component(kind, "b", **attributes))


def test_computed_fields_see_dates_as_dates():
    bis = {"type": "expression", "id": "e", "key": "bis", "expression": '=am + duration("P14D")'}
    assert validate_values(form(*FIELDS, bis), {"am": date(2027, 1, 1)}, given()).values["bis"] == date(2027, 1, 15)
