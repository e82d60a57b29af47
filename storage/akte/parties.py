"""Parties of a Vorgang: every access check and every service goes through them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, select

from storage.akte.cells import decrypt_cell, encrypt_cell
from storage.akte.rows import Change, alteration, insertion, read_row, table_of
from storage.crypto import DataKey
from storage.db import tenant_of
from storage.models.party import PartyKind, Rolle, VorgangParty


class PartyUnknown(LookupError):
    """The tenant has no such party."""


@dataclass(frozen=True, slots=True)
class NewParty:
    """Who takes part, and as what; `details` are names, dates and addresses as canonical JSON."""

    rolle: Rolle
    kind: PartyKind
    details: Mapping[str, Any]
    valid_from: date
    account: str | None = None
    represents_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """A party with its details decrypted."""

    id: UUID
    vorgang_id: UUID
    rolle: Rolle
    kind: PartyKind
    account: str | None
    represents_id: UUID | None
    details: Mapping[str, Any]
    valid_from: date
    valid_to: date | None


def add(key: DataKey, new: NewParty, *, tenant_id: str, vorgang_id: UUID, at: datetime, by: str) -> Change:
    """Return what adds a party to a Vorgang."""
    party_id = uuid4()
    values = {
        "tenant_id": tenant_id,
        "id": party_id,
        "vorgang_id": vorgang_id,
        "rolle": new.rolle.value,
        "kind": new.kind.value,
        "account": new.account,
        "represents_id": new.represents_id,
        "details": _encrypted(key, tenant_id, party_id, new.details),
        "valid_from": new.valid_from,
        "recorded_at": at,
        "recorded_by": by,
    }
    payload = {"rolle": new.rolle.value, "angaben": dict(new.details)}
    return insertion(VorgangParty, values, kind="partei.aufgenommen", at=at, actor_id=by, payload=payload)


def correct(
    conn: Connection, key: DataKey, party_id: UUID, details: Mapping[str, Any], *, at: datetime, by: str
) -> Change:
    """Return what replaces the details of a party (a new address); the old ones stay in the chain."""
    current = _current(conn, party_id)
    changed = {"details": _encrypted(key, current["tenant_id"], party_id, details)}
    payload = {"angaben": dict(details)}
    return alteration(VorgangParty, current, changed, kind="partei.berichtigt", at=at, actor_id=by, payload=payload)


def end(conn: Connection, party_id: UUID, *, valid_to: date, reason: str, at: datetime, by: str) -> Change:
    """Return what ends the part of a party; `valid_to` is its last day."""
    current = _current(conn, party_id)
    payload = {"grund": reason, "bis": str(valid_to)}
    return alteration(
        VorgangParty, current, {"valid_to": valid_to}, kind="partei.ausgeschieden", at=at, actor_id=by, payload=payload
    )


def list_parties(conn: Connection, key: DataKey, vorgang_id: UUID) -> list[Party]:
    """Return everybody who takes or took part, in the order in which they were recorded."""
    return of_vorgaenge(conn, {vorgang_id: key}).get(vorgang_id, [])


def of_vorgaenge(conn: Connection, keys: Mapping[UUID, DataKey]) -> dict[UUID, list[Party]]:
    """Return the same for several Vorgänge with one query; `keys` are theirs by id."""
    query = select(table_of(VorgangParty))
    query = query.where(VorgangParty.tenant_id == tenant_of(conn), VorgangParty.vorgang_id.in_(keys))
    found: dict[UUID, list[Party]] = {}
    for row in conn.execute(query.order_by(VorgangParty.recorded_at, VorgangParty.id)).mappings():
        found.setdefault(row["vorgang_id"], []).append(_party(dict(row), keys[row["vorgang_id"]]))
    return found


def roles_of(conn: Connection, account: str, vorgang_id: UUID, *, on: date) -> frozenset[Rolle]:
    """Return as what an account takes part in the Vorgang on that day; empty: not at all."""
    query = select(VorgangParty.rolle).where(
        VorgangParty.tenant_id == tenant_of(conn),
        VorgangParty.account == account,
        VorgangParty.vorgang_id == vorgang_id,
        VorgangParty.valid_from <= on,
        (VorgangParty.valid_to.is_(None)) | (VorgangParty.valid_to >= on),
    )
    return frozenset(Rolle(rolle) for rolle in conn.execute(query).scalars())


def vorgaenge_of(conn: Connection, account: str, *, on: date) -> list[UUID]:
    """Return the Vorgänge in which the account takes part on that day, in no order."""
    query = select(VorgangParty.vorgang_id).where(
        VorgangParty.tenant_id == tenant_of(conn),
        VorgangParty.account == account,
        VorgangParty.valid_from <= on,
        (VorgangParty.valid_to.is_(None)) | (VorgangParty.valid_to >= on),
    )
    return list(conn.execute(query.distinct()).scalars())


def _current(conn: Connection, party_id: UUID) -> Mapping[str, Any]:
    row = read_row(conn, VorgangParty, tenant_of(conn), party_id)
    if row is None:
        raise PartyUnknown(party_id)
    return row


def _party(row: Mapping[str, Any], key: DataKey) -> Party:
    stored, tenant_id, party_id = row["details"], row["tenant_id"], row["id"]
    return Party(
        id=party_id,
        vorgang_id=row["vorgang_id"],
        rolle=Rolle(row["rolle"]),
        kind=PartyKind(row["kind"]),
        account=row["account"],
        represents_id=row["represents_id"],
        details=decrypt_cell(key, VorgangParty, "details", tenant_id=tenant_id, row_id=party_id, stored=stored),
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
    )


def _encrypted(key: DataKey, tenant_id: str, party_id: UUID, details: Mapping[str, Any]) -> bytes:
    return encrypt_cell(key, VorgangParty, "details", tenant_id=tenant_id, row_id=party_id, value=dict(details))
