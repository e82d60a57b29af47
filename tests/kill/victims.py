"""Processes that work on cases until they are killed: one does what web processes do, one what workers do.

They are forked from the test, so that a kill costs no start-up. A named fail point kills from inside, at a moment that
chance would seldom hit.
"""

import os
import random
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from engine import catalog, instances, jobs, tasks
from engine.actors import Actor
from engine.errors import EngineError
from engine.house import House
from engine.instances import Sender
from storage.db import Database
from storage.models.task import Task
from storage.models.vorgang import Kanal
from storage.objects.folder import FolderStore
from storage.steps import Step
from tests.houses import AT, TENANT, citizen, dog_values, make_house, staff

LATER = AT + timedelta(days=90)
"""The worker's clock: every timer of every case is due."""
FAIL_POINTS = ("before_object", "after_object", "before_commit", "after_commit", "after_connector")


def web(url: str, folder: Path, keys: list[str], acks: Path, seed: int, fail_point: str | None) -> None:
    """Send every key that has no acknowledgement yet, and complete whatever task is open."""
    house = open_house(url, folder)
    arm(house, fail_point, random.Random(seed))
    clerk = staff(house, "amt", "steueramt", "poststelle")
    with house.db.read() as conn:
        deployed = catalog.latest(conn, "hundesteuer_anmelden")
    todo = [key for key in keys if key not in acknowledged(acks)]
    while True:
        if todo:
            key = todo.pop(0)
            started = instances.start(
                house,
                deployed,
                dog_values(),
                by=citizen(),
                at=AT,
                sender=Sender(Kanal.PORTAL),
                idempotency_key=key,
            )
            acknowledge(acks, key, started.aktenzeichen)
        complete_one(house, clerk)


def worker(url: str, folder: Path, seed: int, fail_point: str | None) -> None:
    """Do what is due, as fast as it goes; leases of the dead end at once, because this clock is far ahead."""
    house = open_house(url, folder)
    arm(house, fail_point, random.Random(seed))
    owner, rounds = f"worker-{os.getpid()}", 0
    while True:
        rounds += 1
        jobs.run_due(house, at=LATER + jobs.LEASE * 2 * rounds + timedelta(days=seed), owner=owner)


def open_house(url: str, folder: Path) -> House:
    return make_house(Database(url, tenant_id=TENANT), folder)


_NEEDED: dict[str, dict[str, Any]] = {
    "anzeige_pruefen": {"ergebnis": "vollstaendig"},
    "steuer_festsetzen": {"entscheidung": "festsetzen"},
}


def complete_one(house: House, clerk: Actor) -> bool:
    """Complete the oldest open task; somebody else may be faster."""
    with house.db.read() as conn:
        query = select(Task.id, Task.element).where(Task.tenant_id == TENANT).order_by(Task.opened_at, Task.id)
        row = conn.execute(query.limit(1)).one_or_none()
    if row is None:
        return False
    with suppress(EngineError):
        work = tasks.work_on(house, row.id, by=clerk, at=AT)
        known = work.form.names if work.form else frozenset()
        filled = {name: value for name, value in work.inputs.items() if name in known}
        if row.element == "marke_zuteilen":
            filled["marken"] = [{**one, "markennummer": "M-1"} for one in filled["marken"]]  # type: ignore[dict-item, union-attr]
            filled["versandt_am"] = AT.date()
        tasks.complete(house, row.id, filled | _NEEDED.get(row.element, {}), by=clerk, at=AT)
    return True


def acknowledge(acks: Path, key: str, number: str) -> None:
    """What the sender got to see: from now on the Antrag must never be lost."""
    with acks.open("a") as file:
        file.write(f"{key} {number}\n")
        file.flush()
        os.fsync(file.fileno())


def acknowledged(acks: Path) -> dict[str, str]:
    lines = acks.read_text().splitlines() if acks.exists() else []
    return dict(line.split(" ", 1) for line in lines if " " in line)


def arm(house: House, fail_point: str | None, chance: random.Random) -> None:
    """Let the process kill itself at the n-th time that it comes to the fail point."""
    if fail_point is None:
        return
    left = chance.randint(1, 6)

    def reached(name: str) -> None:
        nonlocal left
        if name == fail_point:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    _around(FolderStore, "put", before=lambda: reached("before_object"), after=lambda: reached("after_object"))
    _around(Step, "_write", before=lambda: reached("before_commit"), after=lambda: reached("after_commit"))
    for topic, connector in list(house.connectors.items()):

        def call(one: Any, connector: Any = connector) -> Any:
            result = connector(one)
            reached("after_connector")
            return result

        house.connectors[topic] = call


def _around(owner: type, name: str, *, before: Callable[[], None], after: Callable[[], None]) -> None:
    original = getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        before()
        result = original(*args, **kwargs)
        after()
        return result

    setattr(owner, name, wrapped)
