"""What the office does with the file itself: cancel and re-file papers, and order "zu den Akten".

Nothing is ever deleted. Each act has its reason and its event in the chain; re-filing has one in both Vorgänge.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, select

from engine import accounts, cases
from engine.actors import Actor, ActorKind
from engine.errors import Conflict, Invalid, NotFound
from engine.files import OpenFile
from engine.house import House
from engine.stages import active_elements, instances_of
from storage import queries
from storage.akte import changes, documents, vorgaenge
from storage.akte.documents import AlreadyCancelled, DokumentView
from storage.db import tenant_of
from storage.models.antrag import Antrag
from storage.models.verwaltungsakt import Verwaltungsakt
from storage.models.vorgang import VorgangStatus

REASON_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class Overview:
    """The file as a list of its papers with its end and the head of its chain.

    `fixed` are the papers that stay as they are: what was sent, and decisions. `hindrance` is the code of what keeps
    the Vorgang from being closed, empty if nothing does; `retained_until` None: no period is set, nothing is ever due.
    """

    documents: Sequence[DokumentView]
    fixed: frozenset[UUID]
    closed_at: datetime | None
    closed_by: str
    retention_years: int | None
    retained_until: date | None
    hindrance: str
    chain_length: int
    chain_head: bytes


def overview(house: House, vorgang_id: UUID, *, by: Actor, at: datetime) -> Overview:
    """Return the list of the papers, oldest first, to the office in charge; raises NotFound for everybody else."""
    with house.db.read() as conn:
        file = open_for_office(house, conn, vorgang_id, by=by, at=at)
        closed_by = file.row["zda_by"]
        return Overview(
            documents=documents.list_documents(conn, file.key, vorgang_id),
            fixed=_fixed(conn, vorgang_id),
            closed_at=file.row["zda_at"],
            closed_by=accounts.names_of(conn, {closed_by})[closed_by] if closed_by else "",
            retention_years=file.row["retention_years"],
            retained_until=file.row["retention_until"],
            hindrance=_hindrance(conn, file),
            chain_length=file.row["kette_seq"],
            chain_head=file.row["kette_hash"],
        )


def cancel(house: House, vorgang_id: UUID, dokument_id: UUID, *, reason: str, by: Actor, at: datetime) -> None:
    """Mark a paper as cancelled ("stornieren"); it stays readable in the file.

    Raises NotFound, Invalid (no reason) and Conflict (closed, cancelled before, or a paper that must stay).
    """
    reason = _checked(reason)
    with house.db.begin() as conn:
        file = _open_paper(house, conn, vorgang_id, dokument_id, by=by, at=at)
        try:
            change = documents.cancel(conn, dokument_id, reason=reason, at=at, by=by.id)
        except AlreadyCancelled as error:
            raise Conflict("document_cancelled", dokument_id=dokument_id) from error
        changes.write(conn, file.key, vorgang_id, [change])


def refile(
    house: House, vorgang_id: UUID, dokument_id: UUID, *, target: str, reason: str, by: Actor, at: datetime
) -> UUID:
    """Move a paper to the Vorgang with the Aktenzeichen `target` ("umhängen"); return that Vorgang's id.

    There it is a new document that names the old one; here it stays, cancelled. Raises NotFound, Invalid (no reason,
    no such Vorgang of this office) and Conflict (either is closed, or a paper that must stay).
    """
    reason = _checked(reason)
    target_id = _target(house, vorgang_id, target, by=by, at=at)
    with house.db.begin() as conn:
        open_for_office(house, conn, vorgang_id, by=by, at=at)
        for one in sorted((vorgang_id, target_id)):  # always in this order: two people moving crosswise do not block
            changes.lock_head(conn, one)
        source = _open_paper(house, conn, vorgang_id, dokument_id, by=by, at=at)
        there_file = open_for_office(house, conn, target_id, by=by, at=at)
        _refuse_closed(there_file)
        try:
            there, here = documents.refile(
                conn,
                house.objects,
                dokument_id,
                source_key=source.key,
                target_key=there_file.key,
                target_id=target_id,
                reason=reason,
                at=at,
                by=by.id,
            )
        except AlreadyCancelled as error:
            raise Conflict("document_cancelled", dokument_id=dokument_id) from error
        changes.write(conn, there_file.key, target_id, [there])
        changes.write(conn, source.key, vorgang_id, [here])
    return target_id


def close(house: House, vorgang_id: UUID, *, by: Actor, at: datetime) -> None:
    """Order "zu den Akten"; retention counts from the end of this year. Raises NotFound, Conflict (open, closed)."""
    with house.db.begin() as conn:
        open_for_office(house, conn, vorgang_id, by=by, at=at)
        changes.lock_head(conn, vorgang_id)
        file = open_for_office(house, conn, vorgang_id, by=by, at=at)  # as it stands now that nobody changes it
        hindrance = _hindrance(conn, file)
        if hindrance:
            raise Conflict(hindrance, vorgang_id=vorgang_id)
        vorgaenge.close(conn, file.key, vorgang_id, at=at, by=by.id)


def open_for_office(house: House, conn: Connection, vorgang_id: UUID, *, by: Actor, at: datetime) -> OpenFile:
    """Load a Vorgang for a person of the office in charge; parties see their Vorgang, but the file is the office's."""
    if by.kind is not ActorKind.STAFF:
        raise NotFound("vorgang_unknown", vorgang_id=vorgang_id)
    return cases.open_in_full(house, conn, vorgang_id, by=by, at=at)


