"""`/inbox`: the open tasks of one's groups, what to do first on top."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from engine import accounts, applicants, cases, catalog, postausgang, substitutions, tasks
from engine.actors import Actor
from engine.errors import Conflict, NotAllowed, NotFound
from engine.law import day_after
from engine.tasks import OpenTask
from storage import queries
from storage.queries import Count, PageKey, TaskRow
from web import access
from web.auth import current_actor
from web.formats import BERLIN, today_in_berlin
from web.inbox import notices
from web.site import house, now

blueprint = Blueprint("inbox", __name__)

PAGE: Final = 50
MOST_TODAY: Final = 100
MOST_TRIED: Final = 20
"""How many free tasks "Nächste freie Aufgabe" tries: others claim at the same time, and some need a second person."""


class Shelf(StrEnum):
    """Which tasks a list shows; the value stands in the address."""

    FREE = "verfuegbar"
    MINE = "meine"
    DEFERRED = "zurueckgestellt"
    STANDING_IN = "vertretung"
    OTHERS = "andere"


class Due(StrEnum):
    """Which Fristen a list shows; the value stands in the address."""

    ANY = "alle"
    OVERDUE = "ueberfaellig"
    TODAY = "heute"


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody looks at: a shelf, all of it or only what is overdue or due today, from one place on."""

    shelf: Shelf
    due: Due
    after: PageKey | None

    @property
    def address(self) -> str:
        parts = {"liste": self.shelf.value} if self.shelf is not Shelf.FREE else {}
        if self.due is not Due.ANY:
            parts["frist"] = self.due.value
        if self.after is not None:
            parts["nach"] = f"{self.after.sort_at.isoformat()}_{self.after.task_id}"
        return url_for("inbox.index") + (f"?{urlencode(parts)}" if parts else "")


@dataclass(frozen=True, slots=True)
class Line:
    """A task in the table."""

    task: TaskRow
    procedure: str
    applicant: str
    holder: str
    is_late: bool
    is_deferred: bool
    is_standing_in: bool


@dataclass(frozen=True, slots=True)
class Tab:
    label: str
    count: str
    address: str
    is_current: bool


@blueprint.get("/inbox")
@access.staff()
def index() -> str | Response:
    """Show a list; `?suche=` leads to the Vorgang with this Aktenzeichen."""
    by, at = current_actor(), now()
    searched = request.args.get("suche", "").strip()[:100]
    found = cases.find(house(), searched, by=by, at=at) if searched else None
    if found is not None:
        return redirect(url_for("case.show", vorgang_id=found), 303)
    chosen = _choice()
    notices.remember_list(chosen.address)
    with house().db.read() as conn:
        rows = _page(conn, chosen, by, at)
        lines = _lines(conn, rows[:PAGE], by, at)
        tabs = [_tab(conn, chosen, shelf, by, at) for shelf in _shelves(conn, chosen, by, at)]
        overdue = _overdue_tabs(conn, chosen, next(tab.count for tab in tabs if tab.is_current), by, at)
        notice = notices.take()
        has_post = postausgang.is_waiting(conn, by=by)
        ahead = _ahead(conn, notice, by, at)
    following = replace(chosen, after=rows[PAGE - 1].page_key).address if len(rows) > PAGE else None
    return render_template(
        "inbox/list.html",
        chosen=chosen,
        lines=lines,
        tabs_of_lists=tabs,
        title=_TITLES[chosen.shelf],
        overdue=overdue,
        following=following,
        beginning=replace(chosen, after=None).address if chosen.after else None,
        searched=searched,
        notice=notice,
        ahead=ahead,
        has_groups=bool(by.roles),
        is_lead=substitutions.LEAD in by.roles,
        has_post=has_post,
    )


