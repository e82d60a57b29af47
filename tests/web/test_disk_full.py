"""The disk of the database or of the objects is full under the pages: people hear so, nothing is lost or doubled."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from engine.actors import Actor
from tests.houses import PlainRenderer, deploy
from tests.postgres_server import PgServer
from tests.web.inbox.conftest import Office
from tests.web.inbox.test_tasks import filled
from tests.web.portal.test_forms import ADDRESS, DOG, PAGES, PERSON, PNG, START, Browser
from web.settings import Settings
from web.site import Site

FULL = "Unser Speicher ist voll. Ihre letzte Eingabe wurde nicht gespeichert"
Full = Callable[[], AbstractContextManager[None]]

_TABLES = ("antrag", "entwurf", "entwurf_file", "step")
_SAY_FULL = """
    CREATE FUNCTION say_full() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full', MESSAGE = 'No space left on device'; END $$
"""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own with room for two megabytes; only root can mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, timeout=10, check=False).returncode:
        pytest.skip("a disk of its own can be mounted by root alone")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True, timeout=10)


@pytest.fixture(params=["sqlite", "objects", "server"])
def what_is_full(request: pytest.FixtureRequest) -> str:
    """The disk with SQLite and the objects, that with the objects beside PostgreSQL, or PostgreSQL's own."""
    found: str = request.param
    return found


@pytest.fixture
def settings(settings: Settings, disk: Path, what_is_full: str, request: pytest.FixtureRequest) -> Settings:
    """The usual ones, with the objects and SQLite on the small disk."""
    (disk / "objects").mkdir()
    if what_is_full == "sqlite":
        shutil.copyfile(request.getfixturevalue("sqlite_template"), disk / "amtsweg.db")
        url = f"sqlite:///{disk}/amtsweg.db"
    else:
        url = request.getfixturevalue("postgres_url")
    return replace(settings, database_url=url, object_dir=disk / "objects")


@pytest.fixture
def full(what_is_full: str, disk: Path, site: Site, request: pytest.FixtureRequest) -> Full:
    """For the time of a block there is no room."""
    if what_is_full == "server":
        return lambda: _no_more_rows(request.getfixturevalue("pg_server"))
    return lambda: _no_more_bytes(disk, site)


@contextmanager
def _no_more_bytes(disk: Path, site: Site) -> Iterator[None]:
    if site.settings.database_url.startswith("sqlite"):
        with site.house.db._engine.connect() as conn:  # what the log holds already could be written again
            conn.exec_driver_sql("ROLLBACK")
            conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            conn.exec_driver_sql("BEGIN")
    with (disk / "filler").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    yield
    (disk / "filler").unlink()


@contextmanager
def _no_more_rows(server: PgServer) -> Iterator[None]:
    """A trigger says it in the server's own words, because the server's disk is the machine's."""
    server.execute(_SAY_FULL, database="amtsweg")
    for table in _TABLES:
        on = f"BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION say_full()"
        server.execute(f"CREATE TRIGGER full_{table} {on}", database="amtsweg")
    try:
        yield
    finally:
        server.execute("DROP FUNCTION say_full CASCADE", database="amtsweg")


@pytest.fixture
def begun(app: Flask, site: Site) -> Browser:
    object.__setattr__(site.house, "renderer", PlainRenderer())
    deploy(site.house)
    return Browser(app.test_client()).open(START).press()


def rows(site: Site, *tables: str) -> list[int]:
    with site.house.db.read() as conn:
        return [conn.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in tables]  # noqa: S608


def test_a_form_that_found_no_room_is_sent_later_and_makes_one_antrag(begun: Browser, full: Full, site: Site) -> None:
    begun.fill(*PAGES)
    with full():
        answer = begun.client.post(begun.form.action, data=begun.values())
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
        assert FULL in answer.text
        assert Browser(begun.client).open("/").headline
        assert "Rheinstraße" in Browser(begun.client).open(f"{begun.draft}/pruefen").text
    assert rows(site, "antrag", "vorgang", "instance", "idempotency_key") == [0, 0, 0, 0]
    assert begun.press().path.endswith("/gesendet")
    assert rows(site, "antrag", "vorgang", "instance", "idempotency_key") == [1, 1, 1, 1]


def test_a_file_that_found_no_room_is_sent_later(begun: Browser, full: Full, site: Site) -> None:
    begun.fill(PERSON, ADDRESS, DOG)
    about = {"ermaessigung-beantragt": "ja", "ermaessigung-grund": "tierheim", "ermaessigung-hund": "Bello"}

    def values() -> dict[str, Any]:
        return begun.values() | about | {"ermaessigung-nachweis": (BytesIO(PNG), "bescheid.png")}

    begun.press(422, **{"ermaessigung-beantragt": "ja"})
    with full():
        answer = begun.client.post(begun.form.action, data=values())
        assert (answer.status_code, FULL in answer.text) == (503, True)
    assert rows(site, "entwurf_file") == [0]
    begun.press(**values())
    assert rows(site, "entwurf_file") == [1]
    assert "bescheid.png" in begun.open(f"{begun.draft}/ermaessigung").text


@pytest.mark.parametrize("what_is_full", ["sqlite", "server"], indirect=True)
def test_a_task_that_found_no_room_stays_open_and_is_completed_later(
    app: Flask,
    site: Site,
    sign_in: Callable[..., Actor],
    form_token: Callable[..., dict[str, str]],
    full: Full,
) -> None:
    object.__setattr__(site.house, "renderer", PlainRenderer())
    deploy(site.house)
    office = Office(app, site.house, site.now, sign_in, form_token)
    clerk = office.browser("schulz", "steueramt")
    started = office.receive()
    task = f"/inbox/aufgaben/{office.task(started, 'anzeige_pruefen', clerk.actor)}"
    values = filled(clerk.get(task)) | {"ergebnis": "vollstaendig"}
    with full():
        answer = clerk.post(task, **values)
        assert (answer.status_code, FULL in answer.text) == (503, True)
        assert "Anzeige prüfen" in clerk.get(task)
    assert clerk.post(task, **values).status_code == 303
    assert office.task(started, "steuer_festsetzen", clerk.actor)
