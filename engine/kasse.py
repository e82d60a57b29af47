"""The Kasse: after signing, a Sollstellung goes to the finance system, and its answer comes back to the case.

The record is described in docs/kasse.md. It is built from what is stored, so that a repeated call gives the same bytes
under the same id. The copy in the file shows the IBAN masked; only the record itself names it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from logging import getLogger
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

import orjson
from sqlalchemy import Connection, insert, select, update

from engine import accounts, law
from engine.actors import Actor
from engine.cases import is_in_charge
from engine.connectors import Call, Result
from engine.errors import Conflict, NotAllowed, NotFound, Unavailable
from engine.feel.values import Value
from engine.files import OpenFile, open_file
from engine.house import House
from engine.kasse_port import Acknowledgement, Kasse, Verdict
from storage.akte import documents
from storage.akte.cells import decrypt_cell
from storage.akte.changes import add_to_step, write
from storage.akte.documents import NewDokument
from storage.akte.parties import Party
from storage.akte.rows import alteration, insertion, read_row
from storage.db import tenant_of
from storage.models.dokument import Richtung, ScanState
from storage.models.incident import Incident
from storage.models.sollstellung import SepaMandat, Sollstellung, SollstellungRate, SollstellungStatus
from storage.models.verwaltungsakt import Adressat, Verwaltungsakt, VerwaltungsaktAdressat
from storage.steps import Step

log = getLogger("amtsweg.kasse")

FORMAT: Final = "amtsweg.sollstellung/1"
ROLE: Final = "kasse"
"""The group whose members see account numbers whole."""
REJECTED: Final = "sollstellung_abgelehnt"
"""The code of the incident about a Sollstellung that the Kasse did not take."""
_WORKER: Final = "system:worker"
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Instalment:
    """One amount with its due date; a refund is negative."""

    amount_cents: int
    due_on: date
    period_from: date | None = None
    period_to: date | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """A Sollstellung as a case page shows it; `iban` is masked unless a member of the Kasse looks."""

    id: UUID
    kassenzeichen: str
    haushaltsstelle: str
    status: SollstellungStatus
    instalments: tuple[Instalment, ...]
    festgestellt: str
    festgestellt_at: datetime | None
    angeordnet: str
    angeordnet_at: datetime | None
    uebergeben_at: datetime | None
    answered_at: datetime | None
    reason: str | None
    iban: str | None
    mandatsreferenz: str | None
    dokument_id: UUID | None

    @property
    def total_cents(self) -> int:
        return sum(one.amount_cents for one in self.instalments)


def demand(house: House, call: Call) -> Result:
    """Hand a Sollstellung over to the Kasse; the connector `kasse.sollstellung`.

    Inputs: `verwaltungsakt`, `kassenzeichen`, `haushaltsstelle`, `raten` (list of {betrag, faellig_am} with optional
    `von` and `bis`; a refund is negative), optional `mandat`. Outputs: `sollstellung` (id), `stand`.
    """
    with house.db.read() as conn:
        order = _order(house, conn, call)
    record = order.record(masked=False)
    filed = documents.file_document(
        house.objects,
        order.file.key,
        NewDokument(
            richtung=Richtung.AUSGANG,
            art="sollstellung",
            name=f"Sollstellung {order.kassenzeichen}.json",
            content=order.record(masked=True),
            media_type="application/json",
            dokumentdatum=law.berlin_date(call.at),
            verfasser=_WORKER,
            scan_state=ScanState.ENTFAELLT,
        ),
        tenant_id=house.tenant_id,
        vorgang_id=order.file.id,
        at=call.at,
        by=_WORKER,
        dokument_id=uuid5(call.job_id, "dokument"),
    )
    _port(house).hand_over(order.id, record)
    row = order.row(house.tenant_id) | {
        "status": SollstellungStatus.UEBERGEBEN.value,
        "job_id": call.job_id,
        "dokument_id": filed.row["id"],
        "created_at": call.at,
        "uebergeben_at": call.at,
    }
    payload = {
        "kassenzeichen": order.kassenzeichen,
        "raten": [_instalment_json(n, one) for n, one in enumerate(order.instalments, start=1)],
        "datensatz_sha256": sha256(record).hexdigest(),
    }
    change = insertion(Sollstellung, row, kind="sollstellung.uebergeben", at=call.at, actor_id=_WORKER, payload=payload)

    def write_all(step: Step) -> None:
        add_to_step(step, order.file.key, [filed, change])
        for position, one in enumerate(order.instalments, start=1):
            step.insert(SollstellungRate, _instalment_row(house.tenant_id, order.id, position, one))

    return Result(
        variables={"sollstellung": str(order.id), "stand": SollstellungStatus.UEBERGEBEN.value}, writes=[write_all]
    )


def hand_over_again(house: House, sollstellung_id: UUID, *, by: Actor, at: datetime) -> None:
    """Give the Kasse a Sollstellung once more that it refused; what hindered it there has been put right.

    Raises NotFound, NotAllowed for everybody but the office in charge and the Kasse, Conflict where it was not refused.
    """
    with house.db.read() as conn:
        row = _row(conn, sollstellung_id)
        order = _stored(house, conn, row)
    if not (is_in_charge(by, order.file.row["office"]) or ROLE in by.roles):
        raise NotAllowed("not_in_charge", sollstellung=sollstellung_id)
    if row["status"] != SollstellungStatus.ABGELEHNT.value:
        raise Conflict("sollstellung_not_refused", sollstellung=sollstellung_id)
    _port(house).hand_over(order.id, order.record(masked=False))
    again = {
        "status": SollstellungStatus.UEBERGEBEN.value,
        "uebergeben_at": at,
        "answered_at": None,
        "abgelehnt_reason": None,
    }
    change = alteration(
        Sollstellung, row, again, kind="sollstellung.erneut_uebergeben", at=at, actor_id=by.id, payload={}
    )
    with house.db.begin() as conn:
        write(conn, order.file.key, order.file.id, [change])
        _resolve(conn, sollstellung_id, at=at, by=by.id)


def take_answers(house: House, *, at: datetime) -> int:
    """Read what the finance system answered and return how much of it was new; a worker calls it now and then.

    An answer is stored before it is put aside, so a crash repeats it and changes nothing. A refusal leaves an incident.
    """
    if house.kasse is None:
        return 0
    taken = 0
    for answer in house.kasse.acknowledgements():
        try:
            taken += _take(house, answer, at)
        except NotFound:
            log.warning("acknowledgement_unknown", extra={"sollstellung": str(answer.sollstellung_id)})
            house.kasse.refuse(answer)
        else:
            house.kasse.done(answer)
    return taken


def of_vorgang(conn: Connection, file: OpenFile, *, by: Actor) -> list[Demand]:
    """Return the Sollstellungen of an open Vorgang, oldest first; whether `by` may see it, the caller has decided."""
    query = select(Sollstellung.__table__).where(
        Sollstellung.tenant_id == tenant_of(conn), Sollstellung.vorgang_id == file.id
    )
    rows = conn.execute(query.order_by(Sollstellung.created_at, Sollstellung.id)).mappings().all()
    actors = {row[column] for row in rows for column in ("festgestellt_by", "angeordnet_by") if row[column]}
    names = accounts.names_of(conn, actors)
    return [_view(conn, file, dict(row), names, masked=ROLE not in by.roles) for row in rows]


@dataclass(frozen=True, slots=True)
class _Order:
    """Everything that one record says."""

    id: UUID
    file: OpenFile
    akt: Mapping[str, Any]
    debtor: Party
    kassenzeichen: str
    haushaltsstelle: str
    instalments: Sequence[Instalment]
    mandat: Mapping[str, Any] | None
    names: Mapping[str, str]

    def record(self, *, masked: bool) -> bytes:
        """The record as JSON with sorted keys."""
        facts, akt = self.file.procedure.facts, self.akt
        document = {
            "format": FORMAT,
            "sollstellung": str(self.id),
            "mandant": self.file.row["tenant_id"],
            "kassenzeichen": self.kassenzeichen,
            "aktenzeichen": self.file.row["aktenzeichen"],
            "abgabe": facts.abgabe.name if facts.abgabe else facts.title,
            "haushaltsstelle": self.haushaltsstelle,
            "waehrung": "EUR",
            "summe_cent": sum(one.amount_cents for one in self.instalments),
            "raten": [_instalment_json(n, one) for n, one in enumerate(self.instalments, start=1)],
            "schuldner": {**self.debtor.details.get("person", {}), **self.debtor.details.get("anschrift", {})},
            "bescheid": {"id": str(akt["id"]), "art": akt["kind"], "satzung": akt["satzung_version"]},
            "mandat": _mandat_json(self.file, self.mandat, masked=masked),
            "festgestellt": self._note("Sachlich und rechnerisch richtig", akt["prepared_by"], akt["prepared_at"]),
            "angeordnet": self._note(self._ordered, akt["signed_by"], akt["signed_at"]),
        }
        return orjson.dumps(document, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)

    def row(self, tenant_id: str) -> dict[str, Any]:
        """The columns that stem from the decision."""
        return {
            "tenant_id": tenant_id,
            "id": self.id,
            "vorgang_id": self.file.id,
            "verwaltungsakt_id": self.akt["id"],
            "schuldner_id": self.debtor.id,
            "kassenzeichen": self.kassenzeichen,
            "haushaltsstelle": self.haushaltsstelle,
            "waehrung": "EUR",
            "mandat_id": self.mandat["id"] if self.mandat else None,
            "festgestellt_by": self.akt["prepared_by"],
            "festgestellt_at": self.akt["prepared_at"],
            "angeordnet_by": self.akt["signed_by"],
            "angeordnet_at": self.akt["signed_at"],
        }

    @property
    def _ordered(self) -> str:
        is_refund = sum(one.amount_cents for one in self.instalments) < 0
        return "Zur Auszahlung angeordnet" if is_refund else "Zur Annahme angeordnet"

    def _note(self, words: str, by: str, at: datetime) -> dict[str, str]:
        return {"vermerk": words, "von": self.names[by], "am": at.isoformat(timespec="seconds")}


def _order(house: House, conn: Connection, call: Call) -> _Order:
    if call.vorgang_id is None:
        raise ValueError("a Sollstellung needs a Vorgang")
    file = open_file(house, conn, call.vorgang_id)
    akt = _akt(conn, file, UUID(str(call.inputs["verwaltungsakt"])))
    mandat = call.inputs.get("mandat")
    return _Order(
        id=uuid5(call.job_id, "sollstellung"),
        file=file,
        akt=akt,
        debtor=_debtor(conn, file, akt, law.berlin_date(call.at)),
        kassenzeichen=_text(call.inputs, "kassenzeichen"),
        haushaltsstelle=_text(call.inputs, "haushaltsstelle"),
        instalments=_instalments(call.inputs.get("raten")),
        mandat=_usable(conn, file, UUID(str(mandat))) if mandat else None,
        names=accounts.names_of(conn, (akt["prepared_by"], akt["signed_by"])),
    )


def _stored(house: House, conn: Connection, row: Mapping[str, Any]) -> _Order:
    """The order from what was stored with it: the same record as before."""
    file = open_file(house, conn, row["vorgang_id"])
    akt = _akt(conn, file, row["verwaltungsakt_id"])
    return _Order(
        id=row["id"],
        file=file,
        akt=akt,
        debtor=next(party for party in file.parties if party.id == row["schuldner_id"]),
        kassenzeichen=row["kassenzeichen"],
        haushaltsstelle=row["haushaltsstelle"],
        instalments=_stored_instalments(conn, row["id"]),
        mandat=_mandat(conn, file, row["mandat_id"]) if row["mandat_id"] else None,
        names=accounts.names_of(conn, (akt["prepared_by"], akt["signed_by"])),
    )


def _akt(conn: Connection, file: OpenFile, akt_id: UUID) -> Mapping[str, Any]:
    akt = read_row(conn, Verwaltungsakt, tenant_of(conn), akt_id)
    if akt is None or akt["vorgang_id"] != file.id:
        raise NotFound("verwaltungsakt_unknown", verwaltungsakt=akt_id)
    if akt["signed_by"] is None:
        raise Conflict("not_signed", verwaltungsakt=akt_id)
    return akt


def _debtor(conn: Connection, file: OpenFile, akt: Mapping[str, Any], on: date) -> Party:
    query = select(VerwaltungsaktAdressat.party_id).where(
        VerwaltungsaktAdressat.tenant_id == tenant_of(conn),
        VerwaltungsaktAdressat.verwaltungsakt_id == akt["id"],
        VerwaltungsaktAdressat.rolle == Adressat.INHALTSADRESSAT.value,
    )
    named = set(conn.execute(query).scalars())
    return next((party for party in file.parties if party.id in named), None) or file.addressee(on=on)


def _text(inputs: Mapping[str, Value], name: str) -> str:
    value = inputs.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Conflict("input_missing", message=f"Der Kasse fehlt „{name}“.")
    return value.strip()


def _instalments(given: Value) -> tuple[Instalment, ...]:
    if not isinstance(given, list) or not given:
        raise Conflict("no_instalments", message="„raten“ muss wenigstens einen Betrag mit Fälligkeit enthalten.")
    return tuple(_instalment(one) for one in given)


def _instalment(given: Value) -> Instalment:
    amount, due_on = (given.get("betrag"), given.get("faellig_am")) if isinstance(given, dict) else (None, None)
    if not isinstance(amount, Decimal) or amount != amount.quantize(_CENT) or type(due_on) is not date:
        raise Conflict("bad_instalment", message="Jede Rate hat „betrag“ (in Cent genau) und „faellig_am“ (Datum).")
    begins, ends = (given.get("von"), given.get("bis")) if isinstance(given, dict) else (None, None)
    return Instalment(
        amount_cents=int(amount * 100),
        due_on=due_on,
        period_from=begins if type(begins) is date else None,
        period_to=ends if type(ends) is date else None,
    )


def _instalment_json(number: int, one: Instalment) -> dict[str, Any]:
    return {
        "nummer": number,
        "betrag_cent": one.amount_cents,
        "faellig_am": str(one.due_on),
        "von": str(one.period_from) if one.period_from else None,
        "bis": str(one.period_to) if one.period_to else None,
    }


def _instalment_row(tenant_id: str, sollstellung_id: UUID, position: int, one: Instalment) -> dict[str, Any]:
    return {
        "tenant_id": tenant_id,
        "sollstellung_id": sollstellung_id,
        "position": position,
        "due_on": one.due_on,
        "amount_cents": one.amount_cents,
        "period_from": one.period_from,
        "period_to": one.period_to,
    }


def _stored_instalments(conn: Connection, sollstellung_id: UUID) -> tuple[Instalment, ...]:
    query = select(SollstellungRate).where(
        SollstellungRate.tenant_id == tenant_of(conn), SollstellungRate.sollstellung_id == sollstellung_id
    )
    rows = conn.execute(
        query.with_only_columns(
            SollstellungRate.amount_cents,
            SollstellungRate.due_on,
            SollstellungRate.period_from,
            SollstellungRate.period_to,
        ).order_by(SollstellungRate.position)
    )
    return tuple(Instalment(*row) for row in rows)


def _mandat(conn: Connection, file: OpenFile, mandat_id: UUID) -> Mapping[str, Any]:
    query = select(SepaMandat.__table__).where(
        SepaMandat.tenant_id == tenant_of(conn), SepaMandat.id == mandat_id, SepaMandat.vorgang_id == file.id
    )
    row = conn.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound("mandat_unknown", mandat=mandat_id)
    return dict(row)


def _usable(conn: Connection, file: OpenFile, mandat_id: UUID) -> Mapping[str, Any] | None:
    """The mandate, unless its holder has not confirmed it yet or took it back: then nothing is debited."""
    row = _mandat(conn, file, mandat_id)
    return None if row["confirmed_at"] is None or row["revoked_at"] is not None else row


def _mandat_json(file: OpenFile, row: Mapping[str, Any] | None, *, masked: bool) -> dict[str, Any] | None:
    if row is None:
        return None
    holder = next((party for party in file.parties if party.id == row["kontoinhaber_id"]), None)
    person = holder.details.get("person", {}) if holder else {}
    return {
        "glaeubiger_id": row["glaeubiger_id"],
        "mandatsreferenz": row["mandatsreferenz"],
        "erteilt_am": str(row["given_on"]),
        "kontoinhaber": " ".join(filter(None, (person.get("vorname"), person.get("nachname")))),
        "iban": _iban(file, row, masked=masked),
    }


def _iban(file: OpenFile, row: Mapping[str, Any], *, masked: bool) -> str:
    if masked:
        return str(row["iban_masked"])
    tenant_id, row_id, stored = row["tenant_id"], row["id"], row["iban"]
    return str(decrypt_cell(file.key, SepaMandat, "iban", tenant_id=tenant_id, row_id=row_id, stored=stored))


def _take(house: House, answer: Acknowledgement, at: datetime) -> int:
    """Store one answer; one that says what is known already is no news."""
    with house.db.begin() as conn:
        row = _row(conn, answer.sollstellung_id)
        if (row["status"], row["abgelehnt_reason"]) == (answer.verdict.value, answer.reason):
            return 0
        file = open_file(house, conn, row["vorgang_id"])
        known = {"status": answer.verdict.value, "answered_at": at, "abgelehnt_reason": answer.reason}
        change = alteration(
            Sollstellung,
            row,
            known,
            kind=f"sollstellung.{answer.verdict.value}",
            at=at,
            actor_id=_WORKER,
            payload={"quittung": answer.name, "grund": answer.reason},
        )
        write(conn, file.key, file.id, [change])
        _resolve(conn, answer.sollstellung_id, at=at, by=_WORKER)
        if answer.verdict is Verdict.ABGELEHNT:
            conn.execute(insert(Incident), _incident(house.tenant_id, answer, file, at))
    return 1


def _incident(tenant_id: str, answer: Acknowledgement, file: OpenFile, at: datetime) -> dict[str, Any]:
    """Operators learn that there is one; the reason may name a person and stands at the Vorgang alone."""
    return {
        "tenant_id": tenant_id,
        "id": uuid4(),
        "code": REJECTED,
        "cause": _cause(answer.sollstellung_id),
        "instance_id": None,
        "vorgang_id": file.id,
        "job_id": None,
        "element": None,
        "occurred_at": at,
        "resolved_at": None,
        "resolved_by": None,
    }


def _cause(sollstellung_id: UUID) -> str:
    return f"Sollstellung {sollstellung_id} was refused; the reason is shown with the Vorgang"


def _resolve(conn: Connection, sollstellung_id: UUID, *, at: datetime, by: str) -> None:
    open_ones = update(Incident).where(
        Incident.tenant_id == tenant_of(conn),
        Incident.code == REJECTED,
        Incident.cause == _cause(sollstellung_id),
        Incident.resolved_at.is_(None),
    )
    conn.execute(open_ones.values(resolved_at=at, resolved_by=by))


def _row(conn: Connection, sollstellung_id: UUID) -> Mapping[str, Any]:
    row = read_row(conn, Sollstellung, tenant_of(conn), sollstellung_id)
    if row is None:
        raise NotFound("sollstellung_unknown", sollstellung=sollstellung_id)
    return row


def _port(house: House) -> Kasse:
    if house.kasse is None:
        raise Unavailable("kasse_missing")
    return house.kasse


def _view(
    conn: Connection, file: OpenFile, row: Mapping[str, Any], names: Mapping[str, str], *, masked: bool
) -> Demand:
    mandat = _mandat(conn, file, row["mandat_id"]) if row["mandat_id"] else None
    return Demand(
        id=row["id"],
        kassenzeichen=row["kassenzeichen"],
        haushaltsstelle=row["haushaltsstelle"],
        status=SollstellungStatus(row["status"]),
        instalments=_stored_instalments(conn, row["id"]),
        festgestellt=names.get(row["festgestellt_by"] or "", ""),
        festgestellt_at=row["festgestellt_at"],
        angeordnet=names.get(row["angeordnet_by"] or "", ""),
        angeordnet_at=row["angeordnet_at"],
        uebergeben_at=row["uebergeben_at"],
        answered_at=row["answered_at"],
        reason=row["abgelehnt_reason"],
        iban=_iban(file, mandat, masked=masked) if mandat else None,
        mandatsreferenz=mandat["mandatsreferenz"] if mandat else None,
        dokument_id=row["dokument_id"],
    )
