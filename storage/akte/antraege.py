"""Taking in what was sent: the answers as a document, and the receipt."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Connection, Update, update

from storage.akte.rows import Change, alteration, insertion, read_row
from storage.db import tenant_of
from storage.models.antrag import Antrag
from storage.models.vorgang import Art, TrustLevel


class NotWithdrawable(ValueError):
    """Only an Antrag can be withdrawn, and only once: registering is a duty (an Anzeige can be corrected or closed)."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender keeps: number, access code, and the SHA-256 of exactly what was stored."""

    number: str
    access_code: str
    sha256: str
    sent_at: datetime


def take_in(
    answers: Change, *, receipt_number: str, art: Art, form_key: str, trust_level: TrustLevel, part: str = ""
) -> Change:
    """Return the row of the Antrag whose answers are the document filed by `answers` (see `documents.file_document`).

    `part` names a part that has an art of its own; the whole has the empty name.
    """
    dokument, event = answers.row, answers.event
    values = {
        "tenant_id": dokument["tenant_id"],
        "id": uuid4(),
        "vorgang_id": dokument["vorgang_id"],
        "receipt_number": receipt_number,
        "part": part,
        "art": art.value,
        "form_key": form_key,
        "dokument_id": dokument["id"],
        "sent_at": event.at,
        "sent_by": event.actor_id,
        "trust_level": trust_level.value,
    }
    payload = {"nummer": receipt_number, "teil": part, "art": art.value, "sha256": dokument["sha256"].hex()}
    return insertion(Antrag, values, kind="antrag.eingegangen", at=event.at, actor_id=event.actor_id, payload=payload)


def withdraw(conn: Connection, antrag_id: UUID, *, at: datetime, by: str) -> Change:
    """Return what marks an Antrag as withdrawn; raises NotWithdrawable for an Anzeige, a Meldung, or a second time."""
    current = read_row(conn, Antrag, tenant_of(conn), antrag_id)
    if current is None or current["art"] != Art.ANTRAG.value or current["withdrawn_at"] is not None:
        raise NotWithdrawable(antrag_id)
    changes = {"withdrawn_at": at, "withdrawn_by": by}
    payload = {"nummer": current["receipt_number"], "teil": current["part"]}
    return alteration(Antrag, current, changes, kind="antrag.zurueckgenommen", at=at, actor_id=by, payload=payload)


def receipt(answers: Change, *, number: str, access_code: str) -> Receipt:
    """Return the receipt for the document that holds the answers."""
    return Receipt(number, access_code, answers.row["sha256"].hex(), answers.event.at)


def set_readable(antrag_id: UUID, dokument_id: UUID, *, tenant_id: str) -> Update:
    """Return what names the readable copy that was made of the answers; a second one replaces the first."""
    named = update(Antrag).where(Antrag.tenant_id == tenant_id, Antrag.id == antrag_id)
    return named.values(readable_id=dokument_id)
