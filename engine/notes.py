"""Notes of the office in a Vorgang (Aktenvermerk, Telefonvermerk): encrypted, in the chain, nothing for citizens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import Connection

from engine import accounts, cases
from engine.actors import Actor, ActorKind
from engine.errors import Invalid, NotFound
from engine.files import OpenFile
from engine.house import House
from storage.akte import changes, vermerke

TEXT_MAX: Final = 4000


class NoteKind(StrEnum):
    VERMERK = "vermerk"
    TELEFON = "telefon"
    UNVOLLSTAENDIG = "unvollstaendig"
    """What was missing when the office took something in; the product writes it, nobody chooses it."""


WRITTEN_BY_PEOPLE: Final = (NoteKind.VERMERK, NoteKind.TELEFON)


@dataclass(frozen=True, slots=True)
class Note:
    """A note as the case page shows it; `who` is a name."""

    id: UUID
    kind: NoteKind
    at: datetime
    who: str
    text: str


def add(
    house: House, vorgang_id: UUID, kind: NoteKind, text: str, *, by: Actor, at: datetime, idempotency_key: str
) -> UUID:
    """Write a note; the same key again writes nothing. Raises NotFound, Invalid (no text, too long)."""
    text = text.strip()
    if not text:
        raise Invalid("note_empty", {"text": "Schreiben Sie auf, was in der Akte stehen soll."})
    if len(text) > TEXT_MAX:
        raise Invalid("note_too_long", {"text": f"Kürzen Sie den Vermerk auf höchstens {TEXT_MAX} Zeichen."})
    note_id = uuid5(vorgang_id, f"{by.id} {idempotency_key}")
    with house.db.begin() as conn:
        file = _open(house, conn, vorgang_id, by=by, at=at)
        changes.lock_head(conn, vorgang_id)  # a second click waits here until the first is written
        if vermerke.exists(conn, note_id):
            return note_id
        new = vermerke.write(
            file.key,
            vermerk_id=note_id,
            tenant_id=house.tenant_id,
            vorgang_id=vorgang_id,
            kind=kind.value,
            text=text,
            at=at,
            by=by.id,
        )
        changes.write(conn, file.key, vorgang_id, [new])
    return note_id


def of_vorgang(house: House, vorgang_id: UUID, *, by: Actor, at: datetime) -> Sequence[Note]:
    """Return the notes, newest first, to the office in charge; raises NotFound for everybody else."""
    with house.db.read() as conn:
        file = _open(house, conn, vorgang_id, by=by, at=at)
        found = vermerke.of_vorgang(conn, file.key, vorgang_id)
        names = accounts.names_of(conn, {one.actor_id for one in found})
    return [Note(one.id, NoteKind(one.kind), one.at, names[one.actor_id], one.text) for one in found]


def _open(house: House, conn: Connection, vorgang_id: UUID, *, by: Actor, at: datetime) -> OpenFile:
    """Parties see their whole Vorgang but for this, so being allowed to see the file is not enough."""
    if by.kind is not ActorKind.STAFF:
        raise NotFound("vorgang_unknown", vorgang_id=vorgang_id)
    return cases.open_in_full(house, conn, vorgang_id, by=by, at=at)
