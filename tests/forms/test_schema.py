import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms.components import READERS, REFUSED
from forms.model import Choice, NumberInput, Repeat, TemporalInput, TextInput, Upload
from forms.schema import MAX_COMPONENTS, FormRefused, block_names, load_form
from tests.forms.builders import BLOCKS_DIR, blocks, choice, component, form, form_text, group, required, rows

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted([*ROOT.glob("processes/*/*.form"), *BLOCKS_DIR.glob("*.form")])


def findings(*components, **attributes):
    with pytest.raises(FormRefused) as refused:
        load_form(form_text(*components, **attributes), name="probe.form", blocks=blocks())
    return refused.value.findings


def codes(*components, **attributes):
    return [finding.code for finding in findings(*components, **attributes)]


def test_groups_on_the_top_level_are_pages():
    loaded = form(
        group("Angaben", component("textfield", "name")),
        group("g2", component("textfield", "ort"), properties={"page": "anschrift"}, path="anschrift"),
        {"type": "button", "id": "senden", "label": "Senden", "action": "submit"},
    )
    assert [(page.key, page.label) for page in loaded.pages] == [("angaben", "Angaben"), ("anschrift", "g2")]
    assert loaded.names == {"name", "anschrift"}
    assert [field.path for field in loaded.fields()] == [("name",), ("anschrift", "ort")]


def test_a_form_with_anything_beside_groups_is_one_page():
    loaded = form({"type": "text", "id": "t", "text": "Guten Tag"}, group("g", component("textfield", "name")))
    assert [page.key for page in loaded.pages] == ["formular"]


def test_every_attribute_of_a_field_arrives():
    loaded = form(
        required("textfield", "plz", properties={"format": "plz", "why": "Darum", "autocomplete": "postal-code"}),
        component("number", "betrag", properties={"format": "eur"}, validate={"min": 0, "max": "1000.50"}),
        component("datetime", "tag", properties={"latest": "today()", "earliest": '=date("2020-01-01")'}),
        component("textfield", "auch_tag", properties={"format": "date"}),
        component(
            "filepicker", "nachweis", multiple=True, accept=".pdf, .PNG", properties={"max_files": "3", "max_mb": 2}
        ),
        component("textarea", "text", validate={"maxLength": "10", "minLength": 2}),
        component("textfield", "mail", validate={"validationType": "email"}, layout={"columns": 8, "row": "r1"}),
        choice("select", "farbe", "rot", "blau", defaultValue="rot"),
    )
    plz, betrag, tag, auch_tag, nachweis, text, mail, farbe = loaded.fields()
    assert isinstance(plz, TextInput)
    assert (plz.required, plz.format.name, plz.why, plz.autocomplete) == (True, "plz", "Darum", "postal-code")
    assert isinstance(betrag, NumberInput)
    assert (betrag.is_money, betrag.decimal_digits, str(betrag.maximum)) == (True, 2, "1000.50")
    assert isinstance(tag, TemporalInput)
    assert isinstance(auch_tag, TemporalInput)
    assert isinstance(nachweis, Upload)
    assert (nachweis.extensions, nachweis.most_files, nachweis.largest_bytes) == ((".pdf", ".png"), 3, 2_000_000)
    assert (text.min_length, text.max_length, text.multiline) == (2, 10, True)
    assert mail.format.name == "email"
    assert isinstance(farbe, Choice)
    assert (farbe.default, [option.value for option in farbe.options]) == (("rot",), ["rot", "blau"])


def test_a_repeated_group_declares_a_list():
    loaded = form(rows("hunde", required("textfield", "name"), properties={"min": "1", "max": "3", "item": "Hund"}))
    [repeat] = [item for item in loaded.components() if isinstance(item, Repeat)]
    assert (repeat.path, repeat.minimum, repeat.maximum, repeat.item_label) == (("hunde",), 1, 3, "Hund")
    [name] = loaded.fields()
    assert (name.path, name.text_key) == (("name",), "hunde.name")


def test_a_shared_group_stands_where_it_is_named():
    loaded = form(
        group("a", path="halter", properties={"block": "anschrift", "without": "zusatz"}),
        group("b", path="zustellung", properties={"block": "anschrift"}),
    )
    assert loaded.blocks == {"anschrift"}
    assert [field.path for field in loaded.fields()][:2] == [("halter", "strasse"), ("halter", "hausnummer")]
    assert ("halter", "zusatz") not in [field.path for field in loaded.fields()]
    assert next(loaded.fields()).block_key == "anschrift.strasse"
    assert block_names(form_text(group("a", properties={"block": "anschrift"}))) == {"anschrift"}
    assert block_names("kein json") == frozenset()


