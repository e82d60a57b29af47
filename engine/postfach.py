"""The Postfach of an account: messages of its Vorgänge, and what lies with them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, update

from engine.actors import Actor
from engine.errors import NotFound
from engine.files import key_of_vorgang
from engine.house import House
from storage.akte.cells import decrypt_cell
from storage.akte.changes import write as write_changes
from storage.akte.rows import alteration
from storage.crypto import DataKey
from storage.db import tenant_of
from storage.keys import load_keys
from storage.models.nachricht import Nachricht, NachrichtDokument, NachrichtRichtung
from storage.models.verwaltungsakt import Bekanntgabe, Verwaltungsakt
from storage.models.vorgang import VorgangRow


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message; `text` is empty in a list, `documents` are ids of what lies with it."""

    id: UUID
    vorgang_id: UUID
    aktenzeichen: str
    subject: str
    text: str
    due_on: date | None
    sent_at: datetime
    read_at: datetime | None
    documents: tuple[UUID, ...]


def list_of(house: House, account: str, *, limit: int = 100) -> list[MessageView]:
    """Return the messages to an account, unread ones first, then the newest; those whose key is destroyed are left out.

    However many there are, the number of queries is the same.
    """
    with house.db.read() as conn:
        query = _to(conn, account).order_by(Nachricht.read_at.is_not(None), Nachricht.sent_at.desc(), Nachricht.id)
        rows = [dict(row) for row in conn.execute(query.limit(limit)).mappings()]
        keys = load_keys(conn, house.master_key, {row["key_id"] for row in rows})
        enclosed = _enclosed(conn, [row["id"] for row in rows])
    return [_view(keys[row["key_id"]], row, enclosed[row["id"]], text="") for row in rows if row["key_id"] in keys]


def count_unread(conn: Connection, account: str) -> int:
    """Return how many messages were never opened."""
    query = _to(conn, account).where(Nachricht.read_at.is_(None))
    return len(conn.execute(query.limit(100)).all())


def read(house: House, message_id: UUID, *, by: Actor, at: datetime) -> MessageView:
    """Open a message; the first time is recorded, and for a Bescheid it is the day it was fetched. Raises NotFound."""
    with house.db.begin() as conn:
        row = conn.execute(_to(conn, by.id).where(Nachricht.id == message_id)).mappings().one_or_none()
        if row is None:
            raise NotFound("message_unknown", message_id=message_id)
        message = dict(row)
        if message["read_at"] is None:
            opened = update(Nachricht).where(Nachricht.tenant_id == house.tenant_id, Nachricht.id == message_id)
            conn.execute(opened.values(read_at=at))
            _record_fetching(house, conn, message, by=by, at=at)
        key = key_of_vorgang(house, conn, message["vorgang_id"])
        return _view(key, message, _enclosed(conn, [message_id])[message_id], text=_opened(key, message, "text"))


def read_with(house: House, dokument_id: UUID, *, by: Actor, at: datetime) -> None:
    """Open every unread message to `by` with which a document lies: who opens the document itself has fetched it."""
    with house.db.read() as conn:
        query = _to(conn, by.id).join(
            NachrichtDokument,
            (NachrichtDokument.tenant_id == Nachricht.tenant_id) & (NachrichtDokument.nachricht_id == Nachricht.id),
        )
        query = query.where(NachrichtDokument.dokument_id == dokument_id, Nachricht.read_at.is_(None))
        found = [row["id"] for row in conn.execute(query).mappings()]
    for message_id in found:
        read(house, message_id, by=by, at=at)


def _to(conn: Connection, account: str) -> Any:
    return (
        select(Nachricht.__table__, VorgangRow.aktenzeichen, VorgangRow.key_id)
        .join(VorgangRow, (VorgangRow.tenant_id == Nachricht.tenant_id) & (VorgangRow.id == Nachricht.vorgang_id))
        .where(
            Nachricht.tenant_id == tenant_of(conn),
            Nachricht.account == account,
            Nachricht.richtung == NachrichtRichtung.AN_PARTEI.value,
        )
    )


def _record_fetching(house: House, conn: Connection, message: Mapping[str, Any], *, by: Actor, at: datetime) -> None:
    """A decision that waits for its download is a matter of law from this moment on (§ 41 Abs. 2a HVwVfG)."""
    lying = select(Bekanntgabe.__table__).join(
        Verwaltungsakt,
        (Verwaltungsakt.tenant_id == Bekanntgabe.tenant_id) & (Verwaltungsakt.id == Bekanntgabe.verwaltungsakt_id),
    )
    lying = lying.join(
        NachrichtDokument,
        (NachrichtDokument.tenant_id == Verwaltungsakt.tenant_id)
        & (NachrichtDokument.dokument_id == Verwaltungsakt.dokument_id),
    ).where(
        Bekanntgabe.tenant_id == house.tenant_id,
        NachrichtDokument.nachricht_id == message["id"],
        Bekanntgabe.fetched_at.is_(None),
    )
    fetched = [
        alteration(
            Bekanntgabe,
            dict(row),
            {"fetched_at": at},
            kind="bekanntgabe.abgerufen",
            at=at,
            actor_id=by.id,
            payload={"nachricht": str(message["id"])},
        )
        for row in conn.execute(lying).mappings()
    ]
    if fetched:
        key = key_of_vorgang(house, conn, message["vorgang_id"])
        write_changes(conn, key, message["vorgang_id"], fetched)


def _view(key: DataKey, row: Mapping[str, Any], documents: Sequence[UUID], *, text: str) -> MessageView:
    return MessageView(
        id=row["id"],
        vorgang_id=row["vorgang_id"],
        aktenzeichen=row["aktenzeichen"],
        subject=_opened(key, row, "subject"),
        text=text,
        due_on=row["due_on"],
        sent_at=row["sent_at"],
        read_at=row["read_at"],
        documents=tuple(documents),
    )


def _opened(key: DataKey, row: Mapping[str, Any], column: str) -> str:
    stored = row[column]
    return str(decrypt_cell(key, Nachricht, column, tenant_id=row["tenant_id"], row_id=row["id"], stored=stored))


def _enclosed(conn: Connection, message_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[UUID]]:
    """What lies with each message; nothing where it is not asked for."""
    query = select(NachrichtDokument.nachricht_id, NachrichtDokument.dokument_id).where(
        NachrichtDokument.tenant_id == tenant_of(conn), NachrichtDokument.nachricht_id.in_(message_ids)
    )
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for row in conn.execute(query):
        found[row.nachricht_id].append(row.dokument_id)
    return found
