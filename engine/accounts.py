"""Who an actor id is, for people who read a history or a letter."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from engine.actors import Actor, ActorKind
from storage.db import tenant_of
from storage.models.account import Account
from storage.models.step import StepRow

_INSERT: Mapping[str, Callable[[type[Account]], Any]] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def remember(conn: Connection, actor: Actor, *, at: datetime) -> None:
    """Keep the name of a member of staff or a program; names of citizens stay in their Vorgänge."""
    if actor.kind not in (ActorKind.STAFF, ActorKind.TOKEN):
        return
    row = {
        "tenant_id": tenant_of(conn),
        "actor_id": actor.id,
        "kind": actor.kind.value,
        "name": actor.name,
        "seen_at": at,
    }
    statement = _INSERT[conn.dialect.name](Account).values(row)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=[Account.tenant_id, Account.actor_id],
            set_={"name": statement.excluded.name, "seen_at": statement.excluded.seen_at},
        )
    )


def names_of(conn: Connection, actor_ids: Iterable[str]) -> dict[str, str]:
    """Return what to show for each actor id; citizens are shown as such."""
    wanted = set(actor_ids)
    query = select(Account.actor_id, Account.name)
    query = query.where(Account.tenant_id == tenant_of(conn), Account.actor_id.in_(wanted))
    known = {row.actor_id: row.name for row in conn.execute(query)}
    return {actor_id: known.get(actor_id) or _unnamed(actor_id) for actor_id in wanted}


def is_staff(conn: Connection, actor_id: str) -> bool:
    """Say whether this is a member of staff who has ever signed in."""
    query = select(Account.kind).where(Account.tenant_id == tenant_of(conn), Account.actor_id == actor_id)
    return conn.execute(query).scalar_one_or_none() == ActorKind.STAFF.value


def name_of(conn: Connection, actor_id: str) -> str:
    """Return what to show for one actor id."""
    return names_of(conn, [actor_id])[actor_id]


def who_requested(conn: Connection, instance_id: UUID, wait: str) -> str:
    """Return who caused a job: the actor of the step that left it."""
    query = select(StepRow.actor_id, StepRow.moves)
    query = query.where(StepRow.tenant_id == tenant_of(conn), StepRow.instance_id == instance_id)
    for row in conn.execute(query.order_by(StepRow.seq.desc())):
        if any(job[0] == wait for job in row.moves.get("jobs", ())):
            return str(row.actor_id)
    raise LookupError(wait)


def _unnamed(actor_id: str) -> str:
    return "Amtsweg" if actor_id.startswith("system:") else "Antragstellende Person"
