"""The portal over a real house: Hundesteuer is deployed, a citizen's Vorgang is sent and worked on by use cases."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from engine import accounts, catalog, instances, jobs, tasks
from engine.actors import Actor, ActorKind
from engine.house import House
from engine.instances import Sender, Started
from storage.models.vorgang import Kanal
from tests.houses import PlainRenderer, deploy, dog_values
from web.realms import Realm
from web.site import Site


@dataclass
class Visitor:
    """Somebody with a browser."""

    client: FlaskClient
    actor: Actor
    form_token: Callable[..., dict[str, str]]

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, (path, answer.status_code, answer.location)
        return answer.get_data(as_text=True)

    def post(self, path: str, **values: Any) -> TestResponse:
        return self.client.post(path, data={**self.form_token(self.client, Realm.BUERGERKONTO), **values})


@dataclass
class Portal:
    """Citizens and the office behind the portal."""

    app: Flask
    house: House
    now: Callable[[], datetime]
    sign_in: Callable[..., Actor]
    form_token: Callable[..., dict[str, str]]
    sent: int = 0

    def citizen(self, name: str = "erika") -> Visitor:
        client = self.app.test_client()
        actor = replace(self.sign_in(client, subject=name, name=name.title()), kind=ActorKind.CITIZEN)
        return Visitor(client, actor, self.form_token)

    def anonymous(self) -> Visitor:
        actor = Actor("anonymous", ActorKind.ANONYMOUS, self.house.tenant_id)
        client = self.app.test_client()
        client.get("/status")  # a browser that has seen a form has a session for it
        return Visitor(client, actor, self.form_token)

    def clerk(self, name: str = "amt", *roles: str) -> Actor:
        found = Actor(
            f"https://amt.example|{name}",
            ActorKind.STAFF,
            self.house.tenant_id,
            name.title(),
            roles=frozenset(roles or ("steueramt",)),
        )
        with self.house.db.begin() as conn:
            accounts.remember(conn, found, at=self.now())
        return found

    def send(self, by: Actor, **changes: Any) -> Started:
        self.sent += 1
        with self.house.db.read() as conn:
            deployed = catalog.latest(conn, "hundesteuer_anmelden")
        return instances.start(
            self.house,
            deployed,
            dog_values(**changes),
            by=by,
            at=self.now(),
            sender=Sender(Kanal.PORTAL),
            idempotency_key=f"k{self.sent}",
        )

    def task(self, started: Started, element: str, by: Actor) -> UUID:
        with self.house.db.read() as conn:
            found = tasks.of_vorgang(conn, started.vorgang_id, by=by, on=self.now())
        return next(task.id for task in found if task.element == element)

    def do(self, started: Started, element: str, by: Actor, **values: Any) -> None:
        task_id = self.task(started, element, by)
        work = tasks.work_on(self.house, task_id, by=by, at=self.now())
        known = {name: value for name, value in work.inputs.items() if work.form and name in work.form.names}
        tasks.complete(self.house, task_id, known | values, by=by, at=self.now())

    def work_off(self) -> None:
        for _ in range(20):
            if jobs.run_due(self.house, at=self.now()) == 0:
                return
        pytest.fail("jobs do not come to an end")

    def decide(self, started: Started, **values: Any) -> None:
        clerk = self.clerk()
        self.do(started, "anzeige_pruefen", clerk, ergebnis="vollstaendig")
        self.do(started, "steuer_festsetzen", clerk, entscheidung="festsetzen", **values)
        self.work_off()

    def ask(self, started: Started, question: str) -> None:
        due = date(2026, 12, 15)
        values = {"ergebnis": "rueckfrage", "rueckfrage_text": question, "rueckfrage_frist_am": due}
        self.do(started, "anzeige_pruefen", self.clerk(), **values)
        self.work_off()


@pytest.fixture
def portal(app: Flask, site: Site, sign_in: Callable[..., Actor], form_token: Callable[..., dict[str, str]]) -> Portal:
    object.__setattr__(site.house, "renderer", PlainRenderer())
    deploy(site.house)
    return Portal(app, site.house, site.now, sign_in, form_token)