def test_names_that_the_form_does_not_have_are_needed_from_outside():
    loaded = form(
        component("textfield", "a", conditional={"hide": "=betrag > 10"}),
        {"type": "text", "id": "t", "text": "Es geht um {{vorgang.aktenzeichen}} und {{a}}."},
        component("select", "b", valuesKey="orte"),
    )
    assert loaded.needs == {"betrag", "vorgang", "orte"}


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (component("textfield", "a", type="slider"), "unsupported_type"),
        ({"type": "textfield", "id": "a", "label": "A"}, "missing_key"),
        (component("textfield", "1a"), "bad_key"),
        (component("textfield", "größe"), "bad_key"),
        (component("textfield", "a b"), "bad_key"),
        (component("textfield", "__class__"), "bad_key"),
        (component("textfield", "a.b.c-d"), "bad_key"),
        (component("textfield", "typename"), "reserved_key"),
        (component("textfield", "typeName"), "reserved_key"),
        (component("textfield", "vorgang"), "reserved_key"),
        (component("textfield", "return"), "reserved_key"),
        (component("textfield", "a.null"), "reserved_key"),
        (component("textfield", "x_nachreichen"), "reserved_key"),
        (component("textfield", "a", id="1 2"), "bad_id"),
        (component("textfield", "a", foo=1), "unknown_attribute"),
        (component("textfield", "a", validate={"foo": 1}), "unknown_attribute"),
        (component("checkbox", "a", validate={"min": 1}), "unknown_attribute"),
        (component("textfield", "a", conditional={"show": "=a"}), "unknown_attribute"),
        (component("textfield", "a", conditional={"hide": "=1 +"}), "bad_expression"),
        (component("textfield", "a", conditional={"hide": "b = 1"}), "bad_expression"),
        (component("textfield", "a", label="=b"), "expression_in_text"),
        (component("textfield", "a", description="{{b}}"), "expression_in_text"),
        (component("textfield", "a", readonly="=b"), "bad_attribute"),
        (component("textfield", "a", label=7), "bad_attribute"),
        (component("textfield", "a", validate={"maxLength": "=b"}), "bad_attribute"),
        (component("textfield", "a", validate={"maxLength": 10**9}), "bad_attribute"),
        (component("textfield", "a", validate={"minLength": 9, "maxLength": 3}), "bad_attribute"),
        (component("textfield", "a", validate={"pattern": "(?=x)"}), "bad_pattern"),
        (component("textfield", "a", validate={"validationType": "url"}), "bad_attribute"),
        (component("textfield", "a", properties={"format": "ibann"}), "unknown_format"),
        (component("textfield", "a", properties={"formatt": "iban"}), "unknown_property"),
        (component("checkbox", "a", properties={"format": "iban"}), "unknown_property"),
        (component("textfield", "a", properties={"autocomplete": "Vor Name!"}), "bad_attribute"),
        (component("textfield", "a", properties=7), "bad_attribute"),
        (component("number", "a", validate={"min": 5, "max": 1}), "bad_attribute"),
        (component("number", "a", increment=0), "bad_attribute"),
        (component("number", "a", decimalDigits=2.5), "bad_attribute"),
        (component("datetime", "a", subtype="month"), "bad_attribute"),
        (component("datetime", "a", properties={"latest": "today("}), "bad_expression"),
        (component("radio", "a"), "no_options"),
        (choice("radio", "a", "x", valuesExpression="=b"), "no_options"),
        (choice("radio", "a", "x", "x"), "duplicate_option"),
        (component("radio", "a", values=[{"label": "X", "value": 1}]), "bad_option"),
        (choice("radio", "a", "x", defaultValue="y"), "bad_attribute"),
        (component("filepicker", "a", accept="=b"), "expression_in_text"),
        (component("filepicker", "a", accept="application/pdf"), "bad_attribute"),
        (component("filepicker", "a", properties={"max_files": 4}), "bad_attribute"),
        ({"type": "expression", "id": "e", "key": "a"}, "bad_expression"),
        ({"type": "html", "id": "h", "content": "<script></script>"}, "bad_text"),
        ({"type": "text", "id": "t", "text": "{{1 +}}"}, "bad_expression"),
        ({"type": "button", "id": "b", "action": "reset"}, "reset_button"),
        (group("g", properties={"block": "gibtsnicht"}), "unknown_block"),
        (group("g", component("textfield", "a"), properties={"block": "anschrift"}), "block_and_components"),
        (group("g", properties={"block": "anschrift", "without": "fax"}), "bad_attribute"),
        (group("g", component("textfield", "a"), properties={"page": "Seite 1"}), "bad_page"),
        (rows("", component("textfield", "a")), "missing_key"),
        (rows("r", component("textfield", "a"), properties={"min": 5, "max": 2}), "bad_attribute"),
        (rows("r", component("textfield", "a"), isRepeating=False), "bad_attribute"),
        (rows("r", component("textfield", "a", readonly=True)), "readonly_row"),
        (rows("r", rows("s", rows("t", component("textfield", "a")))), "nested_repeat"),
        (
            rows("r", component("textfield", "a"), component("textfield", "b", conditional={"hide": "=a = null"})),
            "row_name",
        ),
    ],
)
def test_what_cannot_be_honoured_is_a_finding(broken, code):
    found = findings(broken)
    assert code in [finding.code for finding in found]
    for finding in found:
        assert finding.component_id
        assert finding.message.endswith("."), finding.message
        assert "None" not in finding.message