@blueprint.post("/inbox/naechste")
@access.staff()
def claim_next() -> Response:
    """Claim the most urgent free task that this person may take, and open it."""
    by, at = current_actor(), now()
    with house().db.read() as conn:
        free = queries.claimable(conn, _candidates(by), limit=MOST_TRIED)
    for task in free:
        try:
            tasks.claim(house(), task.id, by=by, at=at)
        except (Conflict, NotAllowed, NotFound):
            continue
        return redirect(url_for("task.show", task_id=task.id), 303)
    notices.put("info", "Gerade ist keine Aufgabe frei, die Sie übernehmen können.")
    return redirect(url_for("inbox.index"), 303)


def _ahead(conn: Connection, notice: Mapping[str, Any] | None, by: Actor, at: datetime) -> list[OpenTask]:
    """What this person could go on with in the Vorgang of the notice."""
    if notice is None or notice["vorgang_id"] is None:
        return []
    open_tasks = tasks.of_vorgang(conn, UUID(notice["vorgang_id"]), by=by, on=at)
    return [task for task in open_tasks if task.assignee in (None, by.id)]


def _choice() -> Choice:
    """Read the address; what does not fit counts as not said."""
    shelf = request.args.get("liste", "")
    return Choice(
        shelf=Shelf(shelf) if shelf in Shelf.__members__.values() else Shelf.FREE,
        due=next((one for one in Due if one.value == request.args.get("frist")), Due.ANY),
        after=_page_key(request.args.get("nach", "")),
    )


def _page_key(text: str) -> PageKey | None:
    moment, _, task_id = text.rpartition("_")
    try:
        key = PageKey(datetime.fromisoformat(moment), UUID(task_id))
    except ValueError:
        return None
    return key if key.sort_at.tzinfo is not None else None


def _candidates(by: Actor) -> list[str]:
    return queries.candidates_of(by.roles, by.id)


def _page(conn: Connection, chosen: Choice, by: Actor, at: datetime) -> Sequence[TaskRow]:
    """One more than a page, to know whether there is another."""
    return _tasks(conn, chosen, by, at, limit=PAGE + 1)


def _tasks(conn: Connection, chosen: Choice, by: Actor, at: datetime, *, limit: int) -> Sequence[TaskRow]:
    due_before, after = _due_before(chosen.due, at), chosen.after
    if chosen.due is Due.TODAY and after is None:
        after = PageKey(_start_of_day(at), UUID(int=0))  # lists are in order of the Frist: this leaves out the overdue
    match chosen.shelf:
        case Shelf.FREE:
            return queries.claimable(conn, _candidates(by), limit=limit, after=after, due_before=due_before)
        case Shelf.MINE:
            return queries.assigned(conn, by.id, limit=limit, after=after, due_before=due_before, awake_at=at)
        case Shelf.DEFERRED:
            return queries.deferred(conn, by.id, at=at, limit=limit, after=after, due_before=due_before)
        case Shelf.STANDING_IN:
            return queries.held_by(conn, _absent(conn, by, at), limit=limit, after=after, due_before=due_before)
        case Shelf.OTHERS:
            return queries.claimed_by_others(
                conn, _candidates(by), but=by.id, limit=limit, after=after, due_before=due_before
            )


def _count(conn: Connection, shelf: Shelf, by: Actor, at: datetime, due_before: datetime | None = None) -> str:
    counts: dict[Shelf, Callable[[], Count]] = {
        Shelf.FREE: lambda: queries.count_claimable(conn, _candidates(by), due_before=due_before),
        Shelf.MINE: lambda: queries.count_assigned(conn, by.id, due_before=due_before, awake_at=at),
        Shelf.DEFERRED: lambda: queries.count_deferred(conn, by.id, at=at, due_before=due_before),
        Shelf.STANDING_IN: lambda: queries.count_held_by(conn, _absent(conn, by, at), due_before=due_before),
        Shelf.OTHERS: lambda: queries.count_claimed_by_others(conn, _candidates(by), but=by.id, due_before=due_before),
    }
    count = counts[shelf]()
    return "mehr als 1.000" if count.more else str(count.number)


