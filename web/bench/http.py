"""What people wait for: drafts sent through the real form while letters are drawn, and pages over 100,000 tasks.

Server, worker, database and load share this machine, as they would share a small one in a town hall.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import monotonic, perf_counter, sleep
from typing import Final
from urllib.parse import urlencode

from sqlalchemy import func, select

from storage.crypto import create_master_key
from storage.db import Database
from storage.models.job import Job
from web.bench import databases, http_house, http_served, inbox
from web.bench.databases import Target
from web.bench.http_house import Browser, Prepared, PreparedDraft
from web.bench.http_served import Served
from web.settings import Environment, Settings

CITIZENS: Final = 8
"""How many send at the same time."""
PAGES: Final = 200
WARM_UP: Final = 20
WATCHED_S: Final = 20.0
"""How long the worker is watched after the last draft was sent."""


class WrongAnswer(Exception):
    """A page answered otherwise than the bench expects; then no figure would be worth anything."""


@dataclass(frozen=True, slots=True)
class Submits:
    """Drafts sent by citizens at once; `drawn` is how many of their letters were done by then."""

    number: int
    per_s: float
    p50_ms: float
    p95_ms: float
    drawn: int
    drawn_per_s: float
    """Letters a second once the load is over; 0 if none was left to draw."""
    waiting: int
    """Letters still to draw after that."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page read again and again by one browser."""

    name: str
    p50_ms: float
    p95_ms: float
    size_kb: float


@dataclass(frozen=True, slots=True)
class HttpReport:
    """One run; `memory_mb` is that of each web process at the end."""

    tasks: int
    processes: int
    submits: Submits
    pages: Sequence[Page]
    memory_mb: Sequence[float]


def measure(*, submits: int, tasks: int = inbox.TASKS, processes: int = 2) -> HttpReport:
    """Measure on a PostgreSQL of its own; raises postgres.NotInstalled where there is none, and WrongAnswer."""
    with databases.postgresql() as target, TemporaryDirectory(prefix="amtsweg-bench-") as name:
        folder, port = Path(name), http_served.free_port()
        settings = _settings(target, folder, port)
        create_master_key(settings.master_key_file)
        settings.object_dir.mkdir()
        prepared = http_house.prepare(
            target, settings, citizens=CITIZENS, drafts_each=-(-submits // CITIZENS), tasks=tasks
        )
        environment = _environment(settings)
        with http_served.serving(environment, port, processes=processes, folder=folder) as served:
            with http_served.working(environment, folder=folder):
                sent = _send_all(target, settings, served, prepared)
            pages = [_page(served, name, open_it) for name, open_it in _pages(prepared)]
            return HttpReport(tasks, processes, sent, pages, served.memory_mb())


def _settings(target: Target, folder: Path, port: int) -> Settings:
    return Settings(
        env=Environment.TEST,
        data_dir=folder,
        database_url=target.url,
        anchor_file=folder / "anchors.jsonl",
        port=port,
        base_url=f"http://127.0.0.1:{port}",
    )


def _environment(settings: Settings) -> dict[str, str]:
    return {
        "AMTSWEG_ENV": settings.env.value,
        "AMTSWEG_DATA_DIR": str(settings.data_dir),
        "AMTSWEG_DATABASE_URL": settings.database_url,
        "AMTSWEG_ANCHOR_FILE": str(settings.anchor_file),
        "AMTSWEG_PORT": str(settings.port),
        "AMTSWEG_BASE_URL": settings.base_url,
    }


def _send_all(target: Target, settings: Settings, served: Served, prepared: Prepared) -> Submits:
    began = perf_counter()
    with ThreadPoolExecutor(CITIZENS) as people:
        works = [
            people.submit(_send, served, browser, drafts)
            for browser, drafts in zip(prepared.citizens, prepared.drafts, strict=True)
        ]
        took = [seconds for work in works for seconds in work.result()]
    whole = perf_counter() - began
    left = _letters_to_draw(target, settings)
    waiting, watched_s = _watch(target, settings)
    return Submits(
        number=len(took),
        per_s=len(took) / whole,
        p50_ms=1e3 * median(took),
        p95_ms=1e3 * quantiles(took, n=20)[-1],
        drawn=len(took) - left,
        drawn_per_s=(left - waiting) / watched_s if left else 0.0,
        waiting=waiting,
    )


def _send(served: Served, browser: Browser, drafts: Sequence[PreparedDraft]) -> list[float]:
    connection = HTTPConnection("127.0.0.1", served.port, timeout=60)
    took = []
    for draft in drafts:
        form = http_house.send_form(browser, draft)
        began = perf_counter()
        _ask(connection, browser, f"/antraege/entwurf/{draft.id}/pruefen", form=form, status=303)
        took.append(perf_counter() - began)
    connection.close()
    return took


def _letters_to_draw(target: Target, settings: Settings) -> int:
    """Count what the worker still has to do: one letter for each case."""
    database = Database(target.url, tenant_id=settings.tenant.key)
    with database.read() as conn:
        found = conn.execute(
            select(func.count()).where(Job.tenant_id == settings.tenant.key, Job.kind != "timer")
        ).scalar_one()
    database.close()
    return found


def _watch(target: Target, settings: Settings) -> tuple[int, float]:
    """Watch the worker until all is drawn, at most WATCHED_S; return what is left and for how long."""
    began = monotonic()
    while (left := _letters_to_draw(target, settings)) and monotonic() - began < WATCHED_S:
        sleep(0.1)
    return left, monotonic() - began


Opener = Callable[[HTTPConnection, int], bytes]


def _pages(prepared: Prepared) -> list[tuple[str, Opener]]:
    """What is read, by whom; the number turns through the cases."""
    cases, owner, clerk = prepared.cases, prepared.owner, prepared.clerk

    def status(connection: HTTPConnection, number: int) -> bytes:
        case = cases[number % len(cases)]
        form = {"_csrf": owner.form_token, "nummer": case.aktenzeichen, "code": case.access_code}
        return _ask(connection, owner, "/status", form=form)

    def own_case(connection: HTTPConnection, number: int) -> bytes:
        return _ask(connection, owner, f"/antraege/{cases[number % len(cases)].vorgang_id}")

    def first_page(connection: HTTPConnection, _number: int) -> bytes:
        return _ask(connection, clerk, "/inbox")

    def case_page(connection: HTTPConnection, number: int) -> bytes:
        return _ask(connection, clerk, f"/inbox/vorgaenge/{cases[number % len(cases)].vorgang_id}")

    return [("status", status), ("own_case", own_case), ("inbox", first_page), ("case", case_page)]


def _page(served: Served, name: str, open_it: Opener) -> Page:
    connection = HTTPConnection("127.0.0.1", served.port, timeout=60)
    took: list[float] = []
    sizes: Counter[int] = Counter()
    for number in range(PAGES + WARM_UP):
        began = perf_counter()
        body = open_it(connection, number)
        if number >= WARM_UP:
            took.append(perf_counter() - began)
            sizes[len(body)] += 1
    connection.close()
    return Page(name, 1e3 * median(took), 1e3 * quantiles(took, n=20)[-1], max(sizes) / 1000)


def _ask(
    connection: HTTPConnection,
    browser: Browser,
    path: str,
    *,
    form: dict[str, str] | None = None,
    status: int = 200,
) -> bytes:
    headers = {"Cookie": browser.cookie}
    if form is None:
        connection.request("GET", path, headers=headers)
    else:
        headers |= {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        connection.request("POST", path, urlencode(form), headers)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != status:
        raise WrongAnswer(f"{path} answered {answer.status}, not {status}")
    return body
