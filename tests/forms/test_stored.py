import hashlib
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from engine.feel.values import NotAValue
from forms.json_text import JsonRefused
from forms.stored import dump_values, load_values, receipt_json, sha256_hex
from tests.forms.builders import stored_file

VALUES = {"name": "Müller", "betrag": Decimal("120.00"), "am": date(2027, 1, 15), "ja": True, "liste": [{"a": None}]}
AT = datetime(2026, 11, 24, 10, 30, 5, 999_999, tzinfo=UTC)


def receipt(**changes):
    fields = {
        "procedure": "hundesteuer_anmelden",
        "deployment": "d1",
        "form": "antrag.form",
        "received_at": AT,
        "channel": "portal",
        "values": VALUES,
    }
    return receipt_json(**(fields | changes))


def test_values_are_stored_tagged_and_canonical():
    assert dump_values(VALUES).decode() == (
        '{"am":{"d":"2027-01-15"},"betrag":{"n":"120.00"},"ja":true,"liste":[{"c":{"a":null}}],"name":"Müller"}'
    )
    assert load_values(dump_values(VALUES)) == VALUES


@pytest.mark.parametrize(
    "stored", ["[]", "null", '{"a": 1}', '{"a": {"n": 1}}', '{"a": {"typename": "UUID"}}', '{"a": {"n": "NaN"}}']
)
def test_what_was_not_written_here_is_not_read(stored):
    with pytest.raises(NotAValue):
        load_values(stored)


def test_broken_text_is_not_read():
    with pytest.raises(JsonRefused):
        load_values("{")


def test_the_receipt_is_the_same_for_the_same_content_whatever_its_order_and_zone():
    turned = dict(reversed(VALUES.items()))
    elsewhere = AT.astimezone(timezone(timedelta(hours=5)))
    assert receipt() == receipt(values=turned) == receipt(received_at=elsewhere)
    assert sha256_hex(receipt()) == hashlib.sha256(receipt()).hexdigest()


def test_the_receipt_says_what_was_received_when_and_for_what():
    document = json.loads(receipt())
    assert document["format"] == "amtsweg.antrag/1"
    assert document["received_at"] == "2026-11-24T10:30:05Z"
    assert document["values"]["betrag"] == {"n": "120.00"}
    assert list(document) == sorted(document)


def test_every_change_changes_the_fingerprint():
    changes = [
        {"procedure": "x"},
        {"deployment": "x"},
        {"form": "x"},
        {"received_at": AT + timedelta(seconds=1)},
        {"channel": "schalter"},
        {"values": VALUES | {"betrag": Decimal("120.0")}},
        {"values": VALUES | {"ja": False}},
        {"values": {**VALUES, "neu": None}},
    ]
    fingerprints = [sha256_hex(receipt(**change)) for change in [{}, *changes]]
    assert len(set(fingerprints)) == len(fingerprints)


def test_files_stand_in_the_receipt_with_their_fingerprint():
    document = json.loads(receipt(values={"nachweis": [stored_file().to_value()]}))
    [file] = document["values"]["nachweis"]
    assert file["c"]["sha256"] == "0" * 64
    assert file["c"]["size_bytes"] == {"n": "120000"}
