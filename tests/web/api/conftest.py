"""A house with two procedures, and programs with tokens."""

from datetime import timedelta

import pytest

from engine import tokens
from engine.tokens import Scope
from tests.houses import deploy, dog_json
from tests.web.conftest import NOW

ALL = tuple(scope.value for scope in Scope)


@pytest.fixture
def program(site, client):
    """Return a caller with a token: `program("steueramt")("GET", "/tasks")`."""
    for key in ("hundesteuer_anmelden", "meldebescheinigung"):
        deploy(site.house, key)

    def make(*roles, scopes=ALL):
        with site.house.db.begin() as conn:
            made = tokens.create(
                conn, "Programm", scopes=scopes, roles=roles, expires_at=NOW + timedelta(days=1), at=NOW
            )

        def call(method, path, *, headers=None, **more):
            head = {"Authorization": f"Bearer {made.secret}"} | (headers or {})
            return client.open("/api/v1" + path, method=method, headers=head, **more)

        return call

    return make


@pytest.fixture
def dog():
    """What a program sends to register a dog."""
    return dog_json()


@pytest.fixture
def start(dog):
    """Start a case: `start(call, key="k-1")` returns the answer."""

    def start(call, key="k-1", values=None, procedure="hundesteuer_anmelden"):
        return call(
            "POST",
            f"/procedures/{procedure}/instances",
            json={"values": dog if values is None else values},
            headers={"Idempotency-Key": key},
        )

    return start
