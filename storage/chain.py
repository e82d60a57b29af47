"""The one way a link of a chain is computed, for the steps of an instance and for the events of a Vorgang.

A link covers the previous link, the clear header and the *ciphertext* of the payload. So a chain can be checked
without any key, and it still verifies after the key of a Vorgang has been destroyed.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import orjson
import rfc8785

GENESIS = bytes(32)
"""What the first link of every chain takes as its previous one."""

_MAX_INT = 2**53 - 1
_MAX_DEPTH = 64
_TAG = b"amtsweg-link-1\x00"


class NotCanonical(ValueError):
    """The value holds something that has no canonical form here, such as a float, a date or a lone surrogate."""


def link(prev: bytes, header: Mapping[str, Any], ciphertext: bytes) -> bytes:
    """Return the 32 bytes that seal `header` and `ciphertext` behind the link `prev`.

    The header must name its chain and its place in it (for example instance and seq); an empty ciphertext is allowed.
    Every part enters with a fixed length, so no two different inputs are read as the same bytes.
    """
    if len(prev) != len(GENESIS):
        raise ValueError(f"a previous link has {len(GENESIS)} bytes, not {len(prev)}")
    return sha256(_TAG + prev + sha256(canonical_json(header)).digest() + sha256(ciphertext).digest()).digest()


def canonical_json(value: Any) -> bytes:
    """Return RFC 8785 JSON of strings, integers below 2^53, booleans, None, lists and mappings with text keys.

    Raises NotCanonical for everything else: numbers with a fraction have no place in a proof.
    """
    try:
        if _keys_are_ascii(value, 0):
            # orjson sorts by code point, RFC 8785 by UTF-16 unit: the same for ASCII keys, and several times faster.
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        return rfc8785.dumps(value)
    except (TypeError, UnicodeEncodeError, rfc8785.CanonicalizationError) as error:
        raise NotCanonical(str(error)) from error


def _keys_are_ascii(value: Any, depth: int) -> bool:
    """Refuse what is not canonical on the way; the answer chooses the encoder."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        if abs(value) > _MAX_INT:
            raise NotCanonical(f"the integer {value} does not fit into 53 bits")
        return True
    if depth == _MAX_DEPTH:
        raise NotCanonical(f"nested deeper than {_MAX_DEPTH} levels")
    if kind is list or kind is tuple:
        # No short cut: every item has to be looked at.
        return min((_keys_are_ascii(item, depth + 1) for item in value), default=True)
    if kind is dict:
        ascii_keys = True
        for key, item in value.items():
            if type(key) is not str:
                raise NotCanonical(f"the key {key!r} is not text")
            ascii_keys = _keys_are_ascii(item, depth + 1) and key.isascii() and ascii_keys
        return ascii_keys
    raise NotCanonical(f"{kind.__name__} has no canonical form")
