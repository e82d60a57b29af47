"""An open Vorgang: its row, key, parties and the procedure by which it runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from engine import catalog
from engine.errors import NotFound
from engine.house import House
from storage.akte import parties
from storage.akte.parties import Party
from storage.akte.rows import read_row
from storage.crypto import DataKey
from storage.db import tenant_of
from storage.keys import load_key
from storage.models.akte import AkteRow
from storage.models.instance import Instance
from storage.models.party import Rolle
from storage.models.vorgang import VorgangRow


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A Vorgang with what its papers need; `row` is its row of `vorgang`."""

    row: Mapping[str, Any]
    key: DataKey
    procedure: catalog.Procedure
    parties: Sequence[Party]

    @property
    def id(self) -> UUID:
        return UUID(str(self.row["id"]))

    def addressee(self, *, on: date) -> Party:
        """For whom a decision is meant: the debtor where a charge is fixed, else who asked for it."""
        present = [one for one in self.parties if one.valid_from <= on and (one.valid_to is None or one.valid_to >= on)]
        for rolle in (Rolle.STEUERSCHULDNER, Rolle.ANTRAGSTELLER):
            for party in present:
                if party.rolle is rolle:
                    return party
        raise NotFound("addressee_unknown", vorgang_id=self.id)


def open_file(house: House, conn: Connection, vorgang_id: UUID) -> OpenFile:
    """Load and decrypt a Vorgang; raises NotFound. Whether somebody may see it, the caller has decided."""
    row = read_row(conn, VorgangRow, tenant_of(conn), vorgang_id)
    if row is None:
        raise NotFound("vorgang_unknown", vorgang_id=vorgang_id)
    key = load_key(conn, house.master_key, row["key_id"])
    return OpenFile(
        row=row,
        key=key,
        procedure=catalog.deployed(conn, row["deployment_id"]).procedure,
        parties=parties.list_parties(conn, key, vorgang_id),
    )


def key_of_vorgang(house: House, conn: Connection, vorgang_id: UUID) -> DataKey:
    """Load the key of a Vorgang without anything else."""
    query = select(VorgangRow.key_id).where(VorgangRow.tenant_id == tenant_of(conn), VorgangRow.id == vorgang_id)
    key_id = conn.execute(query).scalar_one_or_none()
    if key_id is None:
        raise NotFound("vorgang_unknown", vorgang_id=vorgang_id)
    return load_key(conn, house.master_key, key_id)


def key_of_akte(house: House, conn: Connection, akte_id: UUID) -> DataKey:
    """Load the key of an Akte; raises NotFound."""
    query = select(AkteRow.key_id).where(AkteRow.tenant_id == tenant_of(conn), AkteRow.id == akte_id)
    key_id = conn.execute(query).scalar_one_or_none()
    if key_id is None:
        raise NotFound("akte_unknown", akte_id=akte_id)
    return load_key(conn, house.master_key, key_id)


def key_of_instance(house: House, conn: Connection, instance_id: UUID) -> DataKey:
    """Load the key of an instance; raises NotFound."""
    query = select(Instance.key_id).where(Instance.tenant_id == tenant_of(conn), Instance.id == instance_id)
    key_id = conn.execute(query).scalar_one_or_none()
    if key_id is None:
        raise NotFound("instance_unknown", instance_id=instance_id)
    return load_key(conn, house.master_key, key_id)


def address_lines(party: Party) -> tuple[str, ...]:
    """Return the lines of the address field, name first."""
    person, address = party.details.get("person", {}), party.details.get("anschrift", {})
    name = " ".join(filter(None, (person.get("vorname"), person.get("nachname"))))
    street = " ".join(filter(None, (address.get("strasse"), address.get("hausnummer"))))
    town = " ".join(filter(None, (address.get("plz"), address.get("ort"))))
    salutation = {"frau": "Frau", "herr": "Herrn"}.get(person.get("anrede", ""), "")
    return tuple(line for line in (salutation, name, address.get("zusatz", ""), street, town) if line)
