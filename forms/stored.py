"""Clean values as they are stored, and the receipt of an Antrag: JSON, byte by byte the same for the same content."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import orjson
import rfc8785

from engine.feel.values import Json, NotAValue, Value, from_json, to_json
from forms.json_text import JsonValue, parse_json

MAX_BYTES: Final = 5_000_000
MAX_DEPTH: Final = 60

_BEYOND_THE_FIRST_PLANE: Final = re.compile(rb"[\xf0-\xf4]")

RECEIPT_FORMAT: Final = "amtsweg.antrag/1"


def dump_values(values: Mapping[str, Value]) -> bytes:
    """The stored form: tagged JSON (`engine.feel.values`) in canonical form (RFC 8785)."""
    document = {key: to_json(value) for key, value in values.items()}
    text = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    # orjson sorts keys by code point, RFC 8785 by UTF-16 unit: they differ beyond the first plane only.
    return rfc8785.dumps(document) if _BEYOND_THE_FIRST_PLANE.search(text) else text


def load_values(stored: bytes | str) -> dict[str, Value]:
    """What `dump_values` wrote. Raises NotAValue or `forms.json_text.JsonRefused` for anything else."""
    document = parse_json(stored, max_bytes=MAX_BYTES, max_depth=MAX_DEPTH)
    if not isinstance(document, dict):
        raise NotAValue("not stored form values")
    return {key: from_json(_without_numbers(value)) for key, value in document.items()}


def receipt_json(
    *,
    procedure: str,
    deployment: str,
    form: str,
    received_at: datetime,
    channel: str,
    values: Mapping[str, Value],
) -> bytes:
    """The receipt of an Antrag: canonical JSON (RFC 8785) of what was received, when, and for what.

    `deployment` identifies the version of the procedure whose form asked; `received_at` is aware and kept to the second
    in UTC. Files stand in it with name, size and SHA-256 of their content.
    """
    document: dict[str, Any] = {
        "format": RECEIPT_FORMAT,
        "procedure": procedure,
        "deployment": deployment,
        "form": form,
        "received_at": received_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "channel": channel,
        "values": {key: to_json(value) for key, value in values.items()},
    }
    return rfc8785.dumps(document)


def sha256_hex(receipt: bytes) -> str:
    """The fingerprint that stands on the receipt, 64 hexadecimal digits."""
    return hashlib.sha256(receipt).hexdigest()


def _without_numbers(value: JsonValue) -> Json:
    """The stored form has no bare numbers; one that turns up is not ours."""
    match value:
        case list():
            return [_without_numbers(item) for item in value]
        case dict():
            return {key: _without_numbers(item) for key, item in value.items()}
        case None | bool() | str():
            return value
        case _:
            raise NotAValue("a bare number in stored values")
