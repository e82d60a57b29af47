"""Messages that came in, until exactly one waiting instance has taken them.

A message is stored first, under the sender's id, so that the same one sent twice counts once. Then it is delivered by a
step of the instance that waits for its name and key (`Step.take_message`). With nobody waiting it stays for 24 hours,
with more than one it is an error for a person: it is never given to an arbitrary one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.db import tenant_of
from storage.models.incident import Incident
from storage.models.message import Message, MessageWait

KEPT = timedelta(hours=24)
"""How long a message waits for an instance."""
REMEMBERED = timedelta(days=30)
"""How long the id of a message counts as known after that."""


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message as its row stands; `payload` is encrypted with the key `key_id`."""

    id: UUID
    message_id: str
    name: str
    key: str
    status: str
    payload: bytes
    key_id: UUID
    received_at: datetime
    expires_at: datetime
    instance_id: UUID | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An instance that waits for a message."""

    instance_id: UUID
    wait: str
    element: str


@dataclass(frozen=True, slots=True)
class Match:
    """A stored message and the instances that wait for it; more than one is an error."""

    message: StoredMessage
    waiting: Sequence[Waiting]


def receive(
    conn: Connection,
    *,
    id: UUID,  # noqa: A002 -- the column's name
    message_id: str,
    name: str,
    key: str,
    payload: bytes,
    key_id: UUID,
    at: datetime,
) -> bool:
    """Store a message as `id`; False, and nothing written, if the tenant has had one with this `message_id`."""
    row = {
        "tenant_id": tenant_of(conn),
        "id": id,
        "message_id": message_id,
        "name": name,
        "key": key,
        "status": "stored",
        "payload": payload,
        "key_id": key_id,
        "received_at": at,
        "expires_at": at + KEPT,
        "instance_id": None,
    }
    statement = (postgresql if conn.dialect.name == "postgresql" else sqlite).insert(Message)
    unknown = statement.on_conflict_do_nothing(index_elements=["tenant_id", "message_id"])
    return conn.execute(unknown.values(row).returning(Message.id)).one_or_none() is not None


def by_message_id(conn: Connection, message_id: str) -> StoredMessage | None:
    """Return the message that the sender calls `message_id`."""
    row = conn.execute(_messages(conn).where(Message.message_id == message_id)).one_or_none()
    return None if row is None else _stored(row)


def waiting_for(conn: Connection, name: str, key: str) -> list[Waiting]:
    """Return who waits for the message; more than one means that it cannot be delivered."""
    query = select(MessageWait.instance_id, MessageWait.wait, MessageWait.element).where(
        MessageWait.tenant_id == tenant_of(conn), MessageWait.name == name, MessageWait.key == key
    )
    return [Waiting(*row) for row in conn.execute(query.order_by(MessageWait.id))]


def deliverable(conn: Connection, *, at: datetime, limit: int) -> list[Match]:
    """Return stored messages for which an instance waits now, the oldest first.

    A worker calls this at intervals: a message and a wait that come at the same moment do not see each other.
    """
    someone_waits = (
        select(MessageWait.id)
        .where(MessageWait.tenant_id == Message.tenant_id, MessageWait.name == Message.name)
        .where(MessageWait.key == Message.key)
        .exists()
    )
    query = _messages(conn).where(Message.status == "stored", Message.expires_at > at, someone_waits)
    messages = [_stored(row) for row in conn.execute(query.order_by(Message.received_at, Message.id).limit(limit))]
    return [Match(message, waiting_for(conn, message.name, message.key)) for message in messages]


def refuse_ambiguous(conn: Connection, message: StoredMessage, *, at: datetime, waiting: int) -> None:
    """Take a message out of delivery because several instances wait for it; a person learns of it by an incident."""
    taken = conn.execute(
        update(Message)
        .where(_is(conn, Message.id == message.id, Message.status == "stored"))
        .values(status="ambiguous")
    )
    if taken.rowcount == 1:
        cause = f"{waiting} instances wait for the message {message.name!r} with the same key"
        _open_incident(conn, message.id, code="message_ambiguous", cause=cause, at=at)


def any_expired(conn: Connection, *, at: datetime) -> bool:
    """Say whether `expire` has anything to do, without taking the writer's place."""
    return bool(conn.execute(select(select(Message.id).where(_expired(conn, at)).exists())).scalar())


def expire(conn: Connection, *, at: datetime) -> int:
    """Give up messages that nobody waited for in 24 hours, each with an incident; return how many."""
    expired = update(Message).where(_expired(conn, at)).values(status="expired").returning(Message.id, Message.name)
    rows = conn.execute(expired).all()
    for row in rows:
        cause = f"no instance waited for the message {row.name!r} within {KEPT}"
        _open_incident(conn, row.id, code="message_unmatched", cause=cause, at=at)
    return len(rows)


def forget(conn: Connection, *, at: datetime) -> int:
    """Delete messages that were settled long ago; return how many."""
    old = _is(conn, Message.status != "stored", Message.expires_at <= at - REMEMBERED)
    return conn.execute(delete(Message).where(old)).rowcount


def count_stored(conn: Connection) -> int:
    """Return how many messages wait for an instance."""
    return conn.execute(
        select(func.count()).select_from(Message).where(_is(conn, Message.status == "stored"))
    ).scalar_one()


def _messages(conn: Connection) -> Any:
    columns = [Message.__table__.c[name] for name in StoredMessage.__slots__]
    return select(*columns).where(Message.tenant_id == tenant_of(conn))


def _expired(conn: Connection, at: datetime) -> ColumnElement[bool]:
    return _is(conn, Message.status == "stored", Message.expires_at <= at)


def _is(conn: Connection, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(Message.tenant_id == tenant_of(conn), *conditions)


def _stored(row: Any) -> StoredMessage:
    return StoredMessage(*row)


def _open_incident(conn: Connection, message_id: UUID, *, code: str, cause: str, at: datetime) -> None:
    row = {
        "tenant_id": tenant_of(conn),
        "id": uuid5(message_id, code),
        "code": code,
        "cause": cause,
        "instance_id": None,
        "vorgang_id": None,
        "job_id": None,
        "element": None,
        "occurred_at": at,
        "resolved_at": None,
        "resolved_by": None,
    }
    conn.execute(insert(Incident), row)
