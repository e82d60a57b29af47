"""The place of an Akte: the city's plan wins, and nobody enters a position twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from uuid import uuid4

from sqlalchemy import func, insert, select, update

from storage.akte.aktenplan import ensure_position
from storage.models.aktenplan import AktenplanPosition

TODAY = date(2026, 11, 24)


def _ensure(conn, on=TODAY):
    return ensure_position(
        conn, "20.31", title="Hundesteuer", retention_years=10, retention_source="Hausregel (Beispiel)", on=on
    )


def test_a_missing_position_is_entered_once(open_database, database):
    start = Barrier(4)

    def enter(_):
        own = open_database(pool_size=1)
        start.wait()
        with own.begin() as conn:
            return _ensure(conn)

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(enter, range(4)))
    with database.read() as conn:
        assert conn.execute(select(func.count()).select_from(AktenplanPosition)).scalar() == 1
    assert len(found) == 1


def test_the_plan_of_the_city_wins(database):
    row = {
        "tenant_id": "darmstadt",
        "id": uuid4(),
        "kennzahl": "20.31",
        "title": "Örtliche Steuern",
        "valid_from": date(2020, 1, 1),
    }
    with database.begin() as conn:
        conn.execute(insert(AktenplanPosition).values(row))
        assert _ensure(conn) == row["id"]


def test_a_position_that_ended_is_not_used(database):
    with database.begin() as conn:
        old = _ensure(conn, on=date(2025, 1, 1))
        conn.execute(update(AktenplanPosition).values(valid_to=date(2025, 12, 31)))
        assert _ensure(conn) != old
        assert _ensure(conn, on=date(2025, 12, 31)) == old
