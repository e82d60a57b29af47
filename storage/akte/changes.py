"""Writing sealed rows with their events: in a transaction of their own, or as parts of a step."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.sql import Insert

from storage.akte import events
from storage.akte.events import Event, Head
from storage.akte.rows import Change, fingerprint_of, read_row
from storage.crypto import DataKey
from storage.db import tenant_of
from storage.models.akte_event import AkteEvent
from storage.models.vorgang import VorgangRow
from storage.steps import Step


class VorgangUnknown(LookupError):
    """The tenant has no such Vorgang."""


class RowChanged(Exception):
    """Somebody changed the row since it was read; nothing was written: read it again."""


def write(conn: Connection, key: DataKey, vorgang_id: UUID, changes: Sequence[Change]) -> Head:
    """Write the rows and append their events; `key` is the key of the Vorgang. Return the new head.

    Raises RowChanged if a row is no longer the one from which its alteration was computed.
    """
    lock_head(conn, vorgang_id)
    for change in changes:
        _check_unchanged(conn, change)
        conn.execute(change.statement)
    return append(conn, key, vorgang_id, [change.event for change in changes])


def append(conn: Connection, key: DataKey, vorgang_id: UUID, new: Sequence[Event]) -> Head:
    """Append events that stem from no step; the row of the Vorgang stays locked until the transaction ends."""
    before = lock_head(conn, vorgang_id)
    sealed = events.seal(before, key, new)
    if not sealed:
        return before
    after = events.head_after(before, sealed)
    conn.execute(insert(AkteEvent), [row._asdict() for row in sealed])
    conn.execute(
        update(VorgangRow)
        .where(VorgangRow.tenant_id == before.tenant_id, VorgangRow.id == vorgang_id)
        .values(kette_seq=after.seq, kette_hash=after.hash)
    )
    return after


def lock_head(conn: Connection, vorgang_id: UUID) -> Head:
    """Return where the chain ends, and keep others from appending until the transaction ends."""
    query = select(VorgangRow.kette_seq, VorgangRow.kette_hash)
    query = query.where(VorgangRow.tenant_id == tenant_of(conn), VorgangRow.id == vorgang_id).with_for_update()
    row = conn.execute(query).one_or_none()
    if row is None:
        raise VorgangUnknown(vorgang_id)
    return Head(tenant_of(conn), vorgang_id, row.kette_seq, row.kette_hash)


def add_to_step(step: Step, key: DataKey, changes: Sequence[Change]) -> None:
    """Make the rows and their events parts of a step whose instance belongs to the Vorgang; after `step.save`.

    Compute an alteration from a row that was read *after* `step.load`: whoever changed it since then has moved the
    head of the Vorgang too, so the step is a LostRace and nothing is overwritten.
    """
    for change in changes:
        if isinstance(change.statement, Insert):
            step.insert(change.model, change.row)
        else:
            step.also(change.statement)
        step.akte_event(key, change.event)


def _check_unchanged(conn: Connection, change: Change) -> None:
    if change.before is None:
        return
    now = read_row(conn, change.model, tenant_of(conn), change.row["id"])
    if now is None or fingerprint_of(change.model, now) != fingerprint_of(change.model, change.before):
        raise RowChanged(change.row["id"])
