"""Rows that the law relies on: none is written or changed without an event in the chain that says so.

The event carries the fingerprint of the row as it stands afterwards, so `amtsweg verify` notices a row that was
changed, added or removed behind the product's back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Insert, Table, Update, insert, select, update

from storage.akte.events import Event, Subject, fingerprint
from storage.models.antrag import Antrag
from storage.models.base import Base
from storage.models.bestandsobjekt import Bestandsobjekt, BestandsobjektState
from storage.models.dokument import Dokument
from storage.models.frist import Frist, FristEvent
from storage.models.party import VorgangParty
from storage.models.rueckfrage import Rueckfrage, RueckfragePunkt
from storage.models.sollstellung import Sollstellung
from storage.models.verwaltungsakt import Bekanntgabe, Rechtsbehelf, Verwaltungsakt
from storage.models.vorgang import Offenlegung, Vermerk, VorgangRow

_OPERATIONAL: Mapping[type[Base], frozenset[str]] = {
    VorgangRow: frozenset({"status", "kette_seq", "kette_hash"}),
    VorgangParty: frozenset(),
    Dokument: frozenset({"scan_state", "store_version_id"}),
    Antrag: frozenset({"readable_id"}),
    Verwaltungsakt: frozenset(),
    Bekanntgabe: frozenset({"notification_job_id"}),
    Rechtsbehelf: frozenset(),
    Rueckfrage: frozenset(),
    RueckfragePunkt: frozenset(),
    Frist: frozenset(),
    FristEvent: frozenset(),
    Sollstellung: frozenset({"job_id"}),
    Vermerk: frozenset(),
    Offenlegung: frozenset(),
    Bestandsobjekt: frozenset(),
    BestandsobjektState: frozenset({"superseded_at"}),  # the event of the state that supersedes it says so
}
"""The sealed tables, each with the columns that may change without an event, because they prove nothing."""

SEALED: tuple[type[Base], ...] = tuple(_OPERATIONAL)


@dataclass(frozen=True, slots=True)
class Change:
    """One row to be written and the event to be appended with it; `row` is the whole row afterwards.

    `before` is the row from which an alteration was computed.
    """

    statement: Insert | Update
    event: Event
    model: type[Base]
    row: Mapping[str, Any]
    before: Mapping[str, Any] | None = None


def insertion(
    model: type[Base], values: Mapping[str, Any], *, kind: str, at: datetime, actor_id: str, payload: Mapping[str, Any]
) -> Change:
    """Return what adds a row; columns that `values` does not name are None."""
    table = table_of(model)
    row = {column.name: values.get(column.name) for column in table.columns}
    _refuse_unknown(table, values)
    event = Event(kind, at, actor_id, payload, subject_of(model, row))
    return Change(insert(table).values(row), event, model, row)


def alteration(
    model: type[Base],
    current: Mapping[str, Any],
    changes: Mapping[str, Any],
    *,
    kind: str,
    at: datetime,
    actor_id: str,
    payload: Mapping[str, Any],
) -> Change:
    """Return what changes a row; `current` is the whole row as it stands (see `changes.write` and `add_to_step`)."""
    table = table_of(model)
    _refuse_unknown(table, changes)
    row = {column.name: current[column.name] for column in table.columns} | dict(changes)
    statement = update(table).where(table.c.tenant_id == row["tenant_id"], table.c.id == row["id"]).values(changes)
    return Change(statement, Event(kind, at, actor_id, payload, subject_of(model, row)), model, row, current)


def read_row(conn: Connection, model: type[Base], tenant_id: str, row_id: UUID) -> Mapping[str, Any] | None:
    """Return the row of a table of this tenant, to be handed to `alteration`; None if there is none."""
    table = table_of(model)
    query = select(table).where(table.c.tenant_id == tenant_id, table.c.id == row_id)
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else dict(row)


def subject_of(model: type[Base], row: Mapping[str, Any]) -> Subject:
    """Return what an event about this row carries."""
    return Subject(model.__tablename__, row["id"], fingerprint_of(model, row))


def fingerprint_of(model: type[Base], row: Mapping[str, Any]) -> bytes:
    """Return the fingerprint of all columns that prove something."""
    skipped = _OPERATIONAL[model]
    return fingerprint(
        {column.name: row[column.name] for column in table_of(model).columns if column.name not in skipped}
    )


def table_of(model: type[Base]) -> Table:
    """Return the table of a model."""
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} is no plain table")
    return table


def _refuse_unknown(table: Table, values: Mapping[str, Any]) -> None:
    unknown = values.keys() - {column.name for column in table.columns}
    if unknown:
        raise ValueError(f"{table.name} has no column {', '.join(sorted(unknown))}")
