"""From whom a Vorgang comes, as lists and heads of pages name the person."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import Connection, select

from engine.house import House
from storage.akte import parties
from storage.akte.parties import Party
from storage.db import tenant_of
from storage.keys import load_keys
from storage.models.vorgang import VorgangRow


def name_of(those: Iterable[Party]) -> str:
    """Return the name of the first party that has one, else ""."""
    for party in those:
        person = party.details.get("person", {})
        name = " ".join(filter(None, (person.get("vorname"), person.get("nachname"))))
        if name:
            return name
    return ""


def names_of(house: House, conn: Connection, vorgang_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the names for a list of Vorgänge with three queries; one whose key is destroyed has none.

    Whether somebody may see them, the caller has decided.
    """
    query = select(VorgangRow.id, VorgangRow.key_id)
    rows = conn.execute(query.where(VorgangRow.tenant_id == tenant_of(conn), VorgangRow.id.in_(vorgang_ids))).all()
    keys = load_keys(conn, house.master_key, [row.key_id for row in rows])
    readable = {row.id: keys[row.key_id] for row in rows if row.key_id in keys}
    return {vorgang_id: name_of(found) for vorgang_id, found in parties.of_vorgaenge(conn, readable).items()}
