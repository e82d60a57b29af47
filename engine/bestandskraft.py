"""Finality: noted once the remedy period and a mail delay are over, and revoked when a remedy turns up after all.

It hangs on each Bekanntgabe; the decision is final when it is towards everybody to whom it was made known.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, select

from engine import law
from engine.actors import Actor
from engine.connectors import Call, Result
from engine.errors import Conflict, Invalid, NotFound
from engine.file_actions import open_for_office
from engine.files import open_file
from engine.house import House
from storage.akte import changes
from storage.akte.rows import Change, alteration, read_row
from storage.db import tenant_of
from storage.models.verwaltungsakt import (
    Bekanntgabe,
    BekanntgabeStatus,
    Rechtsbehelf,
    Verwaltungsakt,
    VerwaltungsaktStatus,
)
from storage.steps import Step

REASON_MAX: Final = 500


def note(house: House, call: Call) -> Result:
    """Note the finality of every Bekanntgabe against which no remedy came; the connector `bestandskraft.vermerken`.

    A challenged one is left out. Raises Conflict while the remedy period or the mail delay (`engine.law`) still runs.
    """
    if call.vorgang_id is None:
        raise ValueError("finality needs a Vorgang")
    akt_id = UUID(str(call.inputs["verwaltungsakt"]))
    with house.db.read() as conn:
        file = open_file(house, conn, call.vorgang_id)
        akt = _decision(conn, akt_id, file.id)
        attempts = _served(conn, akt_id)
    too_early = [one for one in attempts if call.at < _noted_at(one, akt["jurisdiction"])]
    if too_early:
        raise Conflict("finality_too_early", verwaltungsakt=akt_id)

    def write(step: Step) -> None:
        with house.db.read() as conn:
            changes.add_to_step(step, file.key, _finality(conn, akt_id, file.id, call))

    return Result(writes=[write])


def revoke(house: House, vorgang_id: UUID, bekanntgabe_id: UUID, reason: str, *, by: Actor, at: datetime) -> None:
    """Take back a noted finality: a remedy was in the post, Wiedereinsetzung was granted, a Klage became known.

    Raises NotFound, Invalid (no reason) and Conflict (not noted, or revoked before).
    """
    reason = reason.strip()
    if not 1 <= len(reason) <= REASON_MAX:
        raise Invalid("reason_missing", {"grund": f"Nennen Sie den Grund mit höchstens {REASON_MAX} Zeichen."})
    with house.db.begin() as conn:
        file = open_for_office(house, conn, vorgang_id, by=by, at=at)
        attempt = of_vorgang(conn, vorgang_id, bekanntgabe_id)
        if attempt["bestandskraft_noted_on"] is None or attempt["bestandskraft_revoked_on"] is not None:
            raise Conflict("finality_not_noted", bekanntgabe=bekanntgabe_id)
        akt = _decision(conn, attempt["verwaltungsakt_id"], vorgang_id)
        columns = {"bestandskraft_revoked_on": law.berlin_date(at), "bestandskraft_revoked_reason": reason}
        kind = "bekanntgabe.bestandskraft_widerrufen"
        new = [alteration(Bekanntgabe, attempt, columns, kind=kind, at=at, actor_id=by.id, payload={"grund": reason})]
        if akt["status"] == VerwaltungsaktStatus.BESTANDSKRAEFTIG.value:
            new.append(_now(akt, VerwaltungsaktStatus.BEKANNT_GEGEBEN, at=at, actor_id=by.id))
        changes.write(conn, file.key, vorgang_id, new)


def of_vorgang(conn: Connection, vorgang_id: UUID, bekanntgabe_id: UUID) -> Mapping[str, Any]:
    """Return the row of a Bekanntgabe of this Vorgang; raises NotFound."""
    row = read_row(conn, Bekanntgabe, tenant_of(conn), bekanntgabe_id)
    if row is None or row["vorgang_id"] != vorgang_id:
        raise NotFound("bekanntgabe_unknown", bekanntgabe=bekanntgabe_id)
    return row


def _finality(conn: Connection, akt_id: UUID, vorgang_id: UUID, call: Call) -> list[Change]:
    akt, attempts = _decision(conn, akt_id, vorgang_id), _served(conn, akt_id)
    if akt["status"] != VerwaltungsaktStatus.BEKANNT_GEGEBEN.value:
        return []
    challenged = _challenged(conn, vorgang_id)
    unchallenged = [one for one in attempts if one["id"] not in challenged]
    today = law.berlin_date(call.at)
    new = [
        alteration(
            Bekanntgabe,
            one,
            {"bestandskraft_noted_on": today},
            kind="bekanntgabe.bestandskraft_vermerkt",
            at=call.at,
            actor_id="system:worker",
            payload={"vermerkt_am": str(today)},
        )
        for one in unchallenged
        if one["bestandskraft_noted_on"] is None
    ]
    if new and len(unchallenged) == len(attempts):
        new.append(_now(akt, VerwaltungsaktStatus.BESTANDSKRAEFTIG, at=call.at, actor_id="system:worker"))
    return new


def _now(akt: Mapping[str, Any], status: VerwaltungsaktStatus, *, at: datetime, actor_id: str) -> Change:
    kind = f"verwaltungsakt.{status.value}"
    return alteration(Verwaltungsakt, akt, {"status": status.value}, kind=kind, at=at, actor_id=actor_id, payload={})


def _noted_at(attempt: Mapping[str, Any], jurisdiction: str) -> datetime:
    """From when finality may be noted; without a remedy at once."""
    end: date | None = attempt["frist_ende_latest"]
    return law.final_noted_at(end, jurisdiction=jurisdiction) if end else attempt["created_at"]


def _served(conn: Connection, akt_id: UUID) -> Sequence[Mapping[str, Any]]:
    query = select(Bekanntgabe.__table__).where(
        Bekanntgabe.tenant_id == tenant_of(conn),
        Bekanntgabe.verwaltungsakt_id == akt_id,
        Bekanntgabe.status == BekanntgabeStatus.BEKANNT_GEGEBEN.value,
    )
    return [dict(row) for row in conn.execute(query).mappings()]


def _challenged(conn: Connection, vorgang_id: UUID) -> frozenset[UUID]:
    query = select(Rechtsbehelf.bekanntgabe_id).where(
        Rechtsbehelf.tenant_id == tenant_of(conn), Rechtsbehelf.vorgang_id == vorgang_id
    )
    return frozenset(conn.execute(query.where(Rechtsbehelf.settled_on.is_(None))).scalars())


def _decision(conn: Connection, akt_id: UUID, vorgang_id: UUID) -> Mapping[str, Any]:
    row = read_row(conn, Verwaltungsakt, tenant_of(conn), akt_id)
    if row is None or row["vorgang_id"] != vorgang_id:
        raise NotFound("verwaltungsakt_unknown", verwaltungsakt=akt_id)
    return row
