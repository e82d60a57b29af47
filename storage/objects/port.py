"""The port for everything that is too large for a row: encrypted, content-addressed, never changed.

A key is `<tenant>/<owner>/<sha256 of the stored bytes>`; the owner is the Vorgang (or the Entwurf it grew out of).
What is stored is always encrypted with the owner's data key, so nothing is shared between owners and destroying one
key erases exactly one of them. An object is written before the row that names it; the collector removes what no row
names.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Protocol
from uuid import UUID

_KEY = re.compile(
    r"(?P<tenant>[a-z0-9][a-z0-9_-]{0,62})"
    r"/(?P<owner>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
    r"/(?P<sha256>[0-9a-f]{64})"
)


class ObjectStoreError(Exception):
    """Base of what a store can say; the message is a German sentence."""


class InvalidKey(ObjectStoreError):
    """The key has not the form of a key; it never reaches the file system or network."""


class ObjectMissing(ObjectStoreError):
    """No object has this key."""


class ObjectDamaged(ObjectStoreError):
    """The stored bytes are not those that were written."""


class StoreFull(ObjectStoreError):
    """The store has no room; nothing was written."""


class StoreUnavailable(ObjectStoreError):
    """The store does not answer or refuses; trying again later helps."""


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """Where an object lies; `version_id` is the store's own and empty where the store has none."""

    key: str
    version_id: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Listed:
    """One object of a listing; `changed_at` is the store's clock, UTC."""

    key: str
    size_bytes: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class KeyParts:
    tenant_id: str
    owner_id: UUID
    sha256: str


class ObjectStore(Protocol):
    """What the folder and an S3 service do alike; one contract test holds for all.

    Every method raises InvalidKey for a malformed key and StoreUnavailable when the store does not work.
    """

    def put(self, tenant_id: str, owner_id: UUID, content: bytes) -> ObjectRef:
        """Store the bytes durably; storing the same bytes again is harmless and renews their age. Raises StoreFull."""
        ...

    def get(self, key: str, version_id: str = "") -> bytes:
        """Return the bytes, checked against the hash in the key. Raises ObjectMissing or ObjectDamaged.

        `version_id` is what `put` returned; a store with versions gives exactly that one, a store without ignores it.
        """
        ...

    def exists(self, key: str) -> bool: ...

    def delete(self, key: str) -> None:
        """Remove the object for good; an absent one is no error."""
        ...

    def iterate(self, tenant_id: str) -> Iterator[Listed]:
        """Yield every object of the tenant in no order."""
        ...

    def discard_unfinished(self, tenant_id: str, *, before: datetime) -> int:
        """Remove what broken uploads left behind before that moment; returns how many."""
        ...


def key_of(tenant_id: str, owner_id: UUID, content: bytes) -> str:
    """Return the key under which these bytes are stored."""
    key = f"{tenant_id}/{owner_id}/{sha256(content).hexdigest()}"
    parse_key(key)
    return key


def parse_key(key: str) -> KeyParts:
    """Take a key apart; raises InvalidKey for anything that a store must not see."""
    match = _KEY.fullmatch(key)
    if match is None:
        raise InvalidKey("Der Name des Objekts ist ungültig.")
    return KeyParts(match["tenant"], UUID(match["owner"]), match["sha256"])


def check_content(key: str, content: bytes) -> bytes:
    """Return the content if it is what the key says; raises ObjectDamaged."""
    if sha256(content).hexdigest() != parse_key(key).sha256:
        raise ObjectDamaged(
            "Das Objekt ist beschädigt: Seine Prüfsumme stimmt nicht. Spielen Sie es aus der Sicherung zurück."
        )
    return content