_LABELS = {
    Shelf.FREE: "Verfügbar",
    Shelf.MINE: "Meine",
    Shelf.DEFERRED: "Zurückgestellt",
    Shelf.STANDING_IN: "In Vertretung",
    Shelf.OTHERS: "Von anderen",
}

_TITLES = {
    Shelf.FREE: "Verfügbare Aufgaben",
    Shelf.MINE: "Meine Aufgaben",
    Shelf.DEFERRED: "Von Ihnen zurückgestellte Aufgaben",
    Shelf.STANDING_IN: "Aufgaben in Vertretung",
    Shelf.OTHERS: "Aufgaben von anderen",
}


def _tab(conn: Connection, chosen: Choice, shelf: Shelf, by: Actor, at: datetime) -> Tab:
    address = replace(chosen, shelf=shelf, after=None).address
    return Tab(_LABELS[shelf], _count(conn, shelf, by, at), address, shelf is chosen.shelf)


def _due_before(due: Due, at: datetime) -> datetime | None:
    match due:
        case Due.ANY:
            return None
        case Due.OVERDUE:
            return _start_of_day(at)
        case Due.TODAY:
            return day_after(today_in_berlin(at))


def _count_today(conn: Connection, chosen: Choice, by: Actor, at: datetime) -> str:
    """Reads the list, past whatever is overdue; nobody needs to know how many more than a hundred end today."""
    found = len(_tasks(conn, replace(chosen, due=Due.TODAY), by, at, limit=MOST_TODAY + 1))
    return f"mehr als {MOST_TODAY}" if found > MOST_TODAY else str(found)


def _overdue_tabs(conn: Connection, chosen: Choice, count: str, by: Actor, at: datetime) -> list[Tab]:
    """All of this list, what is overdue and what is due today; `count`: how many all are, as counted for its tab."""
    here = replace(chosen, after=None)
    return [
        Tab(
            "Alle",
            count,
            replace(here, due=Due.ANY).address,
            chosen.due is Due.ANY,
        ),
        Tab(
            "Nur überfällige",
            _count(conn, chosen.shelf, by, at, _start_of_day(at)),
            replace(here, due=Due.OVERDUE).address,
            chosen.due is Due.OVERDUE,
        ),
        Tab(
            "Heute fällig",
            _count_today(conn, here, by, at),
            replace(here, due=Due.TODAY).address,
            chosen.due is Due.TODAY,
        ),
    ]


def _absent(conn: Connection, by: Actor, at: datetime) -> frozenset[str]:
    return substitutions.absent_of(conn, by.id, on=today_in_berlin(at))


def _shelves(conn: Connection, chosen: Choice, by: Actor, at: datetime) -> list[Shelf]:
    """All, but "In Vertretung" only for somebody who stands in for somebody, or looks at it."""
    is_needed = chosen.shelf is Shelf.STANDING_IN or bool(_absent(conn, by, at))
    return [shelf for shelf in Shelf if shelf is not Shelf.STANDING_IN or is_needed]


def _lines(conn: Connection, rows: Sequence[TaskRow], by: Actor, at: datetime) -> list[Line]:
    titles = {key: catalog.latest(conn, key).procedure.title for key in {row.procedure_key for row in rows}}
    names = accounts.names_of(conn, {row.assignee for row in rows if row.assignee})
    applicant = applicants.names_of(house(), conn, [row.vorgang_id for row in rows if row.vorgang_id])
    today, absent = _start_of_day(at), _absent(conn, by, at)
    return [
        Line(
            row,
            titles[row.procedure_key],
            applicant.get(row.vorgang_id, "") if row.vorgang_id else "",
            names.get(row.assignee or "", ""),
            row.due_at is not None and row.due_at < today,
            row.follow_up_at is not None and row.follow_up_at > at,
            row.assignee in absent,
        )
        for row in rows
    ]


def _start_of_day(at: datetime) -> datetime:
    """The first moment of today in Berlin: what was due before is overdue, what is due today is not."""
    return datetime.combine(today_in_berlin(at), time(), BERLIN).astimezone(at.tzinfo)
