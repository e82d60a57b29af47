"""Disclosure ("Offenlegung"): telling somebody outside the office is an act of its own, with the norm that allows it.

It opens nothing: another office sees what its task shows, or the stage; what it is told beyond that stands here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import select

from engine import accounts
from engine.actors import Actor
from engine.errors import Invalid
from engine.file_actions import open_for_office
from engine.house import House
from storage.akte import changes
from storage.akte.cells import decrypt_cell, encrypt_cell
from storage.akte.rows import insertion, read_row
from storage.models.vorgang import Offenlegung

TEXT_MAX: Final = 1000
FIELDS: Final[Mapping[str, str]] = {
    "recipient": "Geben Sie an, wem Sie etwas offenlegen, zum Beispiel „Ordnungsamt, Frau Beispiel“.",
    "norm": "Geben Sie die Vorschrift an, die es erlaubt, zum Beispiel „§ 30 Abs. 4 Nr. 1 AO“.",
    "purpose": "Schreiben Sie auf, wofür es gebraucht wird.",
    "content": "Schreiben Sie auf, was Sie offenlegen.",
}
"""What has to be said, each with the sentence for whoever leaves it out."""


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One disclosure; `who` is the name of the person who told."""

    at: datetime
    who: str
    recipient: str
    norm: str
    purpose: str
    content: str


def disclose(
    house: House, vorgang_id: UUID, given: Mapping[str, str], *, by: Actor, at: datetime, idempotency_key: str
) -> None:
    """Record what is told to whom, by which norm and why; the same key again records nothing.

    `given` has the keys of FIELDS. Raises NotFound for everybody but the office in charge, and Invalid.
    """
    said = {name: given.get(name, "").strip() for name in FIELDS}
    errors = {name: FIELDS[name] for name, value in said.items() if not value}
    errors |= {name: f"Kürzen Sie auf {TEXT_MAX} Zeichen." for name, value in said.items() if len(value) > TEXT_MAX}
    row_id = uuid5(vorgang_id, f"offenlegung {by.id} {idempotency_key}")
    with house.db.begin() as conn:
        file = open_for_office(house, conn, vorgang_id, by=by, at=at)
        if errors:
            raise Invalid("disclosure_incomplete", errors)
        changes.lock_head(conn, vorgang_id)  # a second click waits here until the first is written
        if read_row(conn, Offenlegung, house.tenant_id, row_id) is not None:
            return
        content = encrypt_cell(
            file.key, Offenlegung, "content", tenant_id=house.tenant_id, row_id=row_id, value=said["content"]
        )
        values = said | {"content": content, "tenant_id": house.tenant_id, "id": row_id, "vorgang_id": vorgang_id}
        change = insertion(
            Offenlegung,
            values | {"at": at, "actor_id": by.id},
            kind="vorgang.offengelegt",
            at=at,
            actor_id=by.id,
            payload={"empfaenger": said["recipient"], "norm": said["norm"], "zweck": said["purpose"]},
        )
        changes.write(conn, file.key, vorgang_id, [change])


def of_vorgang(house: House, vorgang_id: UUID, *, by: Actor, at: datetime) -> Sequence[Disclosure]:
    """Return the disclosures, newest first, to the office in charge; raises NotFound for everybody else."""
    query = select(Offenlegung.__table__).where(
        Offenlegung.tenant_id == house.tenant_id, Offenlegung.vorgang_id == vorgang_id
    )
    with house.db.read() as conn:
        file = open_for_office(house, conn, vorgang_id, by=by, at=at)
        rows = conn.execute(query.order_by(Offenlegung.at.desc(), Offenlegung.id)).all()
        names = accounts.names_of(conn, {row.actor_id for row in rows})
    return [
        Disclosure(
            at=row.at,
            who=names[row.actor_id],
            recipient=row.recipient,
            norm=row.norm,
            purpose=row.purpose,
            content=decrypt_cell(
                file.key, Offenlegung, "content", tenant_id=row.tenant_id, row_id=row.id, stored=row.content
            ),
        )
        for row in rows
    ]
