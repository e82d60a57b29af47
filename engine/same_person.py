"""The same person again: found by a blind index, so that no name stands in the database in clear.

Whoever types another's name and date of birth must not come into her Akte by that alone: the account, the address or
the number of the matter has to fit as well. A caseworker sees the other Vorgänge and can move one.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, exists, select
from sqlalchemy.orm import aliased

from engine.catalog import Procedure
from engine.feel.values import Value
from engine.house import House
from storage.akte import bestand
from storage.db import tenant_of
from storage.models.akte import AkteRow
from storage.models.party import VorgangParty
from storage.models.vorgang import Suchmerkmal, VorgangRow

PERSON: Final = "person"
PERSON_AT_ADDRESS: Final = "person_anschrift"
_PERSON_PARTS: Final = ("vorname", "nachname", "geburtsdatum")
_ADDRESS_PARTS: Final = ("strasse", "hausnummer", "plz")


def marks(house: House, values: Mapping[str, Value]) -> dict[str, str]:
    """Return the search attributes of what somebody sends; {} where the form asks for no person."""
    person, address = values.get("person"), values.get("anschrift")
    who = _text(person, _PERSON_PARTS)
    if who is None:
        return {}
    found = {PERSON: _index(house, PERSON, who)}
    where = _text(address, _ADDRESS_PARTS)
    if where is not None:
        found[PERSON_AT_ADDRESS] = _index(house, PERSON_AT_ADDRESS, f"{who} {where}")
    return found


def akte_of(
    house: House, conn: Connection, procedure: Procedure, values: Mapping[str, Value], *, account: str | None
) -> UUID | None:
    """Return the open Akte into which this matter belongs, None: a new one.

    Only for procedures that work on a Bestand. The person must be the same, and the account, the address or the number
    must fit.
    """
    place = procedure.facts.akte
    who = marks(house, values)
    if procedure.bestand is None or procedure.bestand.kind(place.of) is None or not who:
        return None
    number = values.get(place.number_field) if place.number_field else None
    numbered = bestand.find(conn, place.of, plain_number(number)) if isinstance(number, str) else None
    proofs = [_has_mark(PERSON_AT_ADDRESS, who[PERSON_AT_ADDRESS])] if PERSON_AT_ADDRESS in who else []
    if account is not None:
        proofs.append(_has_account(account))
    for proof in [AkteRow.id == numbered] if numbered else proofs:
        query = (
            select(AkteRow.id)
            .join(VorgangRow, (VorgangRow.tenant_id == AkteRow.tenant_id) & (VorgangRow.akte_id == AkteRow.id))
            .where(
                AkteRow.tenant_id == tenant_of(conn),
                AkteRow.kind == place.of,
                AkteRow.office == procedure.facts.office.key,
                AkteRow.closed_on.is_(None),
                _has_mark(PERSON, who[PERSON]),
                proof,
            )
        )
        found = conn.execute(query.order_by(AkteRow.opened_at, AkteRow.id).limit(1)).scalar_one_or_none()
        if found is not None:
            return found
    return None


def is_in(house: House, conn: Connection, akte_id: UUID, person: Mapping[str, Value]) -> bool | None:
    """Say whether a Vorgang of the Akte is this person's; None where the person is not fully named."""
    who = marks(house, {"person": dict(person)})
    if not who:
        return None
    query = select(VorgangRow.id).where(
        VorgangRow.tenant_id == tenant_of(conn), VorgangRow.akte_id == akte_id, _has_mark(PERSON, who[PERSON])
    )
    return conn.execute(query.limit(1)).scalar_one_or_none() is not None


def akten_of(house: House, conn: Connection, kind: str, person: Mapping[str, Value]) -> list[UUID]:
    """Return the open Akten of a kind in which the person has a Vorgang, oldest first."""
    who = marks(house, {"person": dict(person)})
    if not who:
        return []
    query = select(AkteRow.id).where(
        AkteRow.tenant_id == tenant_of(conn),
        AkteRow.kind == kind,
        AkteRow.closed_on.is_(None),
        exists().where(
            VorgangRow.tenant_id == AkteRow.tenant_id, VorgangRow.akte_id == AkteRow.id, _has_mark(PERSON, who[PERSON])
        ),
    )
    return list(conn.execute(query.order_by(AkteRow.opened_at, AkteRow.id)).scalars())


@dataclass(frozen=True, slots=True)
class OtherVorgang:
    """Another Vorgang of the same person."""

    id: UUID
    same_akte: bool


def others(conn: Connection, vorgang_id: UUID) -> list[OtherVorgang]:
    """Return the other Vorgänge of the same person or in the same Akte, in no order.

    Who may see them is not decided here.
    """
    tenant = tenant_of(conn)
    this = aliased(VorgangRow)
    in_akte = select(VorgangRow.id).join(
        this, (this.tenant_id == VorgangRow.tenant_id) & (this.akte_id == VorgangRow.akte_id)
    )
    in_akte = in_akte.where(this.tenant_id == tenant, this.id == vorgang_id, VorgangRow.id != vorgang_id)
    mine = aliased(Suchmerkmal)
    of_person = select(Suchmerkmal.vorgang_id).join(
        mine,
        (mine.tenant_id == Suchmerkmal.tenant_id) & (mine.name == Suchmerkmal.name) & (mine.value == Suchmerkmal.value),
    )
    of_person = of_person.where(
        mine.tenant_id == tenant,
        mine.vorgang_id == vorgang_id,
        mine.name == PERSON,
        Suchmerkmal.vorgang_id != vorgang_id,
    )
    near = set(conn.execute(in_akte).scalars())
    return [OtherVorgang(one, one in near) for one in near | set(conn.execute(of_person).scalars())]


def plain_number(number: str) -> str:
    """Return a number as it is stored, whatever blanks and small letters somebody typed."""
    return "".join(number.split()).upper()


def _has_mark(name: str, value: str) -> ColumnElement[bool]:
    return exists().where(
        Suchmerkmal.tenant_id == VorgangRow.tenant_id,
        Suchmerkmal.vorgang_id == VorgangRow.id,
        Suchmerkmal.name == name,
        Suchmerkmal.value == value,
    )


def _has_account(account: str) -> ColumnElement[bool]:
    return exists().where(
        VorgangParty.tenant_id == VorgangRow.tenant_id,
        VorgangParty.vorgang_id == VorgangRow.id,
        VorgangParty.account == account,
    )


def _index(house: House, name: str, text: str) -> str:
    return house.master_key.blind_index(text, tenant_id=house.tenant_id, name=name)


def _text(content: Value, parts: tuple[str, ...]) -> str | None:
    """The parts in one spelling; None where one is missing."""
    if not isinstance(content, dict):
        return None
    values = [content.get(part) for part in parts]
    if any(value is None or value == "" for value in values):
        return None
    return " ".join(_spelled(value) for value in values)


def _spelled(value: Value) -> str:
    """Umlauts, accents, hyphens and capitals make nobody another person."""
    if isinstance(value, date):
        return value.isoformat()
    text = str(value).casefold().translate(_UMLAUTS)
    text = unicodedata.normalize("NFKD", text)
    return re.sub(r"[^0-9a-z]+", "", "".join(sign for sign in text if not unicodedata.combining(sign)))


_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