def _open_paper(
    house: House, conn: Connection, vorgang_id: UUID, dokument_id: UUID, *, by: Actor, at: datetime
) -> OpenFile:
    file = open_for_office(house, conn, vorgang_id, by=by, at=at)
    if all(one.id != dokument_id for one in documents.list_documents(conn, file.key, vorgang_id)):
        raise NotFound("document_unknown", dokument_id=dokument_id)
    _refuse_closed(file)
    if dokument_id in _fixed(conn, vorgang_id):
        raise Conflict("document_stays", dokument_id=dokument_id)
    return file


def _refuse_closed(file: OpenFile) -> None:
    if file.row["zda_at"] is not None:
        raise Conflict("vorgang_closed", vorgang_id=file.id)


def _fixed(conn: Connection, vorgang_id: UUID) -> frozenset[UUID]:
    """What was sent opens the Vorgang, and a decision is taken back only by another one (§ 130 AO, § 48 HVwVfG)."""
    sent = select(Antrag.dokument_id, Antrag.readable_id).where(
        Antrag.tenant_id == tenant_of(conn), Antrag.vorgang_id == vorgang_id
    )
    decided = select(Verwaltungsakt.dokument_id).where(
        Verwaltungsakt.tenant_id == tenant_of(conn), Verwaltungsakt.vorgang_id == vorgang_id
    )
    rows = [*conn.execute(sent).all(), *conn.execute(decided).all()]
    return frozenset(one for row in rows for one in row if one is not None)


def _hindrance(conn: Connection, file: OpenFile) -> str:
    if file.row["status"] in (VorgangStatus.ZDA.value, VorgangStatus.VERNICHTET.value):
        return "vorgang_closed"
    if queries.of_vorgang(conn, file.id):
        return "tasks_open"
    if active_elements(file.key, instances_of(conn, [file.id])):
        return "process_runs"
    return ""


def _target(house: House, vorgang_id: UUID, number: str, *, by: Actor, at: datetime) -> UUID:
    found = cases.find(house, number, by=by, at=at)
    if found is not None:
        with house.db.read() as conn:
            try:
                open_for_office(house, conn, found, by=by, at=at)
            except NotFound:  # another office whose task alone is known here
                found = None
    if found is None:
        raise Invalid(
            "target_unknown", {"ziel": "Geben Sie das Aktenzeichen eines Vorgangs an, für den Ihr Amt zuständig ist."}
        )
    if found == vorgang_id:
        raise Invalid("target_same", {"ziel": "Geben Sie einen anderen Vorgang an: Hier liegt das Dokument schon."})
    return found


def _checked(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise Invalid("reason_missing", {"grund": "Schreiben Sie auf, warum. Der Grund steht dauerhaft in der Akte."})
    if len(reason) > REASON_MAX:
        raise Invalid("reason_too_long", {"grund": f"Kürzen Sie den Grund auf höchstens {REASON_MAX} Zeichen."})
    return reason
