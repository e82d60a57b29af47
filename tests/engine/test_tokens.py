"""Tokens of programs, on both databases."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from engine import accounts, tokens
from engine.actors import ActorKind
from engine.errors import Invalid, NotFound
from engine.house import House
from storage.db import Database
from tests.houses import AT, TENANT

LATER = AT + timedelta(days=90)


def make(house: House, *, scopes: tuple[str, ...] = ("tasks:read",), roles: tuple[str, ...] = ()) -> tokens.NewToken:
    with house.db.begin() as conn:
        return tokens.create(conn, "Fachverfahren", scopes=scopes, roles=roles, expires_at=LATER, at=AT)


def actor(house: House, secret: str, at=AT):
    with house.db.read() as conn:
        return tokens.actor_of(conn, secret, at=at)


def test_a_token_acts_with_its_scopes_and_roles(house: House) -> None:
    made = make(house, scopes=("tasks:write", "tasks:read"), roles=("steueramt",))
    found = actor(house, made.secret)
    assert found is not None
    assert (found.id, found.kind, found.tenant_id) == (f"token:{made.token.id}", ActorKind.TOKEN, TENANT)
    assert found.roles == {"tasks:write", "tasks:read", "steueramt"}
    with house.db.read() as conn:
        assert accounts.name_of(conn, found.id) == "Fachverfahren"


def test_the_secret_is_long_and_stands_nowhere(house: House) -> None:
    made = make(house)
    assert made.secret.startswith("amtsweg_")
    assert len(made.secret) >= len("amtsweg_") + 43
    assert made.secret not in repr(made)
    with house.db.read() as conn:
        assert made.secret not in str(conn.execute(text("SELECT * FROM api_token")).all())


def test_an_unknown_revoked_or_expired_secret_is_nobody(house: House) -> None:
    made = make(house)
    for secret in ("", "amtsweg_", made.secret[:-1], made.secret + "x", made.secret.upper(), "amtsweg_\x00", "ämtsweg"):
        assert actor(house, secret) is None
    assert actor(house, made.secret, LATER - timedelta(seconds=1)) is not None
    assert actor(house, made.secret, LATER) is None
    with house.db.begin() as conn:
        tokens.revoke(conn, made.token.id, at=AT)
        tokens.revoke(conn, made.token.id, at=LATER)
    assert actor(house, made.secret) is None
    with house.db.read() as conn:
        [listed] = tokens.list_of(conn)
    assert listed.revoked_at == AT


def test_a_token_is_of_one_tenant(house: House, open_database: Callable[..., Database]) -> None:
    made = make(house)
    with open_database("koeln").begin() as conn:
        assert tokens.actor_of(conn, made.secret, at=AT) is None
        assert tokens.list_of(conn) == []
        with pytest.raises(NotFound):
            tokens.revoke(conn, made.token.id, at=AT)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("name", {"name": " "}),
        ("name", {"name": "a\x00"}),
        ("scopes", {"scopes": ()}),
        ("scopes", {"scopes": ("alles:dürfen",)}),
        ("roles", {"roles": ("tasks:write",)}),
        ("roles", {"roles": ("",)}),
        ("expires_at", {"expires_at": AT}),
        ("expires_at", {"expires_at": AT + timedelta(days=367)}),
    ],
)
def test_a_token_that_makes_no_sense_is_refused(house: House, field: str, changes: dict) -> None:
    given = {"name": "x", "scopes": ("tasks:read",), "roles": (), "expires_at": LATER} | changes
    with house.db.begin() as conn:
        with pytest.raises(Invalid) as refused:
            tokens.create(conn, given.pop("name"), at=AT, **given)
        assert list(refused.value.errors) == [field]
        with pytest.raises(NotFound):
            tokens.revoke(conn, uuid4(), at=AT)
