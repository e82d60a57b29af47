"""Opening an Akte and a Vorgang, moving a Vorgang to another Akte, and zdA."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Executable, delete, insert, select

from storage.akte import changes, events
from storage.akte.cells import encrypt_cell
from storage.akte.codes import code_fits, code_hash, new_code
from storage.akte.events import Event, Head
from storage.akte.rows import alteration, insertion, read_row
from storage.crypto import DataKey, MasterKey
from storage.db import tenant_of
from storage.keys import new_key
from storage.models.akte import AkteRow, Geheimnis
from storage.models.data_key import DataKeyRow, KeyPurpose
from storage.models.entwurf import Entwurf
from storage.models.vorgang import Art, Kanal, Suchmerkmal, TrustLevel, Verfahrensrecht, VorgangRow, VorgangStatus
from storage.steps import Step

_LOCAL = ZoneInfo("Europe/Berlin")


@dataclass(frozen=True, slots=True)
class NewAkte:
    """What has to be said to open an Akte; `subject` names its matter and is encrypted."""

    aktenzeichen: str
    kind: str
    subject: str
    office: str
    geheimnis: Geheimnis
    aktenplan_position_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class NewVorgang:
    """What has to be said to open a Vorgang; the fields are those of `VorgangRow`."""

    aktenzeichen: str
    procedure_key: str
    deployment_id: UUID | None
    art: Art
    kanal: Kanal
    typed_by: str
    declared_by: str | None
    eingegangen_am: datetime
    office: str
    geheimnis: Geheimnis
    verfahrensrecht: Verfahrensrecht
    jurisdiction: str
    trust_level: TrustLevel
    trust_source: str | None = None
    retention_class: str | None = None
    retention_years: int | None = None
    search: Mapping[str, str] = field(default_factory=dict)


class Draft(NamedTuple):
    """The Entwurf that is sent: its id and key become those of the Vorgang, so its uploads stay where they lie."""

    id: UUID
    key: DataKey


@dataclass(frozen=True, slots=True)
class OpenedAkte:
    """An Akte to be written: `statements` in their order."""

    id: UUID
    key: DataKey
    statements: Sequence[Executable]


@dataclass(frozen=True, slots=True)
class OpenedVorgang:
    """A Vorgang to be written: `statements` in their order, then the events.

    `access_code` is shown once, on the receipt; only its hash is stored.
    """

    id: UUID
    aktenzeichen: str
    access_code: str
    key: DataKey
    head: Head
    statements: Sequence[Executable]
    events: Sequence[Event]


def open_akte(master: MasterKey, new: NewAkte, *, tenant_id: str, at: datetime, by: str) -> OpenedAkte:
    """Return a new Akte with its key; nothing is written yet."""
    key, key_row = new_key(master, KeyPurpose.AKTE, tenant_id=tenant_id, at=at)
    akte_id = uuid4()
    row = {
        "tenant_id": tenant_id,
        "id": akte_id,
        "aktenzeichen": new.aktenzeichen,
        "aktenplan_position_id": new.aktenplan_position_id,
        "kind": new.kind,
        "subject": encrypt_cell(key, AkteRow, "subject", tenant_id=tenant_id, row_id=akte_id, value=new.subject),
        "key_id": key.id,
        "office": new.office,
        "geheimnis": new.geheimnis.value,
        "opened_at": at,
        "opened_by": by,
        "closed_on": None,
    }
    return OpenedAkte(akte_id, key, [insert(DataKeyRow).values(key_row), insert(AkteRow).values(row)])


def open_vorgang(
    master: MasterKey,
    new: NewVorgang,
    *,
    tenant_id: str,
    akte_id: UUID,
    at: datetime,
    by: str,
    draft: Draft | None = None,
) -> OpenedVorgang:
    """Return a new Vorgang in an Akte, with its key, its access code and its first event; nothing is written yet.

    `at` is when it is recorded (`erfasst_am`). The `draft` that is sent gives its id and key and is gone afterwards:
    file its uploads with `documents.file_upload`. Write the Vorgang with `write` or `add_to_step`.
    """
    statements: list[Executable] = []
    if draft is None:
        vorgang_id = uuid4()
        key, key_row = new_key(master, KeyPurpose.VORGANG, tenant_id=tenant_id, at=at)
        statements.append(insert(DataKeyRow).values(key_row))
    else:
        vorgang_id, key = draft
        statements.append(delete(Entwurf).where(Entwurf.tenant_id == tenant_id, Entwurf.id == draft.id))
    code = new_code()
    head = events.empty(tenant_id, vorgang_id)
    values = _columns(new) | {
        "tenant_id": tenant_id,
        "id": vorgang_id,
        "akte_id": akte_id,
        "status": VorgangStatus.OFFEN.value,
        "erfasst_am": at,
        "access_code_hash": code_hash(code, vorgang_id),
        "key_id": key.id,
        "kette_seq": head.seq,
        "kette_hash": head.hash,
    }
    payload = {"aktenzeichen": new.aktenzeichen, "verfahren": new.procedure_key, "kanal": new.kanal.value}
    opened = insertion(VorgangRow, values, kind="vorgang.eroeffnet", at=at, actor_id=by, payload=payload)
    statements.append(opened.statement)
    if new.search:
        statements.append(insert(Suchmerkmal).values(_search_rows(tenant_id, vorgang_id, new.search)))
    return OpenedVorgang(vorgang_id, new.aktenzeichen, code, key, head, statements, [opened.event])


def write(conn: Connection, opened: OpenedVorgang) -> Head:
    """Write a new Vorgang in a transaction of its own; return the head of its chain."""
    for statement in opened.statements:
        conn.execute(statement)
    return changes.append(conn, opened.key, opened.id, opened.events)


def add_to_step(step: Step, opened: OpenedVorgang) -> None:
    """Write a new Vorgang with the step that starts its instance (`step.create(.., akte_head=opened.head)`)."""
    for statement in opened.statements:
        step.also(statement)
    for event in opened.events:
        step.akte_event(opened.key, event)


def find_by_code(conn: Connection, aktenzeichen: str, code: str) -> UUID | None:
    """Return the Vorgang that number and access code open; None if either is wrong, after the same work.

    The caller limits how often somebody may try.
    """
    query = select(VorgangRow.id, VorgangRow.access_code_hash)
    query = query.where(
        VorgangRow.tenant_id == tenant_of(conn), VorgangRow.aktenzeichen == aktenzeichen.strip().upper()
    )
    row = conn.execute(query).one_or_none()
    vorgang_id = row.id if row else uuid4()
    return vorgang_id if code_fits(code, vorgang_id, row.access_code_hash if row else None) else None


def move(
    conn: Connection, key: DataKey, vorgang_id: UUID, *, akte_id: UUID, reason: str, at: datetime, by: str
) -> None:
    """Put the Vorgang into another Akte ("umhängen"), with a reason; raises VorgangUnknown."""
    current = _locked(conn, vorgang_id)
    payload = {"von": str(current["akte_id"]), "nach": str(akte_id), "grund": reason}
    change = alteration(
        VorgangRow, current, {"akte_id": akte_id}, kind="vorgang.umgehaengt", at=at, actor_id=by, payload=payload
    )
    changes.write(conn, key, vorgang_id, [change])


def close(conn: Connection, key: DataKey, vorgang_id: UUID, *, at: datetime, by: str) -> None:
    """Order "zu den Akten": retention counts from the end of this year. Raises VorgangUnknown."""
    current = _locked(conn, vorgang_id)
    until = retention_end(at, current["retention_years"])
    closed = {"status": VorgangStatus.ZDA.value, "zda_at": at, "zda_by": by, "retention_until": until}
    payload = {"aufbewahrung_bis": events.plain(until)}
    change = alteration(VorgangRow, current, closed, kind="vorgang.zda", at=at, actor_id=by, payload=payload)
    changes.write(conn, key, vorgang_id, [change])


def retention_end(zda_at: datetime, years: int | None) -> date | None:
    """Return the last day of retention; None where no period is set, so nothing is ever due."""
    return None if years is None else date(zda_at.astimezone(_LOCAL).year + years, 12, 31)


def _locked(conn: Connection, vorgang_id: UUID) -> Mapping[str, Any]:
    head = changes.lock_head(conn, vorgang_id)
    row = read_row(conn, VorgangRow, head.tenant_id, vorgang_id)
    if row is None:
        raise changes.VorgangUnknown(vorgang_id)
    return row


def _columns(new: NewVorgang) -> dict[str, Any]:
    return {
        "aktenzeichen": new.aktenzeichen,
        "procedure_key": new.procedure_key,
        "deployment_id": new.deployment_id,
        "art": new.art.value,
        "kanal": new.kanal.value,
        "typed_by": new.typed_by,
        "declared_by": new.declared_by,
        "eingegangen_am": new.eingegangen_am,
        "office": new.office,
        "geheimnis": new.geheimnis.value,
        "verfahrensrecht": new.verfahrensrecht.value,
        "jurisdiction": new.jurisdiction,
        "trust_level": new.trust_level.value,
        "trust_source": new.trust_source,
        "retention_class": new.retention_class,
        "retention_years": new.retention_years,
    }


def _search_rows(tenant_id: str, vorgang_id: UUID, search: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {"tenant_id": tenant_id, "id": uuid4(), "vorgang_id": vorgang_id, "name": name, "value": value}
        for name, value in search.items()
    ]
