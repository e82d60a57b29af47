"""The counters beside the lists say what is true: compared with counting by hand in a full inbox."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from lxml import html
from sqlalchemy import Row, select

from storage.models.task import Task, TaskCandidate
from tests.web.inbox.conftest import Browser, Office
from web import demo_data

ISSUERS = {"buergerkonto": "https://login.example/b", "verwaltung": "https://login.example/v"}
MIDNIGHT = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)  # 24 November begins in Berlin


@pytest.fixture
def busy(office: Office) -> tuple[Browser, list[Row]]:
    """Petra Schulz among 40 tasks, some of hers put off, and all open tasks of her group."""
    demo_data.fill(office.house, ISSUERS, number=40, at=office.now() - timedelta(hours=1))
    schulz = office.browser("Petra Schulz", "steueramt")
    with office.house.db.begin() as conn:
        held = list(conn.execute(select(Task.id).where(Task.assignee.is_not(None)).order_by(Task.id)).scalars())
        conn.execute(Task.__table__.update().where(Task.id.in_(held[::2])).values(assignee=schulz.actor.id))
        query = select(Task.assignee, Task.due_at, Task.follow_up_at)
        query = query.join(TaskCandidate, TaskCandidate.task_id == Task.id)
        return schulz, list(conn.execute(query.where(TaskCandidate.candidate == "group:steueramt")))


def shown(page: str) -> dict[str, int]:
    """The counters by their labels."""
    links = html.fromstring(page).xpath("//nav[contains(@class, 'inbox-filter')]//a")
    return {link.xpath("string(span[1])"): int(link.xpath("string(span[2])")) for link in links}


def test_every_counter_is_what_one_counts_by_hand(office: Office, busy: tuple[Browser, list[Row]]) -> None:
    schulz, rows = busy
    me = schulz.actor.id
    belongs: dict[str, tuple[str, Callable[[Row], bool]]] = {
        "verfuegbar": ("Verfügbar", lambda row: row.assignee is None),
        "meine": ("Meine", lambda row: row.assignee == me and not is_put_off(row, office.now())),
        "zurueckgestellt": ("Zurückgestellt", lambda row: row.assignee == me and is_put_off(row, office.now())),
        "andere": ("Von anderen", lambda row: row.assignee not in (None, me)),
    }
    for shelf, (label, is_there) in belongs.items():
        counted = shown(schulz.get(f"/inbox?liste={shelf}"))
        here = [row for row in rows if is_there(row)]
        assert counted[label] == counted["Alle"] == len(here) > 0, shelf
        late = [row for row in here if row.due_at is not None and row.due_at < MIDNIGHT]
        assert counted["Nur überfällige"] == len(late), shelf
        today = [row for row in here if row.due_at and MIDNIGHT <= row.due_at < MIDNIGHT + timedelta(days=1)]
        assert counted["Heute fällig"] == len(today), shelf
        page = html.fromstring(schulz.get(f"/inbox?liste={shelf}&frist=heute"))
        assert len(page.xpath("//tr[@data-row]")) == len(today), shelf
    assert any(row.due_at is not None and row.due_at < MIDNIGHT for row in rows)
    assert any(row.due_at and MIDNIGHT <= row.due_at < MIDNIGHT + timedelta(days=1) for row in rows)


def test_a_list_has_as_many_rows_as_its_counter_says(busy: tuple[Browser, list[Row]]) -> None:
    schulz, _ = busy
    for address in ("/inbox", "/inbox?liste=meine", "/inbox?liste=zurueckgestellt", "/inbox?liste=andere"):
        page = schulz.get(address)
        assert len(html.fromstring(page).xpath("//tr[@data-row]")) == shown(page)["Alle"]


def is_put_off(row: Row, at: datetime) -> bool:
    return row.follow_up_at is not None and row.follow_up_at > at
