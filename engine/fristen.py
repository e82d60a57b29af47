"""Periods that the office sets: begun, extended on request, ended; every change is an event in the chain.

A period ends on a working day. The row says why on that day, so that the page of the case need not compute it again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, select

from engine import law
from engine.errors import Conflict, Invalid, NotFound
from engine.files import OpenFile
from storage.akte.rows import Change, alteration, insertion, read_row
from storage.db import tenant_of
from storage.models.frist import Frist, FristEvent, FristEventKind, FristStatus

ASKED: Final = FristEventKind.VERLAENGERUNG_BEANTRAGT
_EXTENSION: Final = "2 Wochen"
_EXTENSION_EVENTS: Final = (ASKED, FristEventKind.VERLAENGERT, FristEventKind.VERLAENGERUNG_ABGELEHNT)


@dataclass(frozen=True, slots=True)
class End:
    """The last day of a period, the first moment after it (UTC), and why that day, with the norm."""

    ends_on: date
    over_at: datetime
    norm: str
    reason: str

    def columns(self) -> dict[str, Any]:
        return {"ends_on": self.ends_on, "ends_at": self.over_at, "norm": self.norm, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class FristView:
    """A period as pages show it; `asked_at` is None unless a request for more time waits for an answer."""

    id: UUID
    status: FristStatus
    ends_on: date
    original_ends_on: date
    norm: str
    reason: str
    asked_at: datetime | None
    was_refused: bool


def named_day(file: OpenFile, day: date, *, on: date) -> End:
    """Return the end of a period for which the office names a day: that day, or the next working day."""
    facts = file.procedure.facts
    rule = law.norm("fristen", facts.code, jurisdiction=facts.jurisdiction, on=on)
    ends_on = law.next_working_day(day, facts.jurisdiction)
    reason = f"Das Amt hat den {law.german_day(ends_on)} bestimmt."
    if ends_on != day:
        why = law.holiday_name(day, facts.jurisdiction)
        no_working_day = f"Der {law.german_day(day)} ist kein Werktag" + (f" ({why})" if why else "")
        reason = f"{no_working_day}. Deshalb endet die Frist erst am {law.german_day(ends_on)} "
        reason += f"({rule.paragraph('verschiebung')})."
    return End(ends_on, law.day_after(ends_on), rule.full, reason)


def further(file: OpenFile, ends_on: date) -> End:
    """Return the end of two weeks more, counted from the expiry of the period so far."""
    facts = file.procedure.facts
    frist = law.period_end(ends_on, _EXTENSION, verfahrensrecht=facts.code, jurisdiction=facts.jurisdiction)
    return End(frist.ends_on, frist.over_at, frist.norm, frist.reason)


def begin(
    file: OpenFile, end: End, *, frist_id: UUID, kind: str, subject: tuple[str, UUID], at: datetime, by: str
) -> Change:
    """Return what begins a period today; `subject` is the table and row to which it belongs."""
    row = {
        "tenant_id": file.row["tenant_id"],
        "id": frist_id,
        "vorgang_id": file.id,
        "kind": kind,
        "status": FristStatus.LAEUFT.value,
        "verfahrensrecht": file.row["verfahrensrecht"],
        "subject_kind": subject[0],
        "subject_id": subject[1],
        "starts_on": law.berlin_date(at),
        "original_ends_on": end.ends_on,
        **end.columns(),
    }
    payload = {"bis": str(end.ends_on), "norm": end.norm, "grund": end.reason}
    return insertion(Frist, row, kind="frist.begonnen", at=at, actor_id=by, payload=payload)


def extended(frist: Mapping[str, Any], end: End, *, event_id: UUID, why: str, at: datetime, by: str) -> list[Change]:
    """Return what moves the end of a period that still runs; `why` says who gave more time for what."""
    payload = {"bis": str(end.ends_on), "norm": end.norm, "grund": end.reason}
    moved = alteration(Frist, frist, end.columns(), kind="frist.verlaengert", at=at, actor_id=by, payload=payload)
    event = noted(frist, FristEventKind.VERLAENGERT, event_id=event_id, why=why, ends_on=end.ends_on, at=at, by=by)
    return [moved, event]


def noted(
    frist: Mapping[str, Any],
    kind: FristEventKind,
    *,
    event_id: UUID,
    why: str,
    at: datetime,
    by: str,
    ends_on: date | None = None,
) -> Change:
    """Return what records that something happened to a period."""
    row = {
        "tenant_id": frist["tenant_id"],
        "id": event_id,
        "frist_id": frist["id"],
        "kind": kind.value,
        "at": at,
        "actor_id": by,
        "ends_on": ends_on,
        "reason": why,
    }
    payload = {"bis": str(ends_on) if ends_on else None, "grund": why}
    return insertion(FristEvent, row, kind=f"frist.{kind.value}", at=at, actor_id=by, payload=payload)


def ended(frist: Mapping[str, Any], status: FristStatus, *, at: datetime, by: str) -> Change:
    """Return what ends a period: kept, run out, or no longer needed."""
    columns = {"status": status.value, "settled_at": at}
    return alteration(Frist, frist, columns, kind=f"frist.{status.value}", at=at, actor_id=by, payload={})


def read(conn: Connection, frist_id: UUID) -> Mapping[str, Any]:
    """Return the row of a period; raises NotFound."""
    row = read_row(conn, Frist, tenant_of(conn), frist_id)
    if row is None:
        raise NotFound("frist_unknown", frist=frist_id)
    return row


def read_running(conn: Connection, frist_id: UUID) -> Mapping[str, Any]:
    """Return the row of a period that still runs; raises NotFound, or Conflict when it has ended."""
    row = read(conn, frist_id)
    if row["status"] != FristStatus.LAEUFT.value:
        raise Conflict("frist_ended", frist=frist_id)
    return row


def view(conn: Connection, frist_id: UUID) -> FristView:
    """Return a period with what became of the last request for more time."""
    row = read(conn, frist_id)
    last = _last_request(conn, frist_id)
    return FristView(
        id=frist_id,
        status=FristStatus(row["status"]),
        ends_on=row["ends_on"],
        original_ends_on=row["original_ends_on"],
        norm=row["norm"],
        reason=row["reason"],
        asked_at=last[1] if last and last[0] is ASKED else None,
        was_refused=last is not None and last[0] is FristEventKind.VERLAENGERUNG_ABGELEHNT,
    )


def check_later(frist: Mapping[str, Any], end: End, *, field: str) -> None:
    """Raises Invalid when an extension would end before the period does anyway."""
    if end.ends_on <= frist["ends_on"]:
        last = law.german_day(frist["ends_on"])
        raise Invalid(
            "frist_not_later", {field: f"Wählen Sie einen Tag nach dem {last}: So lange läuft die Frist schon."}
        )


def _last_request(conn: Connection, frist_id: UUID) -> tuple[FristEventKind, datetime] | None:
    """The newest of request and decision; of the same moment, a decision follows its request."""
    query = select(FristEvent.kind, FristEvent.at).where(
        FristEvent.tenant_id == tenant_of(conn),
        FristEvent.frist_id == frist_id,
        FristEvent.kind.in_([kind.value for kind in _EXTENSION_EVENTS]),
    )
    found = [(FristEventKind(row.kind), row.at) for row in conn.execute(query)]
    return max(found, key=lambda one: (one[1], one[0] is not ASKED), default=None)
