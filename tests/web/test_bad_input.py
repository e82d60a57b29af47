"""When a part of the house is away: people get a German page, and what they had is still there."""

import errno
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from engine import drafts
from engine.actors import TrustLevel
from engine.tokens import Scope, create
from storage.db import Database
from storage.objects.port import StoreFull
from tests.houses import citizen, deploy, dog_json, dog_values
from tests.web.conftest import NOW, app_of


@pytest.fixture
def without_database(site, tmp_path):
    """The same site whose database file lies in a folder that is gone."""
    away = Database(f"sqlite:///{tmp_path}/weg/amtsweg.db", tenant_id=site.tenant.key)
    yield replace(site, house=replace(site.house, db=away))
    away.close()


def test_a_page_without_the_database_says_that_it_will_come_back(without_database):
    page = app_of(without_database).test_client().get("/")
    assert page.status_code == 503
    assert page.mimetype == "text/html"
    assert "Der Dienst ist gerade nicht erreichbar" in page.text
    assert page.headers["Retry-After"] == "30"
    assert "amtsweg.db" not in page.text


def test_a_program_without_the_database_gets_a_problem(site, without_database):
    with site.house.db.begin() as conn:
        made = create(conn, "x", scopes=[Scope.PROCEDURES_READ], roles=[], expires_at=NOW + timedelta(1), at=NOW)
    client = app_of(replace(without_database, token_actor=site.token_actor)).test_client()
    answer = client.get("/api/v1/procedures", headers={"Authorization": f"Bearer {made.secret}"})
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert answer.json["code"] == "unavailable"


class _FullDisk:
    """An object store on a disk without room."""

    def __init__(self, store):
        self._store = store

    def put(self, *_args, **_kwargs):
        raise StoreFull("Der Objektspeicher ist voll.") from OSError(errno.ENOSPC, "No space left on device")

    def __getattr__(self, name):
        return getattr(self._store, name)


def test_a_full_store_while_sending_loses_nothing_and_the_draft_can_be_sent_later(site):
    house = site.house
    deploy(house)
    person = citizen(trust=TrustLevel.SUBSTANTIELL)
    begun = drafts.begin(house, "hundesteuer_anmelden", by=person, at=NOW)
    draft = drafts.resume(house, begun.id, by=person, at=NOW, in_session=False)
    drafts.save(house, draft, page="hunde", values=dog_values(), at=NOW)
    full = replace(house, objects=_FullDisk(house.objects))
    filled = drafts.resume(full, begun.id, by=person, at=NOW, in_session=False)

    with pytest.raises(StoreFull):
        drafts.send(full, filled, by=person, at=NOW)

    with house.db.read() as conn:
        for table in ("vorgang", "akte", "instance", "dokument", "idempotency_key"):
            rows = conn.execute(text(f"SELECT count(*) FROM {table}"))  # noqa: S608 -- names from the line above
            assert rows.scalar_one() == 0, table
    kept = drafts.resume(house, begun.id, by=person, at=NOW, in_session=False)
    assert kept.values == filled.values
    assert drafts.send(house, kept, by=person, at=NOW).aktenzeichen


def test_a_full_store_is_said_to_a_program_that_starts_a_case(site):
    house = replace(site.house, objects=_FullDisk(site.house.objects))
    deploy(house)
    with house.db.begin() as conn:
        made = create(conn, "x", scopes=[Scope.ANTRAEGE_START], roles=[], expires_at=NOW + timedelta(1), at=NOW)
    client = app_of(replace(site, house=house)).test_client()
    values = dog_json()
    head = {"Authorization": f"Bearer {made.secret}", "Idempotency-Key": "k"}
    answer = client.post("/api/v1/procedures/hundesteuer_anmelden/instances", json={"values": values}, headers=head)
    assert (answer.status_code, answer.json["code"]) == (503, "full")
    assert "Speicher ist voll" in answer.json["detail"]


def test_an_unknown_address_is_a_page_that_says_what_to_do(client):
    page = client.get("/gibt/es/nicht")
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert "Diese Seite gibt es nicht" in page.text
