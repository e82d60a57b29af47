"""Keys: one master key from a local file wraps one data key per Vorgang; the data key encrypts everything of it.

AES-256-GCM throughout. A ciphertext is the random 96-bit nonce followed by what AES-GCM gives, and is bound by its
associated data to the place where it lies, so that nobody can move it elsewhere. Destroying a wrapped key erases its
Vorgang and nothing else.
"""

import hmac
import os
import secrets
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.files import create_file

KEY_BYTES = 32
NONCE_BYTES = 12
OVERHEAD_BYTES = NONCE_BYTES + 16

_FILE_TAG = "amtsweg-master-key-1:"


class CryptoError(Exception):
    """Base of what can go wrong with keys; the message is a German sentence for operators, without secrets."""


class MasterKeyUnusable(CryptoError):
    """The master key's file is absent, readable by others, or not such a file."""


class WrongKey(CryptoError):
    """The ciphertext was changed or moved, or another key belongs to it; AES-GCM cannot tell which."""


class KeyDestroyed(CryptoError):
    """The data key was destroyed on purpose: the content is erased for good."""

    def __init__(self, key_id: UUID) -> None:
        super().__init__("Der Inhalt ist gelöscht: Der Schlüssel dieses Vorgangs wurde vernichtet.")
        self.key_id = key_id


class DataKey:
    """The key of one Vorgang, draft or technical instance.

    The nonce is random, so one key may encrypt some hundred million values, far more than a Vorgang has.
    """

    __slots__ = ("_cipher", "_key", "id")

    def __init__(self, id: UUID, key: bytes) -> None:  # noqa: A002 -- the field's name
        self.id = id
        self._key = key
        self._cipher = AESGCM(key)

    def __repr__(self) -> str:
        return f"DataKey(id={self.id!s})"

    def encrypt(self, plaintext: bytes, *, aad: bytes) -> bytes:
        """Return nonce and ciphertext, `OVERHEAD_BYTES` longer than the plaintext."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plaintext, aad)

    def decrypt(self, ciphertext: bytes, *, aad: bytes) -> bytes:
        """Raise WrongKey unless this key encrypted exactly these bytes with exactly this `aad`."""
        return _open(self._cipher, ciphertext, aad)


class MasterKey:
    """Wraps data keys; `id` names it without telling anything about it (for rotation)."""

    __slots__ = ("_cipher", "_index_key", "id")

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise MasterKeyUnusable(f"Der Hauptschlüssel muss {KEY_BYTES} Bytes lang sein.")
        self.id = sha256(b"amtsweg-master-key-id\x00" + key).hexdigest()[:16]
        self._cipher = AESGCM(key)
        self._index_key = hmac.digest(key, b"amtsweg-blind-index", "sha256")

    def __repr__(self) -> str:
        return f"MasterKey(id={self.id!r})"

    @classmethod
    def from_file(cls, path: Path) -> "MasterKey":
        """Read the key that `create_master_key` wrote; raises MasterKeyUnusable with what to do."""
        try:
            if path.stat().st_mode & 0o077:
                raise MasterKeyUnusable(
                    f"Andere Benutzer können den Hauptschlüssel lesen oder ändern. Führen Sie aus: chmod 600 {path}"
                )
            text = path.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise MasterKeyUnusable(f"Der Hauptschlüssel {path} ist nicht lesbar: {_reason(error)}") from error
        try:
            return cls(b64decode(text.removeprefix(_FILE_TAG), validate=True))
        except (NotBase64, MasterKeyUnusable) as error:
            raise MasterKeyUnusable(
                f"{path} enthält keinen Hauptschlüssel von Amtsweg. Spielen Sie die Datei aus Ihrer Sicherung zurück."
            ) from error

    def wrap(self, key: DataKey, *, tenant_id: str) -> bytes:
        """Return the data key encrypted, bound to its id and tenant."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, key._key, _key_aad(key.id, tenant_id))  # noqa: SLF001 -- same house

    def blind_index(self, text: str, *, tenant_id: str, name: str) -> str:
        """Return what `text` is found again by without being stored: equal texts give equal values, 32 hex digits.

        Whoever has the database alone can neither read nor guess it. Another master key gives other values.
        """
        return hmac.digest(self._index_key, place(name, tenant_id, text), "sha256").hex()[:32]

    def unwrap(self, wrapped: bytes, *, key_id: UUID, tenant_id: str) -> DataKey:
        """Return the data key; raises WrongKey if it belongs to another id, tenant or master key."""
        return DataKey(key_id, _open(self._cipher, wrapped, _key_aad(key_id, tenant_id)))


def create_master_key(path: Path) -> MasterKey:
    """Write a new master key to `path`, readable by its owner alone; an existing file is never replaced.

    Losing this file loses every encrypted content: it belongs into a backup apart from the data.
    """
    text = f"{_FILE_TAG}{b64encode(secrets.token_bytes(KEY_BYTES)).decode('ascii')}\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        create_file(path, text.encode("ascii"))
    except OSError as error:
        raise MasterKeyUnusable(f"Der Hauptschlüssel {path} wurde nicht angelegt: {_reason(error)}") from error
    return MasterKey.from_file(path)


def new_data_key() -> DataKey:
    """Return a fresh key with a fresh id; nothing is stored."""
    return DataKey(uuid4(), secrets.token_bytes(KEY_BYTES))


def place(kind: str, tenant_id: str, *ids: UUID | str | int) -> bytes:
    """Return the associated data for content of `kind` that lies at `ids`, for example ("nachricht", tenant, id).

    No part may hold a NUL, which keeps two different places different; databases refuse it in texts anyway.
    """
    text = "\x00".join((kind, tenant_id, *map(str, ids)))
    if text.count("\x00") != 1 + len(ids):
        raise ValueError("a NUL has no place in a name")
    return text.encode()


def _key_aad(key_id: UUID, tenant_id: str) -> bytes:
    return place("data_key", tenant_id, key_id)


def _open(cipher: AESGCM, ciphertext: bytes, aad: bytes) -> bytes:
    try:
        return cipher.decrypt(ciphertext[:NONCE_BYTES], ciphertext[NONCE_BYTES:], aad)
    except (InvalidTag, ValueError) as error:
        raise WrongKey(
            "Der Inhalt lässt sich nicht entschlüsseln: Er wurde verändert, oder es ist der falsche Schlüssel."
        ) from error


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
