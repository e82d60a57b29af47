"""Access codes: with the number and this code a Vorgang's status is shown to people without an account."""

import hmac
import secrets
from hashlib import sha256
from uuid import UUID

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: no I, L, O, U, so that a code can be read out on the telephone."""

_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})
_LENGTH = 16


def new_code() -> str:
    """Return a fresh code of 80 random bits, in four groups: "7K3M-0QXA-..."."""
    signs = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    return "-".join(signs[start : start + 4] for start in range(0, _LENGTH, 4))


def code_hash(code: str, owner_id: UUID) -> bytes:
    """Return what is stored instead of the code.

    With 80 random bits a plain hash cannot be guessed; it is bound to its Vorgang or Entwurf. Blanks, dashes, small
    letters and O, I, L typed for 0 and 1 make no difference.
    """
    signs = "".join(sign for sign in code.upper() if sign.isalnum()).translate(_MISREAD)
    return sha256(b"amtsweg-code-1\x00" + owner_id.bytes + signs.encode()).digest()


def code_fits(code: str, owner_id: UUID, stored: bytes | None) -> bool:
    """Compare in constant time; without a stored hash nothing fits, after the same work."""
    return hmac.compare_digest(code_hash(code, owner_id), stored or bytes(32)) and stored is not None
