"""The link function and the canonical JSON behind it."""

import json
from datetime import date
from decimal import Decimal

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.chain import GENESIS, NotCanonical, canonical_json, link

_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(_JSON)
@settings(max_examples=300, deadline=None)
def test_canonical_json_is_rfc_8785(value):
    assert canonical_json(value) == rfc8785.dumps(value)
    assert json.loads(canonical_json(value)) == value


def test_every_control_character_is_written_as_rfc_8785_does():
    text = "".join(map(chr, range(0x100))) + "\u2028\ufeff\U0001f415"
    assert canonical_json({"t": text}) == rfc8785.dumps({"t": text})


def test_keys_beyond_ascii_sort_by_utf_16_unit():
    value = {"\ufb33": 1, "\U0001f600": 2, "\u20ac": 3, "a": 4}
    assert canonical_json(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        2**53,
        -(2**53),
        Decimal(1),
        date(2027, 1, 1),
        b"x",
        {1: "a"},
        {"a": {"b": 0.5}},
        ["\ud800"],
        {"\ud800": 1},
        {1, 2},
        [{"ä": 1}, 0.5],
    ],
)
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(NotCanonical):
        canonical_json(value)


def test_a_document_nested_too_deeply_is_refused():
    value: list = []
    for _ in range(900):
        value = [value]
    with pytest.raises(NotCanonical):
        canonical_json(value)


def test_a_link_changes_with_every_one_of_its_parts():
    header = {"instance": "i", "seq": 1}
    links = {
        link(GENESIS, header, b"secret"),
        link(b"\x01" * 32, header, b"secret"),
        link(GENESIS, header | {"seq": 2}, b"secret"),
        link(GENESIS, header, b"secreT"),
        link(GENESIS, header, b""),
    }
    assert len(links) == 5


def test_a_link_does_not_depend_on_the_order_of_the_header():
    assert link(GENESIS, {"a": 1, "b": 2}, b"") == link(GENESIS, {"b": 2, "a": 1}, b"")


def test_a_previous_link_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match="32 bytes"):
        link(b"", {"a": 1}, b"")


def test_the_link_function_never_changes():
    """Stored chains must verify for decades: this value may not change without a new tag."""
    assert (
        link(GENESIS, {"instance": "i", "seq": 1}, b"x").hex()
        == "a5461b34aae6d4e91375cd455fabb8b0db4452eb6b957ba7acec228055cb6846"
    )
