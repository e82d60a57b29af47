"""The inbox over a real house: Hundesteuer is deployed, cases are sent and worked on through the use cases."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from engine import accounts, catalog, instances, jobs, tasks
from engine.actors import Actor, ActorKind
from engine.house import House
from engine.instances import Sender, Started
from storage.models.vorgang import Kanal
from tests.houses import PlainRenderer, citizen, deploy, dog_values
from web.realms import Realm
from web.site import Site


@dataclass
class Office:
    """Staff with their browsers, and the cases that came in."""

    app: Flask
    house: House
    now: Callable[[], datetime]
    sign_in: Callable[..., Actor]
    form_token: Callable[..., dict[str, str]]
    sent: int = 0

    def browser(self, name: str, *roles: str) -> "Browser":
        client = self.app.test_client()
        actor = replace(self.sign_in(client, subject=name, name=name, roles=list(roles)), kind=ActorKind.STAFF)
        with self.house.db.begin() as conn:
            accounts.remember(conn, actor, at=self.now())
        return Browser(client, actor, self)

    def receive(self, **changes: Any) -> Started:
        self.sent += 1
        with self.house.db.read() as conn:
            deployed = catalog.latest(conn, "hundesteuer_anmelden")
        values = dog_values(**changes)
        sender = Sender(Kanal.PORTAL)
        key = f"k{self.sent}"
        return instances.start(
            self.house, deployed, values, by=citizen(), at=self.now(), sender=sender, idempotency_key=key
        )

    def task(self, started: Started, element: str, by: Actor) -> UUID:
        with self.house.db.read() as conn:
            found = tasks.of_vorgang(conn, started.vorgang_id, by=by, on=self.now())
        return next(task.id for task in found if task.element == element)

    def do(self, started: Started, element: str, by: Actor, **values: Any) -> UUID:
        task_id = self.task(started, element, by)
        work = tasks.work_on(self.house, task_id, by=by, at=self.now())
        known = {name: value for name, value in work.inputs.items() if work.form and name in work.form.names}
        tasks.complete(self.house, task_id, known | values, by=by, at=self.now())
        return task_id

    def work_off(self) -> None:
        while jobs.run_due(self.house, at=self.now()):
            pass


@dataclass
class Browser:
    client: FlaskClient
    actor: Actor
    office: Office

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, (path, answer.status_code, answer.location)
        return answer.get_data(as_text=True)

    def post(self, path: str, **values: Any) -> Any:
        token = self.office.form_token(self.client, Realm.VERWALTUNG)
        return self.client.post(path, data={**token, **values})


@pytest.fixture
def office(app: Flask, site: Site, sign_in: Callable[..., Actor], form_token: Callable[..., dict[str, str]]) -> Office:
    object.__setattr__(site.house, "renderer", PlainRenderer())
    deploy(site.house)
    return Office(app, site.house, site.now, sign_in, form_token)
