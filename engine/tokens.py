"""Bearer tokens of programs: create, list, revoke, and who acts with one.

The secret is shown once and stored as its SHA-256: with 256 random bits nobody finds it from the hash, so no slow
hash is needed. A token acts as itself, with its scopes and the roles of offices that it was given.
"""

import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert, select, update

from engine import accounts
from engine.actors import Actor, ActorKind
from engine.errors import Invalid, NotFound
from storage.db import tenant_of
from storage.models.api_token import ApiToken

PREFIX: Final = "amtsweg_"
LONGEST_LIFE: Final = timedelta(days=366)


class Scope(StrEnum):
    """What a program may do; which cases it sees is decided by its roles."""

    PROCEDURES_READ = "procedures:read"
    ANTRAEGE_START = "antraege:start"
    STATUS_READ = "status:read"
    TASKS_READ = "tasks:read"
    TASKS_WRITE = "tasks:write"
    DOCUMENTS_READ = "documents:read"
    SEARCH_READ = "search:read"


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret."""

    id: UUID
    name: str
    scopes: tuple[Scope, ...]
    roles: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    def is_valid(self, at: datetime) -> bool:
        return self.revoked_at is None and at < self.expires_at


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made; `secret` is shown to the operator once and kept nowhere."""

    token: Token
    secret: str

    def __repr__(self) -> str:
        return f"NewToken(token={self.token!r}, secret=***)"


def create(
    conn: Connection, name: str, *, scopes: Collection[str], roles: Collection[str], expires_at: datetime, at: datetime
) -> NewToken:
    """Make a token for a program; raises Invalid for an unknown scope, an impossible role or a life over a year.

    `roles` are groups of caseworkers, as staff have them ("steueramt"); without any it sees no case of an office.
    """
    errors = _errors(name, scopes, roles, expires_at - at)
    if errors:
        raise Invalid("token_invalid", errors)
    secret = PREFIX + secrets.token_urlsafe(32)
    row = {
        "tenant_id": tenant_of(conn),
        "id": uuid4(),
        "name": name.strip(),
        "secret_sha256": _digest(secret),
        "scopes": [*sorted(set(scopes)), *sorted(set(roles))],
        "created_at": at,
        "expires_at": expires_at,
        "revoked_at": None,
    }
    conn.execute(insert(ApiToken).values(row))
    token = _token(row)
    accounts.remember(conn, _actor(token, tenant_of(conn)), at=at)
    return NewToken(token, secret)


def list_of(conn: Connection) -> list[Token]:
    """Return all tokens, also those that ended, the newest first."""
    query = select(ApiToken.__table__).where(ApiToken.tenant_id == tenant_of(conn))
    rows = conn.execute(query.order_by(ApiToken.created_at.desc(), ApiToken.id)).mappings()
    return [_token(dict(row)) for row in rows]


def revoke(conn: Connection, token_id: UUID, *, at: datetime) -> None:
    """End a token at once; ending it again changes nothing. Raises NotFound."""
    mine = (ApiToken.tenant_id == tenant_of(conn)) & (ApiToken.id == token_id)
    if conn.execute(select(ApiToken.id).where(mine)).one_or_none() is None:
        raise NotFound("token_unknown", token_id=token_id)
    conn.execute(update(ApiToken).where(mine, ApiToken.revoked_at.is_(None)).values(revoked_at=at))


def actor_of(conn: Connection, secret: str, *, at: datetime) -> Actor | None:
    """Return who acts with this secret; None for an unknown, revoked or expired one, and for other texts."""
    if not secret.startswith(PREFIX) or not secret.isascii():
        return None
    digest = _digest(secret)
    query = select(ApiToken.__table__).where(ApiToken.tenant_id == tenant_of(conn), ApiToken.secret_sha256 == digest)
    row = conn.execute(query).mappings().one_or_none()
    # The index compares hashes, whose beginnings nobody can choose; this comparison takes the same time for all.
    if row is None or not hmac.compare_digest(row["secret_sha256"], digest):
        return None
    token = _token(dict(row))
    return _actor(token, tenant_of(conn)) if token.is_valid(at) else None


_ROLE: Final = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_LONGEST_NAME: Final = 100


def _errors(name: str, scopes: Collection[str], roles: Collection[str], life: timedelta) -> dict[str, str]:
    known = {scope.value for scope in Scope}
    checks = {
        "name": (
            0 < len(name.strip()) <= _LONGEST_NAME and name.isprintable(),
            f"Geben Sie dem Zugang einen Namen mit höchstens {_LONGEST_NAME} Zeichen.",
        ),
        "scopes": (
            bool(scopes) and known.issuperset(scopes),
            f"Wählen Sie mindestens eine Berechtigung aus: {', '.join(sorted(known))}.",
        ),
        "roles": (
            all(_ROLE.fullmatch(role) for role in roles),
            "Eine Rolle besteht aus kleinen Buchstaben, Ziffern und Strichen, zum Beispiel steueramt.",
        ),
        "expires_at": (
            timedelta() < life <= LONGEST_LIFE,
            f"Der Zugang muss in 1 bis {LONGEST_LIFE.days} Tagen enden.",
        ),
    }
    return {field: sentence for field, (fits, sentence) in checks.items() if not fits}


def _token(row: dict[str, Any]) -> Token:
    """Scopes have a colon and roles have none, so one list holds both."""
    known = {scope.value for scope in Scope}
    return Token(
        id=row["id"],
        name=row["name"],
        scopes=tuple(Scope(one) for one in row["scopes"] if one in known),
        roles=tuple(one for one in row["scopes"] if ":" not in one),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )


def _actor(token: Token, tenant_id: str) -> Actor:
    return Actor(
        id=f"token:{token.id}",
        kind=ActorKind.TOKEN,
        tenant_id=tenant_id,
        name=token.name,
        roles=frozenset({*token.scopes, *token.roles}),
    )


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
