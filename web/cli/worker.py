"""`amtsweg worker`: does what is due (timers, service tasks, messages) and tidies up; start any number of them."""

import os
import signal
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from logging import getLogger
from pathlib import Path
from threading import Event

import click

from engine import jobs, kasse
from engine.house import House
from storage import messages, upkeep
from storage.crypto import CryptoError
from storage.db import DatabaseUnavailable
from storage.objects.port import ObjectStoreError
from web import garbage, logs, sessions
from web.app import open_house
from web.cli import settings_or_exit
from web.formats import utc_now

log = getLogger("amtsweg.worker")

PAUSE_S = 0.5
"""How long an idle worker waits before it looks again."""
PAUSE_AFTER_FAILURE_S = 5.0
TIDY_EVERY = timedelta(minutes=5)
ANSWERS_EVERY = timedelta(seconds=10)


@click.command("worker", help="Do what is due, until it is told to stop.")
def command() -> None:
    settings = settings_or_exit()
    logs.configure(settings.log_format)
    try:
        house = open_house(settings)
    except (CryptoError, ObjectStoreError) as error:
        raise click.ClickException(str(error)) from error
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    garbage.settle()
    log.info("worker_started")
    work(house, settings.anchor_file, stop)
    log.info("worker_stopped")


def work(house: House, anchor_file: Path, stop: Event, *, now: Callable[[], datetime] = utc_now) -> None:
    """Do jobs and tidy up until `stop` is set; a job that is being done is finished first."""
    owner = f"{socket.gethostname()}-{os.getpid()}"
    tidied_at = answers_at = None
    while not stop.is_set():
        at = now()
        try:
            done = jobs.run_due(house, at=at, owner=owner)
        except DatabaseUnavailable:
            log.warning("database_unavailable")
            stop.wait(PAUSE_AFTER_FAILURE_S)
            continue
        if answers_at is None or at - answers_at >= ANSWERS_EVERY:
            answers_at = at
            take_answers(house, at)
        if tidied_at is None or at - tidied_at >= TIDY_EVERY:
            tidied_at = at
            tidy(house, anchor_file, at)
        if done == 0:
            stop.wait(PAUSE_S)


def take_answers(house: House, at: datetime) -> None:
    """Read what the Kasse answered; what fails is logged for operators, tried again and never stops the jobs."""
    try:
        kasse.take_answers(house, at=at)
    except Exception:
        log.exception("kasse_answers_failed")


def tidy(house: House, anchor_file: Path, at: datetime) -> None:
    """Anchor chains, forget what is over; what fails is logged for operators and never stops the jobs."""
    try:
        with house.db.begin() as conn:
            sessions.purge(conn, house.tenant_id, at=at)
            messages.forget(conn, at=at)
        upkeep.run(house.db, house.objects, anchor_file, at=at)
    except Exception:
        log.exception("upkeep_failed")
