"""Vertretung: from one day to another a colleague sees and may do the tasks that somebody holds.

Who acted counts, not in whose place: the second-person rule knows no substitutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Connection, insert, or_, select, update

from engine import accounts
from engine.actors import Actor, ActorKind
from engine.errors import Invalid, NotAllowed, NotFound
from engine.house import House
from engine.law import berlin_date
from storage.db import tenant_of
from storage.models.account import Account
from storage.models.zustaendigkeit import Vertretung

LEAD: Final = "leitung"


@dataclass(frozen=True, slots=True)
class Substitution:
    """Who stands in for whom, both days included."""

    id: UUID
    absent: str
    absent_name: str
    substitute: str
    substitute_name: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Colleague:
    id: str
    name: str


def arrange(
    house: House,
    *,
    absent: str,
    substitute: str,
    starts_on: date | None,
    ends_on: date | None,
    by: Actor,
    at: datetime,
) -> None:
    """Let `substitute` stand in for `absent`; the same again is a no-op.

    Everybody arranges her own, the lead anybody's. Raises NotAllowed, Invalid with a sentence per field.
    """
    if by.kind is not ActorKind.STAFF or (by.id != absent and LEAD not in by.roles):
        raise NotAllowed("substitution_of_others")
    with house.db.begin() as conn:
        start, end = _checked(conn, absent, substitute, starts_on, ends_on, at)
        same = select(Vertretung.id).where(
            Vertretung.tenant_id == house.tenant_id,
            Vertretung.absent == absent,
            Vertretung.substitute == substitute,
            Vertretung.starts_on == start,
            Vertretung.ends_on == end,
            Vertretung.revoked_at.is_(None),
        )
        if conn.execute(same).first() is not None:
            return
        conn.execute(
            insert(Vertretung).values(
                tenant_id=house.tenant_id,
                id=uuid4(),
                absent=absent,
                substitute=substitute,
                starts_on=start,
                ends_on=end,
                set_at=at,
                set_by=by.id,
                revoked_at=None,
            )
        )


def revoke(house: House, substitution_id: UUID, *, by: Actor, at: datetime) -> None:
    """End a Vertretung now; raises NotFound, also for one that is none of hers."""
    query = update(Vertretung).where(
        Vertretung.tenant_id == house.tenant_id, Vertretung.id == substitution_id, Vertretung.revoked_at.is_(None)
    )
    if LEAD not in by.roles:
        query = query.where(Vertretung.absent == by.id)
    with house.db.begin() as conn:
        if conn.execute(query.values(revoked_at=at)).rowcount != 1:
            raise NotFound("substitution_unknown", substitution_id=substitution_id)


def absent_of(conn: Connection, substitute: str, *, on: date) -> frozenset[str]:
    """Return for whom somebody stands in on a day."""
    query = select(Vertretung.absent).where(_in_force(conn), Vertretung.substitute == substitute)
    return frozenset(conn.execute(query.where(Vertretung.starts_on <= on, Vertretung.ends_on >= on)).scalars())


def list_of(house: House, *, by: Actor, at: datetime) -> Sequence[Substitution]:
    """Return what is arranged from today on: the lead sees all, everybody else what concerns her."""
    query = select(Vertretung.__table__)
    with house.db.read() as conn:
        query = query.where(_in_force(conn), Vertretung.ends_on >= berlin_date(at))
        if LEAD not in by.roles:
            query = query.where(or_(Vertretung.absent == by.id, Vertretung.substitute == by.id))
        rows = conn.execute(query.order_by(Vertretung.starts_on, Vertretung.set_at)).all()
        names = accounts.names_of(conn, {one for row in rows for one in (row.absent, row.substitute)})
    return [
        Substitution(
            row.id, row.absent, names[row.absent], row.substitute, names[row.substitute], row.starts_on, row.ends_on
        )
        for row in rows
    ]


def colleagues(house: House) -> Sequence[Colleague]:
    """Return the members of staff who have ever signed in, by name."""
    query = select(Account.actor_id, Account.name).where(
        Account.tenant_id == house.tenant_id, Account.kind == ActorKind.STAFF.value
    )
    with house.db.read() as conn:
        return [Colleague(*row) for row in conn.execute(query.order_by(Account.name, Account.actor_id))]


def _in_force(conn: Connection) -> ColumnElement[bool]:
    return (Vertretung.tenant_id == tenant_of(conn)) & Vertretung.revoked_at.is_(None)


def _checked(
    conn: Connection, absent: str, substitute: str, starts_on: date | None, ends_on: date | None, at: datetime
) -> tuple[date, date]:
    query = select(Account.actor_id).where(Account.tenant_id == tenant_of(conn), Account.kind == ActorKind.STAFF.value)
    known = set(conn.execute(query.where(Account.actor_id.in_({absent, substitute}))).scalars())
    errors: dict[str, str] = {}
    if absent not in known:
        errors["abwesend"] = "Wählen Sie, wer abwesend ist."
    if substitute not in known or substitute == absent:
        errors["vertretung"] = "Wählen Sie eine andere Person, die vertritt."
    if starts_on is None:
        errors["von"] = "Geben Sie den ersten Tag an."
    if ends_on is None or ends_on < berlin_date(at) or (starts_on is not None and ends_on < starts_on):
        errors["bis"] = "Geben Sie den letzten Tag an: nicht vor dem ersten und nicht in der Vergangenheit."
    if starts_on is None or ends_on is None or errors:
        raise Invalid("substitution_invalid", errors)
    return starts_on, ends_on
