"""A whole app over a fresh SQLite house, with a clock that stands still, and ways to be signed in."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from engine.actors import Actor, TrustLevel
from storage.crypto import create_master_key
from web import csrf, sessions
from web.app import create_app, open_site
from web.auth import Person
from web.realms import Realm
from web.settings import Environment, Settings
from web.site import Site, move_in

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


class Clock:
    """A clock that tests move; call it for the time."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        self.now += by


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys that are slow to make and hold nothing of a test."""
    folder = tmp_path_factory.mktemp("house")
    create_master_key(folder / "master.key")
    return folder


@pytest.fixture
def settings(data_dir: Path, tmp_path: Path, sqlite_url: str) -> Settings:
    objects = tmp_path / "objects"
    objects.mkdir()
    return Settings(
        env=Environment.TEST,
        data_dir=data_dir,
        database_url=sqlite_url,
        object_dir=objects,
        anchor_file=tmp_path / "anchors.jsonl",
    )


@pytest.fixture
def site(settings: Settings, clock: Clock) -> Iterator[Site]:
    opened = replace(open_site(settings), now=clock)
    yield opened
    opened.house.db.close()


@pytest.fixture
def app(site: Site) -> Flask:
    return app_of(site)


_apps: dict[str, Flask] = {}


def app_of(site: Site) -> Flask:
    """One app for all tests of an address (an app keeps nothing but its site), because building one is slow."""
    address = site.settings.base_url
    if address not in _apps:
        _apps[address] = create_app(site.settings, site)
    move_in(_apps[address], site)
    return _apps[address]


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask) -> Callable[..., Actor]:
    """Put a person into the client's session without the provider: `sign_in(client, roles=["steueramt"])` is staff,

    `sign_in(client, level=TrustLevel.HOCH)` a citizen. Returns the actor that views will see.
    """

    def put(
        client: FlaskClient,
        *,
        realm: Realm | None = None,
        subject: str = "1",
        name: str = "Erika Mustermann",
        roles: list[str] | None = None,
        level: TrustLevel = TrustLevel.SUBSTANTIELL,
        sid: str = "sid-1",
        **details: object,
    ) -> Actor:
        realm = realm or (Realm.BUERGERKONTO if roles is None else Realm.VERWALTUNG)
        person = Person(
            issuer=f"https://login.example/{realm}",
            subject=subject,
            name=name,
            roles=tuple(roles or ()),
            level=level,
            authenticated_at=app.extensions["amtsweg"].now(),
            provider_sid=sid,
            id_token="e30.e30.",
            details=details,
        )
        with app.test_request_context("/"):
            session = sessions.sign_in(
                realm, person.to_json(), actor_id=person.account, provider_sid=person.provider_sid
            )
        client.set_cookie(sessions.cookie_name(realm, app.extensions["amtsweg"].settings), session.token)
        kind = {"buergerkonto": "citizen", "verwaltung": "staff"}[realm.value]
        tenant = app.extensions["amtsweg"].tenant.key
        return Actor(person.account, kind, tenant, name, frozenset(person.roles), level)  # type: ignore[arg-type]

    return put


@pytest.fixture
def form_token(app: Flask) -> Callable[..., dict[str, str]]:
    """Return the hidden field a form of this client's session would have: `data={**form_token(client), ...}`."""

    def token(client: FlaskClient, realm: Realm = Realm.BUERGERKONTO) -> dict[str, str]:
        cookie = sessions.cookie_name(realm, app.extensions["amtsweg"].settings)
        found = client.get_cookie(cookie)
        headers = {"Cookie": f"{cookie}={found.value}"} if found else {}
        with app.test_request_context("/", headers=headers):
            return {csrf.FIELD: sessions.of(realm).csrf}

    return token


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """Every statement that any database gets from now on, by SQLAlchemy."""
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield seen
    event.remove(Engine, "before_cursor_execute", note)
