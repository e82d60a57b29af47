"""What happened in a Vorgang, as a chain: each event is sealed behind the one before.

The payload is encrypted with the key of the Vorgang and bound to its place; the link covers its ciphertext. An event
that stems from a step of an instance names that step with its hash, so that neither chain can be changed alone.
An event about a row (a document, a decision ...) carries the row's fingerprint: the newest fingerprint of a row must
fit the row as it stands.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from storage.chain import GENESIS, canonical_json, link
from storage.crypto import DataKey, place


class Head(NamedTuple):
    """The end of a Vorgang's chain as it stands in the row of the Vorgang; seq 0 means that it is empty."""

    tenant_id: str
    vorgang_id: UUID
    seq: int
    hash: bytes


class StepRef(NamedTuple):
    """The step of an instance from which events stem."""

    instance_id: UUID
    seq: int
    hash: bytes


class Subject(NamedTuple):
    """The row that an event is about, with the fingerprint that the row has after the event."""

    kind: str
    id: UUID
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Event:
    """One thing to be recorded.

    `kind` is a stable name ("dokument.abgelegt"); the payload is canonical JSON: no floats, dates as text.
    """

    kind: str
    at: datetime
    actor_id: str
    payload: Mapping[str, Any]
    subject: Subject | None = None


class EventRow(NamedTuple):
    """A row of the table `akte_event`, in the order of its columns."""

    tenant_id: str
    vorgang_id: UUID
    seq: int
    at: datetime
    actor_id: str
    kind: str
    subject_kind: str | None
    subject_id: UUID | None
    subject_fingerprint: bytes | None
    instance_id: UUID | None
    instance_seq: int | None
    step_hash: bytes | None
    payload: bytes
    previous_hash: bytes


def empty(tenant_id: str, vorgang_id: UUID) -> Head:
    """Return the head of a Vorgang in which nothing has happened yet."""
    return Head(tenant_id, vorgang_id, 0, GENESIS)


def seal(head: Head, key: DataKey, events: Sequence[Event], *, step: StepRef | None = None) -> list[EventRow]:
    """Return the rows that append `events` to the chain, in order.

    Nothing is written. Whoever writes them also moves the head in the row of the Vorgang from `head` to
    `head_after(head, rows)`, and only if it still is `head`.
    """
    rows: list[EventRow] = []
    for event in events:
        row = _seal(head, key, event, step)
        rows.append(row)
        head = head_after(head, [row])
    return rows


def head_after(head: Head, rows: Sequence[EventRow]) -> Head:
    """Return the head of the chain once the rows are appended."""
    return head._replace(seq=rows[-1].seq, hash=link_of(rows[-1])) if rows else head


def link_of(row: EventRow) -> bytes:
    """Return the link of a row: the next row has it as `previous_hash`, or it is the hash of the head."""
    header = {
        "chain": "vorgang",
        "tenant": row.tenant_id,
        "vorgang": str(row.vorgang_id),
        "seq": row.seq,
        "at": plain(row.at),
        "actor": row.actor_id,
        "kind": row.kind,
        "subject": [row.subject_kind, plain(row.subject_id), plain(row.subject_fingerprint)],
        "step": [plain(row.instance_id), row.instance_seq, plain(row.step_hash)],
    }
    return link(row.previous_hash, header, row.payload)


def open_payload(row: EventRow, key: DataKey) -> dict[str, Any]:
    """Return what was recorded; raises WrongKey if the row was changed or moved."""
    payload: dict[str, Any] = json.loads(key.decrypt(row.payload, aad=_place(row.tenant_id, row.vorgang_id, row.seq)))
    return payload


def fingerprint(columns: Mapping[str, Any]) -> bytes:
    """Return 32 bytes that stand for the values of a row; times are compared to the microsecond, in UTC."""
    return sha256(
        b"amtsweg-row-1\x00" + canonical_json({str(name): plain(value) for name, value in columns.items()})
    ).digest()


def plain(value: Any) -> Any:
    """Return a column's value as canonical JSON has it; both databases give the same."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, UUID | date):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, str):
        return str(value)  # the value of a StrEnum
    return value


def _seal(head: Head, key: DataKey, event: Event, step: StepRef | None) -> EventRow:
    seq = head.seq + 1
    subject = event.subject
    return EventRow(
        tenant_id=head.tenant_id,
        vorgang_id=head.vorgang_id,
        seq=seq,
        at=event.at,
        actor_id=event.actor_id,
        kind=event.kind,
        subject_kind=subject.kind if subject else None,
        subject_id=subject.id if subject else None,
        subject_fingerprint=subject.fingerprint if subject else None,
        instance_id=step.instance_id if step else None,
        instance_seq=step.seq if step else None,
        step_hash=step.hash if step else None,
        payload=key.encrypt(canonical_json(event.payload), aad=_place(head.tenant_id, head.vorgang_id, seq)),
        previous_hash=head.hash,
    )


def _place(tenant_id: str, vorgang_id: UUID, seq: int) -> bytes:
    return place("akte_event", tenant_id, vorgang_id, seq)
