"""Messages to a party: into the Postfach with a notification, or as a letter that somebody posts."""

from datetime import date
from uuid import UUID, uuid5

from engine import law
from engine.accounts import name_of, who_requested
from engine.connectors import Call, Result
from engine.files import OpenFile, address_lines, open_file
from engine.house import House
from engine.letters import Head, compose
from storage.akte import documents
from storage.akte.cells import encrypt_cell
from storage.akte.changes import add_to_step
from storage.akte.documents import NewDokument
from storage.akte.parties import Party
from storage.akte.rows import Change
from storage.models.dokument import Richtung, ScanState
from storage.models.nachricht import Nachricht, NachrichtDokument, NachrichtRichtung
from storage.models.verwaltungsakt import Benachrichtigung
from storage.steps import Step


def send(house: House, call: Call) -> Result:
    """Send a message to the addressee of the Vorgang; the connector `nachricht.senden`.

    Inputs: `betreff`, `text`, optional `frist_am` (date) and `vorlage`. It lies in the Postfach of a party with an
    account; with a `vorlage` it is also a letter in the file, which reaches those without one.
    """
    if call.vorgang_id is None:
        raise ValueError("a message needs a Vorgang")
    today = law.berlin_date(call.at)
    with house.db.read() as conn:
        file = open_file(house, conn, call.vorgang_id)
        sent_by = who_requested(conn, call.instance_id, call.wait)
        clerk = name_of(conn, sent_by)
    party = file.addressee(on=today)
    message_id = uuid5(call.job_id, "nachricht")
    letter = _file_letter(house, call, file, party, sent_by, clerk)
    notification = _notify(house, party, message_id)

    def write(step: Step) -> None:
        if letter is not None:
            add_to_step(step, file.key, [letter])
        _insert(step, house, file, party, message_id, call, sent_by, notification)
        if letter is not None:
            step.insert(
                NachrichtDokument,
                {
                    "tenant_id": house.tenant_id,
                    "nachricht_id": message_id,
                    "dokument_id": letter.row["id"],
                },
            )

    return Result(variables={"nachricht": str(message_id)}, writes=[write])


def _notify(house: House, party: Party, message_id: UUID) -> Benachrichtigung:
    address = party.details.get("benachrichtigung_email")
    if party.account is None or not address:
        return Benachrichtigung.KEINE
    house.notify(address=str(address), message_id=str(message_id))
    return Benachrichtigung.VERSANDT


def _insert(
    step: Step,
    house: House,
    file: OpenFile,
    party: Party,
    message_id: UUID,
    call: Call,
    sent_by: str,
    notification: Benachrichtigung,
) -> None:
    def sealed(column: str, text: str) -> bytes:
        return encrypt_cell(file.key, Nachricht, column, tenant_id=house.tenant_id, row_id=message_id, value=text)

    due = call.inputs.get("frist_am")
    step.insert(
        Nachricht,
        {
            "tenant_id": house.tenant_id,
            "id": message_id,
            "vorgang_id": file.id,
            "party_id": party.id,
            "account": party.account,
            "richtung": NachrichtRichtung.AN_PARTEI.value,
            "subject": sealed("subject", str(call.inputs["betreff"])),
            "text": sealed("text", str(call.inputs["text"])),
            "due_on": due if isinstance(due, date) else None,
            "sent_at": call.at,
            "sent_by": sent_by,
            "read_at": None,
            "notification": notification.value,
            "notification_job_id": None,
            "notified_at": call.at if notification is Benachrichtigung.VERSANDT else None,
            "notification_error": None,
        },
    )


def _file_letter(house: House, call: Call, file: OpenFile, party: Party, sent_by: str, clerk: str) -> Change | None:
    """Write the letter that the procedure has for this message; a message without a template has none."""
    template = call.inputs.get("vorlage")
    if template is None:
        return None
    facts, today = file.procedure.facts, law.berlin_date(call.at)
    about = {"person": dict(party.details.get("person", {})), "anschrift": dict(party.details.get("anschrift", {}))}
    data = {name: value for name, value in call.inputs.items() if name != "vorlage"}
    letter = compose(
        file.procedure.letters[str(template)],
        name=str(template),
        head=Head(
            sender=house.authority.sender(facts.office.key),
            addressee=address_lines(party),
            aktenzeichen=file.row["aktenzeichen"],
            day=today,
            clerk=clerk,
            signatory=clerk,
        ),
        data={**about, **data},
        blocks=(),
        norms=law.norms(facts.code, jurisdiction=facts.jurisdiction, on=today),
        jurisdiction=facts.jurisdiction,
    )
    return documents.file_document(
        house.objects,
        file.key,
        NewDokument(
            richtung=Richtung.AUSGANG,
            art="schreiben",
            name=f"{letter.title}.pdf",
            content=house.renderer.render(letter.html, title=letter.title, at=call.at),
            media_type="application/pdf",
            dokumentdatum=today,
            verfasser=sent_by,
            scan_state=ScanState.ENTFAELLT,
        ),
        tenant_id=house.tenant_id,
        vorgang_id=file.id,
        at=call.at,
        by=sent_by,
        dokument_id=uuid5(call.job_id, "brief"),
    )
