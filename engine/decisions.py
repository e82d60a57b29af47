"""Decisions: from the values of a process to a signed Verwaltungsakt with its Bescheid in the file.

`bescheid.erzeugen` is the connector that issues one; `preview` shows the same letter before anybody signs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Connection, select

from engine import catalog, law
from engine.accounts import name_of
from engine.connectors import Call, Result
from engine.errors import Conflict
from engine.feel.values import Value, to_json
from engine.files import OpenFile, address_lines, open_file
from engine.house import House
from engine.letters import Head, Letter, compose, decision_attachment
from storage.akte import documents
from storage.akte.cells import encrypt_cell
from storage.akte.changes import add_to_step
from storage.akte.documents import NewDokument
from storage.akte.rows import insertion
from storage.db import tenant_of
from storage.models.dokument import Richtung, ScanState
from storage.models.step import StepRow
from storage.models.verwaltungsakt import Adressat, Verwaltungsakt, VerwaltungsaktAdressat, VerwaltungsaktStatus
from storage.steps import Step

PREVIEW = "vorschau"
"""Property of a user task that shows a letter before it is signed; its value is the template. Completing it signs."""
_OWN_INPUTS = frozenset({"art", "vorlage"})


@dataclass(frozen=True, slots=True)
class Signature:
    """Who drafted and who signed, by the history of the instance."""

    prepared_by: str
    prepared_at: datetime
    signed_by: str
    signed_at: datetime
    second_person: bool


def issue(house: House, call: Call) -> Result:
    """Write the Bescheid, file it as Reinschrift and record the Verwaltungsakt; the connector `bescheid.erzeugen`."""
    if call.vorgang_id is None:
        raise ValueError("a decision needs a Vorgang")
    with house.db.read() as conn:
        file = open_file(house, conn, call.vorgang_id)
        signature = _signature(conn, file, call.instance_id)
        signatory = name_of(conn, signature.signed_by)
    kind, template = str(call.inputs["art"]), str(call.inputs["vorlage"])
    data = {name: value for name, value in call.inputs.items() if name not in _OWN_INPUTS}
    letter = _letter(house, file, template, kind, data, at=call.at, signatory=signatory)
    decision = _as_data(file, kind, data, signature)
    pdf = house.renderer.render(
        letter.html, title=letter.title, at=call.at, attachments=[decision_attachment(decision)]
    )
    dokument_id, akt_id = uuid5(call.job_id, "dokument"), uuid5(call.job_id, "verwaltungsakt")
    filed = documents.file_document(
        house.objects,
        file.key,
        NewDokument(
            richtung=Richtung.AUSGANG,
            art=kind,
            name=f"{letter.title}.pdf",
            content=pdf,
            media_type="application/pdf",
            dokumentdatum=law.berlin_date(call.at),
            verfasser=signature.signed_by,
            scan_state=ScanState.ENTFAELLT,
        ),
        tenant_id=house.tenant_id,
        vorgang_id=file.id,
        at=call.at,
        by=signature.signed_by,
        dokument_id=dokument_id,
    )
    akt = insertion(
        Verwaltungsakt,
        _row(house, file, kind, data, signature, akt_id=akt_id, dokument_id=dokument_id),
        kind="verwaltungsakt.erlassen",
        at=call.at,
        actor_id=signature.signed_by,
        payload={"art": kind, "dokument": str(dokument_id), "tenor": decision},
    )
    addressee = file.addressee(on=law.berlin_date(call.at))

    def write(step: Step) -> None:
        add_to_step(step, file.key, [filed, akt])
        for rolle in (Adressat.INHALTSADRESSAT, Adressat.BEKANNTGABEADRESSAT):
            step.insert(
                VerwaltungsaktAdressat,
                {
                    "tenant_id": house.tenant_id,
                    "verwaltungsakt_id": akt_id,
                    "party_id": addressee.id,
                    "rolle": rolle.value,
                },
            )

    return Result(variables={"verwaltungsakt": str(akt_id), "dokument": str(dokument_id)}, writes=[write])


def preview(
    house: House,
    conn: Connection,
    vorgang_id: UUID,
    *,
    template: str,
    kind: str,
    data: Mapping[str, Value],
    at: datetime,
    signatory: str,
) -> Letter:
    """Compose the letter as it would be issued now; nothing is stored. `kind` is the decision's `art`.

    Raises LetterRefused.
    """
    return _letter(house, open_file(house, conn, vorgang_id), template, kind, data, at=at, signatory=signatory)


def _letter(
    house: House,
    file: OpenFile,
    template: str,
    kind: str,
    data: Mapping[str, Value],
    *,
    at: datetime,
    signatory: str,
) -> Letter:
    facts, today = file.procedure.facts, law.berlin_date(at)
    party = file.addressee(on=today)
    office = facts.office.key
    head = Head(
        sender=house.authority.sender(office),
        addressee=address_lines(party),
        aktenzeichen=file.row["aktenzeichen"],
        day=today,
        signatory=signatory,
    )
    blocks = _legal_blocks(house, facts, kind, today)
    about = {"person": dict(party.details.get("person", {})), "anschrift": dict(party.details.get("anschrift", {}))}
    return compose(
        file.procedure.letters[template],
        name=template,
        head=head,
        data={**about, **data},
        blocks=blocks,
        norms=law.norms(facts.code, jurisdiction=facts.jurisdiction, on=today),
        jurisdiction=facts.jurisdiction,
    )


def _legal_blocks(house: House, facts: catalog.Facts, kind: str, today: date) -> Sequence[law.Block]:
    """The locked blocks; a paper without a remedy (a certificate) only names what it rests on."""
    basis = [one.norm for one in facts.legal_basis]
    remedy = facts.remedy_of(kind)
    if remedy is None:
        return (law.legal_basis(basis),)
    return law.legal_blocks(
        house.authority.office(facts.office.key),
        verfahrensrecht=facts.code,
        jurisdiction=facts.jurisdiction,
        on=today,
        basis=basis,
        abgabe=facts.abgabe.art.value if facts.abgabe else None,
        kind=remedy,
    )


def _signature(conn: Connection, file: OpenFile, instance_id: UUID) -> Signature:
    """The completions of the tasks with a preview since the last other decision: the first drafted, the last signed."""
    signing = {task.id: task for task in file.procedure.user_tasks.values() if PREVIEW in task.properties}
    query = select(StepRow.actor_id, StepRow.at, StepRow.moves).where(
        StepRow.tenant_id == tenant_of(conn), StepRow.instance_id == instance_id, StepRow.command == "complete_task"
    )
    done = [
        (element, row.actor_id, row.at)
        for row in conn.execute(query.order_by(StepRow.seq))
        for element in row.moves.get("completed", ())
        if element in signing
    ]
    if not done:
        raise Conflict("nobody_signed", instance_id=instance_id)
    last, signed_by, signed_at = done[-1]
    second = signing[last].properties.get("zweite_person") == "true"
    drafts = [(who, when) for element, who, when in done if element != last] if second else []
    prepared_by, prepared_at = drafts[-1] if drafts else (signed_by, signed_at)
    return Signature(prepared_by, prepared_at, signed_by, signed_at, second)


def _as_data(file: OpenFile, kind: str, data: Mapping[str, Value], signature: Signature) -> dict[str, Any]:
    """The decision for machines: what the letter was made from, as tagged JSON, and who answers for it."""
    facts = file.procedure.facts
    return {
        "art": kind,
        "aktenzeichen": file.row["aktenzeichen"],
        "verfahren": facts.key,
        "verfahrensrecht": facts.verfahrensrecht,
        "gezeichnet_am": signature.signed_at.isoformat(timespec="seconds"),
        "daten": {name: to_json(value) for name, value in data.items()},
    }


def _row(
    house: House,
    file: OpenFile,
    kind: str,
    data: Mapping[str, Value],
    signature: Signature,
    *,
    akt_id: UUID,
    dokument_id: UUID,
) -> dict[str, Any]:
    facts = file.procedure.facts

    def sealed(column: str, value: object) -> bytes:
        return encrypt_cell(file.key, Verwaltungsakt, column, tenant_id=house.tenant_id, row_id=akt_id, value=value)

    reasons = data.get("begruendung")
    return {
        "tenant_id": house.tenant_id,
        "id": akt_id,
        "vorgang_id": file.id,
        "kind": kind,
        "status": VerwaltungsaktStatus.FREIGEGEBEN.value,
        "verfahrensrecht": file.row["verfahrensrecht"],
        "jurisdiction": facts.jurisdiction,
        "tenor": sealed("tenor", {name: to_json(value) for name, value in data.items()}),
        "reasons": sealed("reasons", str(reasons)) if reasons else None,
        "legal_basis": {"normen": [basis.norm for basis in facts.legal_basis]},
        "satzung_version": facts.abgabe.satzung if facts.abgabe else None,
        "dokument_id": dokument_id,
        "second_person": signature.second_person,
        "prepared_at": signature.prepared_at,
        "prepared_by": signature.prepared_by,
        "signed_at": signature.signed_at,
        "signed_by": signature.signed_by,
        "signed_as": "zweite Person" if signature.second_person else "Sachbearbeitung",
    }
