"""A Rechtsbehelf on paper: recorded, judged in time or late, and told to the process that waits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Connection

from engine import cases, law, messages, uploads
from engine.actors import Actor, ActorKind
from engine.cases import View
from engine.errors import Invalid, NotFound
from engine.files import OpenFile, open_file
from engine.house import House
from storage.akte import documents
from storage.akte.changes import write
from storage.akte.documents import NewDokument
from storage.akte.rows import Change, alteration, insertion, read_row
from storage.db import tenant_of
from storage.models.dokument import Richtung
from storage.models.verwaltungsakt import (
    Bekanntgabe,
    Rechtsbehelf,
    RechtsbehelfForm,
    Verwaltungsakt,
    VerwaltungsaktStatus,
)

LODGED: Final = "rechtsbehelf.eingelegt"
"""The message to the process that waits for the end of the remedy period; its key is the id of the Verwaltungsakt."""

_CHALLENGEABLE: Final = frozenset({VerwaltungsaktStatus.FREIGEGEBEN.value, VerwaltungsaktStatus.BEKANNT_GEGEBEN.value})


@dataclass(frozen=True, slots=True)
class Lodged:
    """What came in: the day it reached the office, its form, and the scan; `wiedereinsetzung` if that is asked for."""

    received_on: date
    form: RechtsbehelfForm
    scan_name: str
    scan: bytes
    wiedereinsetzung: bool = False


@dataclass(frozen=True, slots=True)
class Recorded:
    """The Rechtsbehelf with the judgement; `reason` is a German sentence for the file."""

    id: UUID
    in_time: bool
    reason: str
    revoked_finality: bool


def record(
    house: House, vorgang_id: UUID, bekanntgabe_id: UUID, lodged: Lodged, *, by: Actor, at: datetime
) -> Recorded:
    """File a Rechtsbehelf against one Bekanntgabe, and interrupt the wait for the end of its period.

    In time, or with a request for Wiedereinsetzung, the decision is challenged, and finality that was noted is revoked.
    A late one without such a request leaves finality as it is. Raises NotFound and Invalid.
    """
    _check_office(house, vorgang_id, by=by, at=at)
    _check_day(lodged, at)
    rechtsbehelf_id = uuid4()
    with house.db.begin() as conn:
        file = open_file(house, conn, vorgang_id)
        service = _row(conn, Bekanntgabe, bekanntgabe_id, vorgang_id)
        akt = _row(conn, Verwaltungsakt, service["verwaltungsakt_id"], vorgang_id)
        in_time, reason = judged(service, lodged.received_on)
        is_challenged = in_time or lodged.wiedereinsetzung
        is_revoked = is_challenged and service["bestandskraft_noted_on"] and not service["bestandskraft_revoked_on"]
        changes = _filed(house, file, service, lodged, rechtsbehelf_id, reason, in_time=in_time, at=at, by=by)
        if is_revoked:
            changes.append(_revoked(service, reason, at=at, by=by))
        if is_challenged and (is_revoked or akt["status"] in _CHALLENGEABLE):
            changes.append(_challenged(akt, at=at, by=by))
        write(conn, file.key, file.id, changes)
    messages.correlate(
        house,
        LODGED,
        key=str(akt["id"]),
        variables={"rechtsbehelf": str(rechtsbehelf_id), "fristgerecht": in_time},
        message_id=f"rechtsbehelf:{rechtsbehelf_id}",
        by=by,
        at=at,
    )
    return Recorded(rechtsbehelf_id, in_time, reason, bool(is_revoked))


def judged(service: Mapping[str, Any], received_on: date) -> tuple[bool, str]:
    """Return whether what came on that day is in time, and why; where the law is open, the later end counts."""
    last = service["frist_ende_latest"] or service["frist_ende"]
    came = f"Eingegangen am {law.german_day(received_on)}"
    if last is None:
        return True, f"{came}. Eine Frist läuft noch nicht: Der Bescheid ist noch nicht bekannt gegeben."
    if received_on <= last:
        return True, f"{came}, fristgerecht: Die Frist endet mit dem Ablauf des {law.german_date(last)}."
    return False, f"{came}, verspätet: Die Frist endete mit dem Ablauf des {law.german_date(last)}."


def _check_office(house: House, vorgang_id: UUID, *, by: Actor, at: datetime) -> None:
    if by.kind is not ActorKind.STAFF or cases.get(house, vorgang_id, by=by, at=at).view is not View.FULL:
        raise NotFound("vorgang_unknown", vorgang_id=vorgang_id)


def _check_day(lodged: Lodged, at: datetime) -> None:
    if lodged.received_on > law.berlin_date(at):
        sentence = "Der Eingang liegt in der Zukunft. Geben Sie den Tag des Eingangsstempels an."
        raise Invalid("received_in_future", {"eingegangen_am": sentence})


def _row(
    conn: Connection, model: type[Bekanntgabe | Verwaltungsakt], row_id: UUID, vorgang_id: UUID
) -> Mapping[str, Any]:
    row = read_row(conn, model, tenant_of(conn), row_id)
    if row is None or row["vorgang_id"] != vorgang_id:
        raise NotFound("bekanntgabe_unknown", bekanntgabe=row_id)
    return row


def _filed(
    house: House,
    file: OpenFile,
    service: Mapping[str, Any],
    lodged: Lodged,
    rechtsbehelf_id: UUID,
    reason: str,
    *,
    in_time: bool,
    at: datetime,
    by: Actor,
) -> list[Change]:
    """The scan and the row that names it."""
    received_at = min(law.day_after(lodged.received_on) - timedelta(seconds=1), at)  # the stamp has no hour
    scan = documents.file_document(
        house.objects,
        file.key,
        NewDokument(
            richtung=Richtung.EINGANG,
            art="rechtsbehelf",
            name=lodged.scan_name,
            content=lodged.scan,
            media_type=uploads.media_type_of(lodged.scan, field="scan"),
            eingegangen_am=received_at,
        ),
        tenant_id=house.tenant_id,
        vorgang_id=file.id,
        at=at,
        by=by.id,
    )
    row = {
        "tenant_id": house.tenant_id,
        "id": rechtsbehelf_id,
        "vorgang_id": file.id,
        "bekanntgabe_id": service["id"],
        "kind": service["remedy"] or law.RemedyKind.WIDERSPRUCH.value,
        "form": lodged.form.value,
        "eingegangen_am": received_at,
        "dokument_id": scan.row["id"],
        "recorded_at": at,
        "recorded_by": by.id,
        "wiedereinsetzung": lodged.wiedereinsetzung,
    }
    payload = {"eingegangen_am": str(lodged.received_on), "fristgerecht": in_time, "grund": reason}
    kind = "rechtsbehelf.eingelegt"
    return [scan, insertion(Rechtsbehelf, row, kind=kind, at=at, actor_id=by.id, payload=payload)]


def _revoked(service: Mapping[str, Any], reason: str, *, at: datetime, by: Actor) -> Change:
    columns = {"bestandskraft_revoked_on": law.berlin_date(at), "bestandskraft_revoked_reason": reason}
    kind, payload = "bekanntgabe.bestandskraft_widerrufen", {"grund": reason}
    return alteration(Bekanntgabe, service, columns, kind=kind, at=at, actor_id=by.id, payload=payload)


def _challenged(akt: Mapping[str, Any], *, at: datetime, by: Actor) -> Change:
    columns = {"status": VerwaltungsaktStatus.ANGEFOCHTEN.value}
    kind = "verwaltungsakt.angefochten"
    return alteration(Verwaltungsakt, akt, columns, kind=kind, at=at, actor_id=by.id, payload={})