@pytest.mark.parametrize("kind", REFUSED)
def test_other_types_of_form_js_say_what_to_use_instead(kind):
    [finding] = findings({"type": kind, "id": "x"})
    assert (finding.code, finding.component_id) == ("unsupported_type", "x")


def test_the_same_key_twice_is_a_finding_wherever_it_stands():
    assert codes(component("textfield", "a"), component("number", "a", id="zweites")) == ["duplicate_key"]
    assert codes(group("g", component("textfield", "a")), group("h", component("textfield", "a", id="b"))) == [
        "duplicate_key"
    ]
    assert codes(component("textfield", "a"), group("g", component("textfield", "b"), path="a")) == ["duplicate_key"]
    assert codes(component("textfield", "a.b"), component("textfield", "a", id="b")) == ["duplicate_key"]
    assert codes(rows("r", component("textfield", "a"), component("textfield", "a", id="b"))) == ["duplicate_key"]
    form(component("textfield", "a"), rows("r", component("textfield", "a", id="b")))


def test_the_same_id_or_page_twice_is_a_finding():
    assert codes(component("textfield", "a", id="x"), component("textfield", "b", id="x")) == ["duplicate_id"]
    two = [group(name, component("textfield", name), properties={"page": "p"}) for name in "ab"]
    assert codes(*two) == ["duplicate_page"]


def test_a_condition_may_only_name_what_stands_before_it():
    later = component("textfield", "a", conditional={"hide": "=b = 1"}), component("number", "b")
    assert codes(*later) == ["later_field"]
    assert codes(component("textfield", "a", conditional={"hide": '=a = "x"'})) == ["later_field"]
    form(*reversed(later))


def test_all_findings_come_at_once_in_the_order_of_the_document():
    found = findings(component("textfield", "typename"), component("radio", "b"), {"type": "iframe", "id": "c"})
    assert [finding.component_id for finding in found] == ["feld_typename", "feld_b", "c"]
    assert "feld_b (b):" in str(found[1])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "7",
        '"x"',
        '{"components": 7}',
        '{"components": [7]}',
        '{"type": "other", "components": []}',
        '{"components": [], "foo": 1}',
        '{"components": [], "schemaVersion": 99}',
        '{"components": [{"type": 7}]}',
        b"\xff",
        "[" * 900,
        '{"components": ' + '[{"type": "group", "components": ' * 30 + "[]" + "}]" * 30 + "}",
        '{"a": NaN}',
        " " * 1_000_001,
    ],
)
def test_a_broken_file_is_refused_with_a_sentence(text):
    with pytest.raises(FormRefused) as refused:
        load_form(text, name="kaputt.form")
    assert refused.value.findings
    assert all(finding.message.endswith(".") for finding in refused.value.findings)
    assert str(refused.value).startswith("kaputt.form")


def test_size_and_depth_are_limited():
    many = [component("textfield", f"f{number}") for number in range(MAX_COMPONENTS + 5)]
    assert codes(*many) == ["too_many"]
    deep = component("textfield", "a")
    for number in range(12):
        deep = group(f"g{number}", deep)
    assert "too_deep" in codes(deep)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_shipped_form_loads(path):
    loaded = load_form(path.read_bytes(), name=path.name, blocks=blocks())
    assert loaded.pages


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_shipped_texts_are_proper_german(path):
    """Sentences end with a stop; nobody is shouted at; umlauts are umlauts."""
    document = json.loads(path.read_text())
    pending = list(document["components"])
    while pending:
        item = pending.pop()
        pending += item.get("components", [])
        texts = [
            item.get("description"),
            item.get("text"),
            *(item.get("properties", {}).get(name) for name in ("why", "error")),
        ]
        for text in filter(None, texts):
            assert text[-1] in ".?:}", text
            assert "!" not in text
            assert not [word for word in ("fuer", "ueber", "Strasse ", "muessen", "koennen") if word in text], text
        assert not item.get("label", "").endswith((".", ":")) or item["type"] == "checkbox"


_ATTRIBUTES = [
    *("id", "key", "path", "label", "components", "validate", "properties", "conditional", "values", "layout"),
    *("appearance", "accept", "multiple", "subtype", "defaultValue", "text", "content", "expression", "readonly"),
    *("disabled", "valuesKey", "valuesExpression", "allowAddRemove"),
]
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.text(max_size=8)
    | st.sampled_from(["=a", "=1 +", "{{a}}", "typename", "a"]),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [*_ATTRIBUTES, "value", "required", "pattern", "hide", "min", "max", "maxLength", "block", "page"]
            ),
            children,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=300)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([*READERS, *REFUSED, "group", "dynamiclist"]),
            st.dictionaries(
                st.sampled_from(_ATTRIBUTES),
                _JSON,
                max_size=8,
            ),
        ),
        max_size=4,
    )
)
def test_no_json_breaks_the_loader(parts):
    document = {"components": [attributes | {"type": kind} for kind, attributes in parts]}
    try:
        loaded = load_form(json.dumps(document), name="zufall.form", blocks=blocks())
    except FormRefused:
        return
    assert loaded.pages
