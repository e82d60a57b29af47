"""What remains after a procedure: objects of an Akte with fields that hold for a time, and their history.

Nothing is overwritten. A new period ends or replaces the periods from its first day on; what was known before stays as
a superseded state. Objects and states are sealed rows: each has its event in the chain of the Vorgang that wrote it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Update, select, update

from storage.akte.cells import decrypt_cell, encrypt_cell
from storage.akte.rows import Change, insertion, table_of
from storage.crypto import DataKey
from storage.db import tenant_of
from storage.models.bestandsobjekt import Bestandsobjekt, BestandsobjektState

Fields = Mapping[str, Any]
"""Fields as the cell holds them: tagged JSON by name."""


@dataclass(frozen=True, slots=True)
class State:
    """The fields of an object from `valid_from` to `valid_to` (both included, None: open)."""

    id: UUID
    seq: int
    vorgang_id: UUID
    valid_from: date
    valid_to: date | None
    fields: Fields
    recorded_at: datetime
    recorded_by: str
    superseded_at: datetime | None

    def holds_on(self, day: date) -> bool:
        """Say whether the day lies in the period."""
        return self.valid_from <= day and (self.valid_to is None or self.valid_to >= day)


@dataclass(frozen=True, slots=True)
class Objekt:
    """An object with all states that were ever recorded, in the order of recording."""

    id: UUID
    akte_id: UUID
    parent_id: UUID | None
    kind: str
    number: str | None
    created_at: datetime
    states: tuple[State, ...] = ()

    @property
    def periods(self) -> tuple[State, ...]:
        """The states that hold by what is known now, by their first day; they do not overlap."""
        known = (state for state in self.states if state.superseded_at is None)
        return tuple(sorted(known, key=lambda state: state.valid_from))

    def state_on(self, day: date) -> State | None:
        """Return what held, holds or will hold on the day; outside all periods the nearest one before, else after."""
        begun = [state for state in self.periods if state.valid_from <= day]
        return begun[-1] if begun else next(iter(self.periods), None)

    @property
    def valid_from(self) -> date | None:
        return self.periods[0].valid_from if self.periods else None

    @property
    def valid_to(self) -> date | None:
        """The last day of the last period; None while it is open (or there is none)."""
        return self.periods[-1].valid_to if self.periods else None


@dataclass(frozen=True, slots=True)
class Period:
    """What shall hold from `valid_from` to `valid_to`."""

    valid_from: date
    valid_to: date | None
    fields: Fields


@dataclass(frozen=True, slots=True)
class Source:
    """Which Vorgang writes, and who when."""

    vorgang_id: UUID
    at: datetime
    by: str


def with_period(objekt: Objekt, period: Period, ids: Sequence[UUID], source: Source) -> Objekt:
    """Return the object as it stands when from the period's first day on nothing else holds.

    What began before is cut off on the day before. `ids` are for the states to be added, at least two. Raises
    ValueError where the period ends before it begins.
    """
    if period.valid_to is not None and period.valid_to < period.valid_from:
        raise ValueError("a period ends before it begins")
    first, last = period.valid_from, period.valid_to
    replaced = [state for state in objekt.periods if state.valid_to is None or state.valid_to >= first]
    kept = [
        (state.valid_from, first - timedelta(days=1), state.fields) for state in replaced if state.valid_from < first
    ]
    begun = len(objekt.states) + 1
    added = [
        State(ids[number], begun + number, source.vorgang_id, begins, ends, fields, source.at, source.by, None)
        for number, (begins, ends, fields) in enumerate([*kept, (first, last, period.fields)])
    ]
    gone = {state.id for state in replaced}
    before = (replace(state, superseded_at=source.at) if state.id in gone else state for state in objekt.states)
    return replace(objekt, states=(*before, *added))


def creation(objekt: Objekt, source: Source, *, tenant_id: str) -> Change:
    """Return what adds the object itself, without its states."""
    row = {
        "tenant_id": tenant_id,
        "id": objekt.id,
        "akte_id": objekt.akte_id,
        "parent_id": objekt.parent_id,
        "kind": objekt.kind,
        "number": objekt.number,
        "created_at": objekt.created_at,
    }
    payload = {"art": objekt.kind, "nummer": objekt.number, "akte": str(objekt.akte_id)}
    return insertion(Bestandsobjekt, row, kind="bestand.angelegt", at=source.at, actor_id=source.by, payload=payload)


def additions(key: DataKey, before: Objekt, after: Objekt, *, tenant_id: str) -> Iterator[Change]:
    """Return what adds the states that `after` has beyond `before`; `key` is that of the Akte."""
    known = {state.id: state for state in before.states}
    superseded = [str(state.id) for state in after.states if state.superseded_at and _is_open(known.get(state.id))]
    for state in after.states:
        if state.id not in known:
            yield _addition(key, after, state, superseded, tenant_id)


def supersessions(before: Objekt, after: Objekt, *, tenant_id: str) -> Iterator[Update]:
    """Return what marks the states that no longer hold."""
    known = {state.id: state for state in before.states}
    table = table_of(BestandsobjektState)
    for state in after.states:
        if state.superseded_at and _is_open(known.get(state.id)):
            here = (table.c.tenant_id == tenant_id) & (table.c.id == state.id)
            yield update(table).where(here).values(superseded_at=state.superseded_at)


def find(conn: Connection, kind: str, number: str) -> UUID | None:
    """Return the Akte of the object with this number."""
    query = select(Bestandsobjekt.akte_id)
    query = query.where(
        Bestandsobjekt.tenant_id == tenant_of(conn), Bestandsobjekt.kind == kind, Bestandsobjekt.number == number
    )
    return conn.execute(query).scalar_one_or_none()


def akte_of(conn: Connection, objekt_id: UUID) -> UUID | None:
    """Return the Akte in which an object lies."""
    query = select(Bestandsobjekt.akte_id)
    query = query.where(Bestandsobjekt.tenant_id == tenant_of(conn), Bestandsobjekt.id == objekt_id)
    return conn.execute(query).scalar_one_or_none()


def of_akte(conn: Connection, key: DataKey, akte_id: UUID) -> list[Objekt]:
    """Return everything that remains in an Akte, in the order in which it was recorded; `key` is that of the Akte."""
    rows = conn.execute(
        select(table_of(Bestandsobjekt))
        .where(Bestandsobjekt.tenant_id == tenant_of(conn), Bestandsobjekt.akte_id == akte_id)
        .order_by(Bestandsobjekt.created_at, Bestandsobjekt.number, Bestandsobjekt.id)
    ).all()
    states = _states(conn, key, [row.id for row in rows])
    return [
        Objekt(row.id, row.akte_id, row.parent_id, row.kind, row.number, row.created_at, tuple(states.get(row.id, ())))
        for row in rows
    ]


def _states(conn: Connection, key: DataKey, objekt_ids: Iterable[UUID]) -> dict[UUID, list[State]]:
    table = table_of(BestandsobjektState)
    query = select(table).where(table.c.tenant_id == tenant_of(conn), table.c.bestandsobjekt_id.in_(objekt_ids))
    found: dict[UUID, list[State]] = {}
    for row in conn.execute(query.order_by(table.c.seq)):
        found.setdefault(row.bestandsobjekt_id, []).append(_state(key, row))
    return found


def _state(key: DataKey, row: Row[Any]) -> State:
    fields = decrypt_cell(key, BestandsobjektState, "fields", tenant_id=row.tenant_id, row_id=row.id, stored=row.fields)
    return State(
        id=row.id,
        seq=row.seq,
        vorgang_id=row.vorgang_id,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        fields=fields,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
        superseded_at=row.superseded_at,
    )


def _is_open(state: State | None) -> bool:
    """Whether a stored state still holds; one that is not stored yet is written as it stands."""
    return state is not None and state.superseded_at is None


def _addition(key: DataKey, objekt: Objekt, state: State, superseded: Sequence[str], tenant_id: str) -> Change:
    sealed = encrypt_cell(
        key, BestandsobjektState, "fields", tenant_id=tenant_id, row_id=state.id, value=dict(state.fields)
    )
    row = {
        "tenant_id": tenant_id,
        "id": state.id,
        "bestandsobjekt_id": objekt.id,
        "seq": state.seq,
        "vorgang_id": state.vorgang_id,
        "valid_from": state.valid_from,
        "valid_to": state.valid_to,
        "fields": sealed,
        "recorded_at": state.recorded_at,
        "recorded_by": state.recorded_by,
        "superseded_at": state.superseded_at,
    }
    payload = {
        "objekt": str(objekt.id),
        "art": objekt.kind,
        "nummer": objekt.number,
        "gueltig_ab": str(state.valid_from),
        "gueltig_bis": None if state.valid_to is None else str(state.valid_to),
        "felder": dict(state.fields),
        "ersetzt": list(superseded),
    }
    return insertion(
        BestandsobjektState,
        row,
        kind="bestand.geschrieben",
        at=state.recorded_at,
        actor_id=state.recorded_by,
        payload=payload,
    )
