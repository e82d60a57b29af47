"""A server that is silent is given up in time; one that is slow, or not asked anything, is left alone."""

import time
from collections.abc import Callable, Iterator
from threading import enumerate as running_threads
from uuid import UUID

import pytest
from sqlalchemy import text

from storage.db import Database, DatabaseUnavailable
from storage.silence import BREATHER_S, LOOK_EVERY_S
from tests import tcp_proxy
from tests.conftest import TENANT
from tests.postgres_server import PgServer
from tests.tcp_proxy import Proxy

STATEMENT_S = 0.2
GIVEN_UP_AFTER_S = STATEMENT_S + 1.0


@pytest.fixture
def proxy(postgres_url: str, pg_server: PgServer) -> Iterator[Proxy]:
    with tcp_proxy.running(pg_server.port) as proxy:
        yield proxy


@pytest.fixture
def open_through(postgres_url: str, pg_server: PgServer, proxy: Proxy) -> Iterator[Callable[..., Database]]:
    opened: list[Database] = []

    def open_through(statement_timeout_s: float = STATEMENT_S) -> Database:
        url = postgres_url.replace(f":{pg_server.port}/", f":{proxy.port}/")
        opened.append(Database(url, tenant_id=TENANT, statement_timeout_s=statement_timeout_s))
        return opened[-1]

    yield open_through
    for database in opened:
        database.close()


def backend(database: Database) -> int:
    """Which process of the server answers."""
    with database.begin() as conn:
        pid: int = conn.execute(text("SELECT pg_backend_pid()")).scalar_one()
        return pid


def load_nothing(database: Database) -> None:
    with pytest.raises(LookupError), database.step() as step:
        step.load(UUID(int=1))


def seconds(work: Callable[[], object]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


@pytest.mark.parametrize("work", [backend, load_nothing], ids=["transaction", "step"])
def test_a_silent_server_is_given_up_and_asked_again_later(
    open_through: Callable[..., Database], proxy: Proxy, work: Callable[[Database], object]
) -> None:
    database = open_through()
    work(database)
    proxy.swallow()

    def hear_nothing() -> None:
        with pytest.raises(DatabaseUnavailable):
            work(database)

    assert GIVEN_UP_AFTER_S <= seconds(hear_nothing) < GIVEN_UP_AFTER_S + 4 * LOOK_EVERY_S
    assert seconds(hear_nothing) < LOOK_EVERY_S
    proxy.pass_on()
    time.sleep(BREATHER_S)
    work(database)


def test_an_answer_that_takes_its_time_is_waited_for(open_through: Callable[..., Database]) -> None:
    database = open_through(statement_timeout_s=2.0)
    with database.begin() as conn:
        assert conn.execute(text("SELECT 1 FROM pg_sleep(1.5)")).scalar_one() == 1


def test_a_connection_that_only_rests_is_left_alone(open_through: Callable[..., Database]) -> None:
    database = open_through()
    before = backend(database)
    with database.begin() as conn:
        conn.execute(text("SELECT 1"))
        time.sleep(GIVEN_UP_AFTER_S + 2 * LOOK_EVERY_S)
        conn.execute(text("SELECT 1"))
    assert backend(database) == before


def test_the_watch_ends_with_the_last_connection(open_through: Callable[..., Database]) -> None:
    def watches() -> int:
        return sum(thread.name == "silence" for thread in running_threads())

    before = watches()
    database = open_through()
    backend(database)
    assert watches() == before + 1
    database.close()
    end = time.monotonic() + 5
    while watches() > before and time.monotonic() < end:
        time.sleep(LOOK_EVERY_S / 5)
    assert watches() <= before
